package probe

import (
	"fmt"
	"math/bits"

	"github.com/egru/egru/internal/random"
)

var (
	_ Keep = Ring{}
	_ Keep = Reservoir{}
)

// Keep says which steps a Recorder keeps of each row: Ring or Reservoir.
type Keep interface {
	fmt.Stringer

	// room is how many windows of how many steps are kept.
	room() (windows, steps int)

	// place is where window n of the run, from 0 on, goes among those kept; none
	// if below 0.
	place(n int64) int

	// problem is what is wrong with the setting, or empty.
	problem() string
}

// Ring keeps the last steps.
type Ring struct {
	Steps int // at least 1
}

func (r Ring) String() string             { return fmt.Sprintf("ring of %d steps", r.Steps) }
func (r Ring) room() (windows, steps int) { return 1, r.Steps }
func (r Ring) place(int64) int            { return 0 }

func (r Ring) problem() string {
	if r.Steps < 1 {
		return fmt.Sprintf("Ring.Steps is %d, want at least 1", r.Steps)
	}
	return ""
}

// Reservoir keeps whole windows, drawn so that every window seen so far is among
// them with the same probability. The draw is a function of seed and number of
// the window: layers that run together keep the same windows.
//
// Source: algorithm R of Waterman, in Knuth, The Art of Computer Programming 2,
// section 3.4.2.
type Reservoir struct {
	Windows int    // at least 1
	Steps   int    // at least 1; of longer windows the last steps are kept
	Seed    uint64 // of the draw
}

func (r Reservoir) String() string {
	return fmt.Sprintf("reservoir of %d windows of at most %d steps, seed %d", r.Windows, r.Steps, r.Seed)
}

func (r Reservoir) room() (windows, steps int) { return r.Windows, r.Steps }

func (r Reservoir) place(n int64) int {
	if n < int64(r.Windows) {
		return int(n)
	}
	w0, w1, _, _ := random.NewStream(r.Seed, uint64(n), "reservoir").Bits(0)
	if at, _ := bits.Mul64(uint64(w0)<<32|uint64(w1), uint64(n)+1); at < uint64(r.Windows) {
		return int(at)
	}
	return -1
}

func (r Reservoir) problem() string {
	if r.Windows < 1 || r.Steps < 1 {
		return fmt.Sprintf("Reservoir has %d windows of %d steps, want at least 1 of at least 1", r.Windows, r.Steps)
	}
	return ""
}
