package surrogate

import (
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// Numbers that follow from the formulas without a program.
func TestSurrogatesByHand(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		s                             Surrogate
		v, derivative, antiderivative float64
	}{
		{Rectangle{2}, 0, 2, 0.5},
		{Rectangle{2}, 0.125, 2, 0.75},
		{Rectangle{2}, 0.25, 0, 1}, // its end
		{Rectangle{2}, -0.25, 0, 0},
		{Sigmoid{4}, 0, 1, 0.5},
		{Sigmoid{4}, math.Log(3) / 4, 0.75, 0.75},
		{Sigmoid{4}, -math.Log(3) / 4, 0.75, 0.25},
		{FastSigmoid{10}, 0, 1, 0.1},
		{FastSigmoid{10}, 0.1, 0.25, 0.15},
		{FastSigmoid{10}, -0.1, 0.25, 0.05},
		{FastSigmoid{10}, inf, 0, 0.2},
		{Arctan{2}, 0, 1, 0.5},
		{Arctan{2}, 1 / math.Pi, 0.5, 0.75},
		{Gaussian{2}, 0, 2 / math.SqrtPi, 0.5},
		{Gaussian{2}, 0.5, 2 / math.SqrtPi / math.E, 0.92135039647485743}, // (1 + erf 1)/2
		{Exponential{1}, math.Ln2, 0.25, 0.75},
		{Exponential{1}, -math.Ln2, 0.25, 0.25},
		{Tanh{2}, 0, 1, 0.5},
		{Tanh{2}, math.Log(3) / 4, 0.75, 0.75}, // tanh is 1/2
		{Leaky{2, 0.125}, 1, 0.25, 0.75},
		{Leaky{2, 0.125}, 4, 0.125, 1.25},
		{Leaky{2, 0.125}, -2, 0.125, 0}, // its edge
		{Leaky{2, 0}, inf, 0, 1},
		{StraightThrough{}, -7, 1, -7},
		{StraightThrough{}, -inf, 1, -inf},
		{LogAbs{2}, 0, 2, 0},
		{LogAbs{2}, -0.5, 1, -math.Ln2},
		{LogAbs{2}, inf, 0, inf},
		{QPseudoSpike{2}, 0.5, 0.25, 0.75},
		{QPseudoSpike{3}, 1, 0.125, 0.875},
		{QPseudoSpike{3}, -1, 0.125, 0.125},
		{Cut{StraightThrough{}, 0.5}, -1, 0, 0},
		{Cut{StraightThrough{}, 0.5}, 0.25, 1, 0.75},
		{Cut{StraightThrough{}, 0.5}, 0.5, 0, 1}, // its end
		{parabola(t, "by quadrature", 1, nil), 0.5, 0.75, 11. / 24},
	} {
		if d := digits(c.s.Derivative(c.v)); d != digits(c.derivative) {
			t.Errorf("%v: derivative at %v is %v, want %v", c.s, c.v, d, c.derivative)
		}
		if a := digits(c.s.Antiderivative(c.v)); a != digits(c.antiderivative) {
			t.Errorf("%v: antiderivative at %v is %v, want %v", c.s, c.v, a, c.antiderivative)
		}
	}
}

// digits leaves off what rounding may change.
func digits(x float64) float64 {
	if math.IsInf(x, 0) {
		return x
	}
	return math.Round(x*1e14) / 1e14
}

func TestHalfWidths(t *testing.T) {
	for _, c := range []struct {
		s    Surrogate
		want float64
	}{
		{Rectangle{2}, 0.25},
		{Leaky{2, 0}, 2},
		{Leaky{2, 0.1}, math.Inf(1)},
		{Cut{Sigmoid{1}, 3}, 3},
		{Cut{Triangle{1, 4}, 3}, 0.25},
		{Cut{Triangle{1, 0.25}, 3}, 3},
		{parabola(t, "p", 5, nil), 5},
	} {
		if w := c.s.HalfWidth(); w != c.want {
			t.Errorf("%v: half width %v, want %v", c.s, w, c.want)
		}
	}
}

func TestParametersOutsideTheirDomainAreNamed(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for of, make := range map[string]func(x float64) Surrogate{
		"triangle: support":    func(x float64) Surrogate { return Triangle{1, x} },
		"rectangle: height":    func(x float64) Surrogate { return Rectangle{x} },
		"sigmoid: slope":       func(x float64) Surrogate { return Sigmoid{x} },
		"fast-sigmoid: slope":  func(x float64) Surrogate { return FastSigmoid{x} },
		"arctan: slope":        func(x float64) Surrogate { return Arctan{x} },
		"gaussian: slope":      func(x float64) Surrogate { return Gaussian{x} },
		"exponential: slope":   func(x float64) Surrogate { return Exponential{x} },
		"tanh: slope":          func(x float64) Surrogate { return Tanh{x} },
		"leaky: within":        func(x float64) Surrogate { return Leaky{Within: x} },
		"log-abs: slope":       func(x float64) Surrogate { return LogAbs{x} },
		"q-pseudo-spike: q":    func(x float64) Surrogate { return QPseudoSpike{x} },
		"cut: within":          func(x float64) Surrogate { return Cut{Tanh{1}, x} },
		"cut: arctan: slope":   func(x float64) Surrogate { return Cut{Arctan{x}, 1} },
		"custom(\"f\", within": func(x float64) Surrogate { return &Custom{name: "f", derivative: math.Cos, halfWidth: x} },
	} {
		if err := make(2).Validate(); err != nil {
			t.Errorf("%v is refused: %v", make(2), err)
		}
		for _, x := range []float64{0, -1, nan, inf, -inf, 1e-31, 1e31} {
			if _, ok := make(x).(*Custom); ok && x == inf {
				continue
			}
			wantParameterError(t, make(x), of)
		}
	}
	for _, c := range []struct {
		s    Surrogate
		says string
	}{
		{Leaky{1, 0.6}, "leaky: leak is 0.6, want a number from 0 to 0.5"},
		{Leaky{1, -0.1}, "leaky: leak is -0.1"},
		{Leaky{1, nan}, "leaky: leak is NaN"},
		{QPseudoSpike{1}, "q-pseudo-spike: q is 1, want a number above 1"},
		{Cut{Within: 1}, "cut: Of is nil"},
		{Cut{Of: Cut{}, Within: 1}, "cut: cut: Of is nil"},
	} {
		wantParameterError(t, c.s, c.says)
	}
}

func wantParameterError(t *testing.T, s Surrogate, says string) {
	t.Helper()
	wantErr(t, s.String(), s.Validate(), ErrParameter, says)
}

func wantErr(t *testing.T, name string, err, sentinel error, says string) {
	t.Helper()
	if !errors.Is(err, sentinel) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: got error %v, want it to wrap %q and say %q", name, err, sentinel, says)
	}
}
