package surrogate

import (
	"fmt"
	"math"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = LogAbs{}
	_ Slices    = LogAbs{}
)

// LogAbs has tails so heavy that its area is infinite:
//
//	s(v) = Slope / (1 + Slope*|v|)
//
// Its height is Slope. Its support is unbounded, and the backward pass dense.
//
// Source: NonzeroSignLogAbs of SpikingJelly (Fang et al., "SpikingJelly: an
// open-source machine learning infrastructure platform for spike-based
// intelligence", Science Advances 2023).
type LogAbs struct {
	Slope float64 // height and fall-off, in units of 1/v; 1e-30 to 1e30
}

// DefaultLogAbs has slope 1.
func DefaultLogAbs() LogAbs { return LogAbs{Slope: 1} }

func (l LogAbs) String() string { return fmt.Sprintf("log-abs(slope=%v)", l.Slope) }

// Derivative is Slope / (1 + Slope*|v|).
func (l LogAbs) Derivative(v float64) float64 { return logAbs(v, l.Slope) }

// Antiderivative is ln(1 + Slope*|v|) with the sign of v: 0 at the threshold,
// without bound to both sides.
func (l LogAbs) Antiderivative(v float64) float64 {
	return math.Copysign(math.Log1p(math.Abs(l.Slope*v)), v)
}

// HalfWidth is +Inf: every unit is live.
func (l LogAbs) HalfWidth() float64 { return math.Inf(1) }

// Validate wants Slope from 1e-30 to 1e30.
func (l LogAbs) Validate() error { return scale("log-abs", "slope", l.Slope) }

// Derivatives32 is dst[i] = Derivative(v[i]).
func (l LogAbs) Derivatives32(dst, v []float32) { logAbses(dst, v, l.Slope) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (l LogAbs) Derivatives64(dst, v []float64) { logAbses(dst, v, l.Slope) }

func logAbses[F kernel.Float](dst, v []F, slope float64) {
	for i, x := range v[:len(dst)] {
		dst[i] = F(logAbs(float64(x), slope))
	}
}

func logAbs(v, slope float64) float64 { return slope / (1 + slope*math.Abs(v)) }
