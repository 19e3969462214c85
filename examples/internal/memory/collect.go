package memory

import (
	"os"
	"runtime/debug"

	"github.com/egru/egru/layers"
)

// A training step makes about as much garbage as it uses. Go lets that pile up
// beside what is in use, which doubles the memory of a large model. From
// largeModel parameters on, collecting it once it is a third as much costs no
// time: it is in few large pieces. Small models would wait for the collector.
const (
	largeModel = 10_000_000
	growth     = 30 // percent
)

// CollectFor makes the garbage collector fit for training the model of these
// parameters, unless the environment variable GOGC says what it is to do.
func CollectFor(params []*layers.Param) {
	if layers.Size(params) >= largeModel && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
}
