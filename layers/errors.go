package layers

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// The errors of this package wrap one of these sentinels, or one of package
// ops; errors.Is finds it.
var (
	// ErrConfig is returned for a setting outside its domain.
	ErrConfig = errors.New("invalid setting")
	// ErrGraph is returned for a graph that a layer cannot be built into.
	ErrGraph = errors.New("unusable graph")
)

// checks gathers what is wrong with a config, so that one error names it all.
type checks []string

func (c *checks) want(ok bool, problem string) {
	if !ok {
		*c = append(*c, problem)
	}
}

func (c *checks) positive(name string, n int) {
	c.want(n > 0, fmt.Sprintf("%s is %d, want at least 1", name, n))
}

func (c *checks) scale(name string, x float64) {
	c.want(x > 0 && isFinite(x), fmt.Sprintf("%s is %v, want it finite and above 0", name, x))
}

func (c *checks) probability(name string, p float64) {
	c.want(isProbability(p), fmt.Sprintf("%s is %v, want it in [0, 1)", name, p))
}

// dtype wants a float type.
func (c *checks) dtype(dt tensor.Dtype) {
	c.want(dt == tensor.Float32 || dt == tensor.Float64, fmt.Sprintf("Dtype is %s, want float32 or float64", nameOf(dt)))
}

// nameOf a type; the zero Dtype panics where it is printed.
func nameOf(t hm.Type) string {
	if t == (tensor.Dtype{}) {
		return "unset"
	}
	return fmt.Sprint(t)
}

// mostNumbers is how many numbers a weight may hold, 8 GB of float32: the units that
// send events are listed as int32, and int holds it on every platform.
const mostNumbers = math.MaxInt32

// weight wants one of these sizes to hold no more numbers than that. The product
// itself may be more than int holds. Sizes below 1 are for others to report.
func (c *checks) weight(name string, sizes ...int) {
	n, fits := 1, true
	factors := make([]string, len(sizes))
	for i, size := range sizes {
		if size < 1 {
			return
		}
		factors[i] = strconv.Itoa(size)
		if fits = fits && n <= mostNumbers/size; fits {
			n *= size
		}
	}
	c.want(fits, fmt.Sprintf("%s has %s numbers, want at most %d", name, strings.Join(factors, " x "), mostNumbers))
}

func (c checks) err(layer string) error {
	if len(c) == 0 {
		return nil
	}
	return errors.Wrapf(ErrConfig, "%s: %s", layer, strings.Join(c, "; "))
}

// checkName wants weights to get a name before the dot: those of two layers without
// one would be taken for each other.
func checkName(layer, name string) error {
	if name == "" {
		return errors.Wrapf(ErrConfig, "%s: name is empty, want one to name the weights by", layer)
	}
	return nil
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func isProbability(p float64) bool { return p >= 0 && p < 1 }
