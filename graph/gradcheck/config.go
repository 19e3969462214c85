package gradcheck

import (
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Config holds the settings of Check. Start from Default.
type Config struct {
	Batch int // B rows of the stream that is run; at least 1

	// Step is h of the differences; above 0, default 1e-5. Where a number does
	// not agree, it is measured once more with a 16th of it: a bend of the loss
	// nearby then matters less, a wrong gradient as much.
	Step float64

	// Tolerance is the largest |analytic - numeric|, relative to the largest
	// gradient of the weight, that agrees; above 0, default 1e-6.
	Tolerance float64

	// Floor is taken for the largest gradient of a weight where that is
	// smaller: differences are rounded. Above 0, default 1e-3.
	Floor float64

	// PerWeight is how many numbers of each weight are checked, drawn at
	// random; 0, the default, for all.
	PerWeight int

	// States are those the stream starts from, by name; nil for zeros.
	States map[string]*tensor.Dense

	// Seed is that of the session, whose random masks are the same in all runs,
	// and of the numbers that are checked.
	Seed uint64
}

// Default checks every number, for a stream of b rows.
func Default(b int) Config {
	return Config{Batch: b, Step: 1e-5, Tolerance: 1e-6, Floor: 1e-3}
}

// Validate names every setting outside its domain.
func (c Config) Validate() error {
	var bad []string
	want := func(ok bool, problem string, value any) {
		if !ok {
			bad = append(bad, fmt.Sprintf(problem, value))
		}
	}
	isSize := func(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
	want(c.Batch >= 1, "Batch is %d, want at least 1", c.Batch)
	want(isSize(c.Step), "Step is %v, want it finite and above 0", c.Step)
	want(isSize(c.Tolerance), "Tolerance is %v, want it finite and above 0", c.Tolerance)
	want(isSize(c.Floor), "Floor is %v, want it finite and above 0", c.Floor)
	want(c.PerWeight >= 0, "PerWeight is %d, want at least 0", c.PerWeight)
	if len(bad) > 0 {
		return errors.Wrapf(ErrConfig, "gradient check: %s", strings.Join(bad, "; "))
	}
	return nil
}
