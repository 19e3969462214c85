// Package memory tells how much memory the process took.
package memory

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// PeakMB is the largest resident memory of the process so far in MB, as Linux
// tells it; elsewhere what the Go runtime took from the system.
func PeakMB() float64 {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 64)
				if err == nil {
					return n / 1024
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}
