package surrogate

import "github.com/pkg/errors"

// Scales lie within these bounds, so that neither they nor their products with
// each other overflow, and float32 can hold them.
const (
	least = 1e-30
	most  = 1e30
)

// scale wants a parameter from 1e-30 to 1e30.
func scale(of, name string, x float64) error { return between(of, name, x, least, most) }

// amount wants a parameter from 0 to 1e30.
func amount(of, name string, x float64) error { return between(of, name, x, 0, most) }

func between(of, name string, x, low, high float64) error {
	if !(x >= low && x <= high) {
		return errors.Wrapf(ErrParameter, "%s: %s is %v, want a number from %v to %v", of, name, x, low, high)
	}
	return nil
}
