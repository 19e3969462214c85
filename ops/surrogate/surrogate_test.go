package surrogate

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// surrogates holds each surrogate with the range of its parameters. A new one
// is a row here.
var surrogates = []struct {
	name string
	draw func(t *rapid.T) Surrogate

	// apart differ in one parameter each.
	apart []Surrogate

	// kinks are where the derivative jumps or bends, in units of HalfWidth.
	kinks []float64
}{
	{
		name: "triangle",
		draw: func(t *rapid.T) Surrogate {
			return Triangle{
				Dampening: rapid.Float64Range(0.01, 5).Draw(t, "dampening"),
				Support:   rapid.Float64Range(0.1, 10).Draw(t, "support"),
			}
		},
		apart: []Surrogate{Triangle{1, 1}, Triangle{1, 1.0000001}, Triangle{1.0000001, 1}},
		kinks: []float64{-1, 0, 1},
	},
}

// each checks a property of every surrogate with parameters and a distance v of
// up to twice its support.
func each(t *testing.T, check func(t *rapid.T, s Surrogate, v float64, kinks []float64)) {
	for _, c := range surrogates {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := c.draw(t)
				if err := s.Validate(); err != nil {
					t.Fatal(err)
				}
				check(t, s, width(s)*rapid.Float64Range(-2, 2).Draw(t, "v / width"), c.kinks)
			})
		})
	}
}

// width is the half width, or 3 where there is none.
func width(s Surrogate) float64 {
	if Bounded(s) {
		return s.HalfWidth()
	}
	return 3
}

func TestDerivativeIsThatOfTheAntiderivative(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, v float64, kinks []float64) {
		h := 1e-4 * width(s)
		for _, k := range kinks {
			if math.Abs(v-k*width(s)) <= 2*h {
				t.Skip("no second derivative")
			}
		}
		slope := (s.Antiderivative(v+h) - s.Antiderivative(v-h)) / (2 * h)
		if d := s.Derivative(v); math.Abs(d-slope) > 1e-7*(1+s.Derivative(0)) {
			t.Fatalf("%v: derivative %v at %v, but the antiderivative rises by %v", s, d, v, slope)
		}
	})
}

func TestDerivativeIsSymmetricAndNeverNegative(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, v float64, _ []float64) {
		if d, m := s.Derivative(v), s.Derivative(-v); d != m {
			t.Fatalf("%v: derivative %v at %v, %v at %v", s, d, v, m, -v)
		}
		if d, top := s.Derivative(v), s.Derivative(0); d < 0 || d > top {
			t.Fatalf("%v: derivative %v at %v, want 0 to %v, that at 0", s, d, v, top)
		}
	})
}

func TestAntiderivativeRises(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, v float64, _ []float64) {
		w := v + width(s)*rapid.Float64Range(0, 1).Draw(t, "step")
		if a, b := s.Antiderivative(v), s.Antiderivative(w); a > b+1e-12 {
			t.Fatalf("%v: falls from %v at %v to %v at %v", s, a, v, b, w)
		}
	})
}

// rounding may leave a trace of the derivative at the very end of the support.
const rounding = 1e-15

func TestSupportEndsAtHalfWidth(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, v float64, _ []float64) {
		if !Bounded(s) {
			t.Skip("unbounded")
		}
		beyond := s.HalfWidth() * (1 + rounding + math.Abs(v))
		for _, v := range []float64{beyond, -beyond, math.Inf(1), math.Inf(-1)} {
			if d := s.Derivative(v); d != 0 {
				t.Fatalf("%v: derivative %v at %v, beyond the half width %v", s, d, v, s.HalfWidth())
			}
		}
		if inside := s.Derivative(0.99 * s.HalfWidth()); inside == 0 && s.Derivative(0) > 0 {
			t.Fatalf("%v: derivative is 0 within the half width %v", s, s.HalfWidth())
		}
		if left, right := s.Antiderivative(-beyond), s.Antiderivative(-s.HalfWidth()); math.Abs(left-right) > 1e-12 {
			t.Fatalf("%v: antiderivative goes from %v to %v outside the support", s, left, right)
		}
	})
}

func TestSlicesAreTheDerivative(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, v float64, _ []float64) {
		loops, ok := s.(Slices)
		if !ok {
			t.Skip("has no loops of its own")
		}
		v64 := []float64{v, 0, -v, width(s), -width(s), math.Inf(1), math.Inf(-1)}
		v32 := make([]float32, len(v64))
		for i, v := range v64 {
			v32[i] = float32(v)
		}
		got64, got32 := make([]float64, len(v64)), make([]float32, len(v64))
		loops.Derivatives64(got64, v64)
		loops.Derivatives32(got32, v32)
		for i, v := range v64 {
			if want := s.Derivative(v); got64[i] != want {
				t.Fatalf("%v: Derivatives64 gives %v at %v, want %v", s, got64[i], v, want)
			}
			want := s.Derivative(float64(v32[i]))
			if d := math.Abs(float64(got32[i]) - want); d > 1e-6*s.Derivative(0) {
				t.Fatalf("%v: Derivatives32 gives %v at %v, want %v", s, got32[i], v32[i], want)
			}
		}
		// In place.
		in64, in32 := slices.Clone(v64), slices.Clone(v32)
		loops.Derivatives64(in64, in64)
		loops.Derivatives32(in32, in32)
		if !slices.Equal(in64, got64) || !slices.Equal(in32, got32) {
			t.Fatalf("%v: gives other numbers in place", s)
		}
	})
}

// Gorgonia takes two ops for one if their surrogates have one name.
func TestNameHasEveryParameter(t *testing.T) {
	names := map[string]Surrogate{}
	for _, c := range surrogates {
		for _, s := range c.apart {
			if other, ok := names[s.String()]; ok {
				t.Errorf("%#v and %#v are both called %v", s, other, s)
			}
			names[s.String()] = s
		}
	}
}

func TestBounded(t *testing.T) {
	if !Bounded(DefaultTriangle()) {
		t.Error("a triangle is not bounded")
	}
	if Bounded(everywhere{}) {
		t.Error("a surrogate without an end is bounded")
	}
}

type everywhere struct{ Triangle }

func (everywhere) HalfWidth() float64 { return math.Inf(1) }

func ExampleTriangle() {
	s := Triangle{Dampening: 0.5, Support: 2}
	fmt.Println(s)
	for _, v := range []float64{-0.5, -0.25, 0, 0.25, 0.5} {
		fmt.Println(v, s.Derivative(v))
	}
	// Output:
	// triangle(dampening=0.5, support=2)
	// -0.5 0
	// -0.25 0.25
	// 0 0.5
	// 0.25 0.25
	// 0.5 0
}
