package surrogate

import (
	"math"
	"strings"
	"testing"
)

func TestTriangleByHand(t *testing.T) {
	s := Triangle{Dampening: 0.5, Support: 2}
	for _, c := range []struct{ v, derivative, antiderivative float64 }{
		{-1, 0, 0},
		{-0.5, 0, 0},
		{-0.25, 0.25, 0.03125},
		{0, 0.5, 0.125},
		{0.25, 0.25, 0.21875},
		{0.5, 0, 0.25},
		{3, 0, 0.25},
	} {
		if d := s.Derivative(c.v); d != c.derivative {
			t.Errorf("derivative at %v is %v, want %v", c.v, d, c.derivative)
		}
		if a := s.Antiderivative(c.v); a != c.antiderivative {
			t.Errorf("antiderivative at %v is %v, want %v", c.v, a, c.antiderivative)
		}
	}
	if w := s.HalfWidth(); w != 0.5 {
		t.Errorf("half width %v, want 0.5", w)
	}
}

func TestTriangleDefault(t *testing.T) {
	if s, want := DefaultTriangle(), (Triangle{Dampening: 1, Support: 1}); s != want {
		t.Errorf("default %v, want %v", s, want)
	}
}

func TestTriangleValidate(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		s    Triangle
		says string // nothing for a valid one
	}{
		{Triangle{1, 1}, ""},
		{Triangle{0, 1e-3}, ""},
		{Triangle{-1, 1}, "dampening is -1"},
		{Triangle{nan, 1}, "dampening is NaN"},
		{Triangle{inf, 1}, "dampening is +Inf"},
		{Triangle{1, 0}, "support is 0"},
		{Triangle{1, -2}, "support is -2"},
		{Triangle{1, nan}, "support is NaN"},
		{Triangle{1, inf}, "support is +Inf"},
		{Triangle{}, "support is 0"},
	} {
		switch err := c.s.Validate(); {
		case c.says == "" && err != nil:
			t.Errorf("%v is refused: %v", c.s, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%v: got error %v, want it to say %q", c.s, err, c.says)
		}
	}
}
