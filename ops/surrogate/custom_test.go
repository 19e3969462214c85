package surrogate

import (
	"fmt"
	"math"
	"testing"
)

func TestQuadratureIsRightWhereTheDerivativeIsSmooth(t *testing.T) {
	for _, of := range []Surrogate{
		Gaussian{1}, Gaussian{30}, Sigmoid{0.1}, Arctan{3}, FastSigmoid{10}, QPseudoSpike{1.5}, LogAbs{5}, StraightThrough{},
	} {
		c := custom(t, "again", of.Derivative, nil, math.Inf(1))
		for _, v := range []float64{0, 1e-9, 1e-3, 0.3, 1, 2.7, 40, 1e4} {
			for _, v := range []float64{-v, v} {
				got, want := c.Antiderivative(v), of.Antiderivative(v)-of.Antiderivative(0)
				if !(math.Abs(got-want) <= 1e-12*max(1, math.Abs(want))*max(1, of.Derivative(0))) {
					t.Errorf("%v: integral to %v is %v, want %v", of, v, got, want)
				}
			}
		}
	}
}

func TestUnusableFunctionsAreNamed(t *testing.T) {
	one := func(float64) float64 { return 1 }
	for _, c := range []struct {
		name       string
		derivative func(float64) float64
		halfWidth  float64
		says       string
	}{
		{"", one, 1, "name is empty"},
		{"f", nil, 1, "derivative is nil"},
		{"f", one, 0, "half width is 0"},
		{"f", one, math.NaN(), "half width is NaN"},
		{"f", one, math.Inf(-1), "half width is -Inf"},
		{"f", func(v float64) float64 { return 1 / math.Abs(v) }, 1, "derivative is +Inf at 0"},
		{"f", func(v float64) float64 { return math.Log(v + 1) }, math.Inf(1), "derivative is NaN at -"},
		{"f", func(v float64) float64 { return math.Exp(v) }, math.Inf(1), "derivative is +Inf at"},
	} {
		s, err := New(c.name, c.derivative, nil, c.halfWidth)
		if s != nil {
			t.Errorf("%q: got a surrogate", c.says)
		}
		wantErr(t, c.says, err, ErrParameter, c.says)
	}
	wantParameterError(t, (*Custom)(nil), "derivative is nil")
	wantParameterError(t, &Custom{}, "derivative is nil")
}

// A function that would be no number outside the support is not asked there.
func TestCustomIsNotAskedOutsideItsSupport(t *testing.T) {
	s := custom(t, "circle", func(v float64) float64 { return math.Sqrt(1 - v*v) }, nil, 1)
	for _, v := range []float64{-1, 1, 2, -50, math.Inf(1), math.Inf(-1)} {
		if d := s.Derivative(v); d != 0 {
			t.Errorf("derivative %v at %v, want 0", d, v)
		}
		if a := s.Antiderivative(v); a != a || math.Abs(a) > 1 {
			t.Errorf("antiderivative %v at %v", a, v)
		}
	}
}

func ExampleNew() {
	bump := func(v float64) float64 { return 1 - v*v }
	integral := func(v float64) float64 { return v - v*v*v/3 }
	s, err := New("bump", bump, integral, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	fmt.Println(s.Derivative(0.5), s.Derivative(2), Bounded(s))
	// Output:
	// custom("bump", within=1)
	// 0.75 0 true
}

func ExampleCut() {
	s := Cut{Of: Sigmoid{Slope: 4}, Within: 0.5}
	fmt.Println(s)
	for _, v := range []float64{0, 0.25, 0.5} {
		fmt.Printf("%.4f\n", s.Derivative(v))
	}
	// Output:
	// cut(sigmoid(slope=4), within=0.5)
	// 1.0000
	// 0.7864
	// 0.0000
}
