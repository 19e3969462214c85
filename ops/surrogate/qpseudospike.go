package surrogate

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ Surrogate = QPseudoSpike{}
	_ Slices    = QPseudoSpike{}
)

// QPseudoSpike has tails of a chosen weight:
//
//	s(v) = (1 + 2*|v|/(Q-1))^-Q
//
// Its height and its area are 1, whatever Q. Its support is unbounded, and the
// backward pass dense. For Q = 2 it is FastSigmoid of slope 2, for large Q it
// tends to e^(-2*|v|).
//
// Source: Herranz-Celotti and Rouat, "Surrogate gradients design",
// arXiv:2202.00282.
type QPseudoSpike struct {
	Q float64 // exponent of the tails, the lower the heavier; above 1, up to 1e30
}

// DefaultQPseudoSpike has q 2.
func DefaultQPseudoSpike() QPseudoSpike { return QPseudoSpike{Q: 2} }

func (q QPseudoSpike) String() string { return fmt.Sprintf("q-pseudo-spike(q=%v)", q.Q) }

// Derivative is (1 + 2*|v|/(Q-1))^-Q.
func (q QPseudoSpike) Derivative(v float64) float64 { return math.Exp(-q.Q * q.log(v)) }

// log is ln(1 + 2*|v|/(Q-1)).
func (q QPseudoSpike) log(v float64) float64 { return math.Log1p(2 * math.Abs(v) / (q.Q - 1)) }

// Antiderivative rises from 0 far left over 1/2 at the threshold to 1 far right:
// what is missing to the nearer end is (1 + 2*|v|/(Q-1))^(1-Q) / 2.
func (q QPseudoSpike) Antiderivative(v float64) float64 {
	rest := math.Exp((1-q.Q)*q.log(v)) / 2
	if v < 0 {
		return rest
	}
	return 1 - rest
}

// HalfWidth is +Inf: every unit is live.
func (q QPseudoSpike) HalfWidth() float64 { return math.Inf(1) }

// Validate wants Q above 1 and at most 1e30.
func (q QPseudoSpike) Validate() error {
	if !(q.Q > 1 && q.Q <= most) {
		return errors.Wrapf(ErrParameter, "q-pseudo-spike: q is %v, want a number above 1, up to %v", q.Q, most)
	}
	return nil
}

// Derivatives32 is dst[i] = Derivative(v[i]).
func (q QPseudoSpike) Derivatives32(dst, v []float32) { qPseudoSpikes(dst, v, q) }

// Derivatives64 is dst[i] = Derivative(v[i]).
func (q QPseudoSpike) Derivatives64(dst, v []float64) { qPseudoSpikes(dst, v, q) }

func qPseudoSpikes[F kernel.Float](dst, v []F, q QPseudoSpike) {
	for i, x := range v[:len(dst)] {
		dst[i] = F(-q.Q * q.log(float64(x)))
	}
	kernel.Exp(dst, dst)
}
