// Package threads is what the programs' flag -threads means.
package threads

import (
	"runtime"

	"github.com/pkg/errors"
)

// Usage of the flag.
const Usage = "processors to use; 0: all"

// most is a bound, since the runtime makes room for every thread.
const most = 4096

// Validate reports a number that the flag does not take.
func Validate(n int) error {
	if n < 0 || n > most {
		return errors.Errorf("-threads is %d, want 0 to %d", n, most)
	}
	return nil
}

// Use sets the number of processors.
func Use(n int) {
	if n > 0 {
		runtime.GOMAXPROCS(n)
	}
}
