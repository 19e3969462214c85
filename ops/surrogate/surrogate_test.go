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

	// width is the distance over which an unbounded one falls off; nil for
	// those of bounded support, whose half width it is.
	width func(s Surrogate) float64

	// kinks are where the derivative jumps or bends, in units of the width.
	kinks []float64

	// loopless has none of its own over slices.
	loopless bool
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
	{
		name: "smoothed triangle",
		draw: func(t *rapid.T) Surrogate {
			return Smoothed{Triangle{
				Dampening: rapid.Float64Range(0.01, 5).Draw(t, "dampening"),
				Support:   rapid.Float64Range(0.1, 10).Draw(t, "support"),
			}}
		},
		apart: []Surrogate{Smoothed{Triangle{1, 1}}, Smoothed{Triangle{1, 1.0000001}}, Smoothed{Triangle{1.0000001, 1}}},
		kinks: []float64{-1, 0, 1},
	},
	{
		name:  "rectangle",
		draw:  func(t *rapid.T) Surrogate { return Rectangle{slope(t)} },
		apart: []Surrogate{Rectangle{1}, Rectangle{1.0000001}},
		kinks: []float64{-1, 1},
	},
	{
		name:  "sigmoid",
		draw:  func(t *rapid.T) Surrogate { return Sigmoid{slope(t)} },
		apart: []Surrogate{Sigmoid{1}, Sigmoid{1.0000001}},
		width: func(s Surrogate) float64 { return 3 / s.(Sigmoid).Slope },
	},
	{
		name:  "fast sigmoid",
		draw:  func(t *rapid.T) Surrogate { return FastSigmoid{slope(t)} },
		apart: []Surrogate{FastSigmoid{1}, FastSigmoid{1.0000001}},
		width: func(s Surrogate) float64 { return 3 / s.(FastSigmoid).Slope },
		kinks: []float64{0},
	},
	{
		name:  "arctan",
		draw:  func(t *rapid.T) Surrogate { return Arctan{slope(t)} },
		apart: []Surrogate{Arctan{1}, Arctan{1.0000001}},
		width: func(s Surrogate) float64 { return 2 / s.(Arctan).Slope },
	},
	{
		name:  "gaussian",
		draw:  func(t *rapid.T) Surrogate { return Gaussian{slope(t)} },
		apart: []Surrogate{Gaussian{1}, Gaussian{1.0000001}},
		width: func(s Surrogate) float64 { return 2 / s.(Gaussian).Slope },
	},
	{
		name:  "exponential",
		draw:  func(t *rapid.T) Surrogate { return Exponential{slope(t)} },
		apart: []Surrogate{Exponential{1}, Exponential{1.0000001}},
		width: func(s Surrogate) float64 { return 3 / s.(Exponential).Slope },
		kinks: []float64{0},
	},
	{
		name:  "tanh",
		draw:  func(t *rapid.T) Surrogate { return Tanh{slope(t)} },
		apart: []Surrogate{Tanh{1}, Tanh{1.0000001}},
		width: func(s Surrogate) float64 { return 2 / s.(Tanh).Slope },
	},
	{
		name: "leaky",
		draw: func(t *rapid.T) Surrogate {
			within := slope(t)
			return Leaky{within, rapid.Float64Range(0.01, 1).Draw(t, "leak") / (2 * within)}
		},
		apart: []Surrogate{Leaky{1, 0.1}, Leaky{1.0000001, 0.1}, Leaky{1, 0.1000001}},
		width: func(s Surrogate) float64 { return s.(Leaky).Within },
		kinks: []float64{-1, 1},
	},
	{
		name: "leaky without a leak",
		draw: func(t *rapid.T) Surrogate { return Leaky{Within: slope(t)} },
		// It is bounded: width is nil.
		kinks: []float64{-1, 1},
	},
	{
		name:  "straight-through",
		draw:  func(*rapid.T) Surrogate { return StraightThrough{} },
		apart: []Surrogate{StraightThrough{}},
		width: func(Surrogate) float64 { return 3 },
	},
	{
		name:  "log-abs",
		draw:  func(t *rapid.T) Surrogate { return LogAbs{slope(t)} },
		apart: []Surrogate{LogAbs{1}, LogAbs{1.0000001}},
		width: func(s Surrogate) float64 { return 3 / s.(LogAbs).Slope },
		kinks: []float64{0},
	},
	{
		name:  "q-pseudo-spike",
		draw:  func(t *rapid.T) Surrogate { return QPseudoSpike{rapid.Float64Range(1.01, 20).Draw(t, "q")} },
		apart: []Surrogate{QPseudoSpike{2}, QPseudoSpike{2.0000001}},
		width: func(s Surrogate) float64 { q := s.(QPseudoSpike).Q; return 1.5 * (q - 1) / q },
		kinks: []float64{0},
	},
	{
		name: "cut",
		draw: func(t *rapid.T) Surrogate {
			a := slope(t)
			return Cut{Sigmoid{a}, rapid.Float64Range(0.1, 5).Draw(t, "within * slope") / a}
		},
		apart: []Surrogate{
			Cut{Sigmoid{1}, 1}, Cut{Sigmoid{1}, 1.0000001}, Cut{Sigmoid{1.0000001}, 1}, Cut{Cut{Sigmoid{1}, 1}, 1}, Cut{Tanh{1}, 1},
		},
		kinks: []float64{-1, 1},
	},
	{
		name: "custom",
		draw: func(t *rapid.T) Surrogate {
			w := slope(t)
			return parabola(t, "parabola", w, func(v float64) float64 { return v - v*v*v/(3*w*w) })
		},
		kinks:    []float64{-1, 1},
		loopless: true,
	},
	{
		name:     "custom by quadrature",
		draw:     func(t *rapid.T) Surrogate { return parabola(t, "parabola", slope(t), nil) },
		kinks:    []float64{-1, 1},
		loopless: true,
	},
	{
		name: "custom without bound",
		draw: func(t *rapid.T) Surrogate {
			return custom(t, "arctan", Arctan{2}.Derivative, nil, math.Inf(1))
		},
		apart: []Surrogate{
			&Custom{name: "a", halfWidth: 1}, &Custom{name: "b", halfWidth: 1}, &Custom{name: "a", halfWidth: 2}, &Custom{name: "a, within=1", halfWidth: 1},
		},
		width:    func(Surrogate) float64 { return 1 },
		loopless: true,
	},
}

// slope draws a parameter that scales v or s.
func slope(t *rapid.T) float64 { return rapid.Float64Range(0.1, 10).Draw(t, "parameter") }

type fataler interface {
	Helper()
	Fatal(...any)
}

func custom(t fataler, name string, derivative, antiderivative func(v float64) float64, halfWidth float64) *Custom {
	t.Helper()
	c, err := New(name, derivative, antiderivative, halfWidth)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// parabola is 1 - (v/w)^2 within w, with no care for what is outside.
func parabola(t fataler, name string, w float64, antiderivative func(v float64) float64) *Custom {
	t.Helper()
	return custom(t, name, func(v float64) float64 { return 1 - v/w*v/w }, antiderivative, w)
}

// each checks a property of every surrogate with parameters and a distance v of
// up to twice its width.
func each(t *testing.T, check func(t *rapid.T, s Surrogate, width, v float64, kinks []float64)) {
	for _, c := range surrogates {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := c.draw(t)
				if err := s.Validate(); err != nil {
					t.Fatal(err)
				}
				width := s.HalfWidth()
				if Bounded(s) != (c.width == nil) {
					t.Fatalf("%v: half width %v", s, width)
				}
				if c.width != nil {
					width = c.width(s)
				}
				if _, loops := s.(Slices); loops == c.loopless {
					t.Fatalf("%v: has loops: %v", s, loops)
				}
				check(t, s, width, width*rapid.Float64Range(-2, 2).Draw(t, "v / width"), c.kinks)
			})
		})
	}
}

// rounding may leave a trace of the derivative at the very end of the support, and
// lift it over its top beside it.
const rounding = 1e-15

func TestDerivativeIsThatOfTheAntiderivative(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, width, v float64, kinks []float64) {
		h := 1e-4 * width
		for _, k := range kinks {
			if math.Abs(v-k*width) <= 2*h {
				t.Skip("no second derivative")
			}
		}
		slope := (s.Antiderivative(v+h) - s.Antiderivative(v-h)) / (2 * h)
		if d := s.Derivative(v); !(math.Abs(d-slope) <= 1e-7*(1+s.Derivative(0))) {
			t.Fatalf("%v: derivative %v at %v, but the antiderivative rises by %v", s, d, v, slope)
		}
	})
}

func TestDerivativeIsSymmetricAndNeverNegative(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, _, v float64, _ []float64) {
		if d, m := s.Derivative(v), s.Derivative(-v); d != m {
			t.Fatalf("%v: derivative %v at %v, %v at %v", s, d, v, m, -v)
		}
		if d, top := s.Derivative(v), s.Derivative(0); !(d >= 0 && d <= top*(1+rounding)) {
			t.Fatalf("%v: derivative %v at %v, want 0 to %v, that at 0", s, d, v, top)
		}
	})
}

func TestAntiderivativeRises(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, width, v float64, _ []float64) {
		w := v + width*rapid.Float64Range(0, 1).Draw(t, "step")
		if a, b := s.Antiderivative(v), s.Antiderivative(w); !(a <= b+1e-12) {
			t.Fatalf("%v: falls from %v at %v to %v at %v", s, a, v, b, w)
		}
	})
}

func TestNaNStaysNaN(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, _, _ float64, _ []float64) {
		nan := math.NaN()
		one64, one32 := []float64{nan}, []float32{float32(nan)}
		Derivatives(s, one64, one64)
		Derivatives(s, one32, one32)
		for name, x := range map[string]float64{
			"derivative": s.Derivative(nan), "antiderivative": s.Antiderivative(nan),
			"derivative in a float64 slice": one64[0], "derivative in a float32 slice": float64(one32[0]),
		} {
			if x == x {
				t.Fatalf("%v: %s of NaN is %v", s, name, x)
			}
		}
	})
}

// Far out everything is at its limit.
func TestInfinityIsTheLimit(t *testing.T) {
	const far = 1e300
	each(t, func(t *rapid.T, s Surrogate, _, _ float64, _ []float64) {
		for _, side := range []float64{-1, 1} {
			if d, limit := s.Derivative(side*math.Inf(1)), s.Derivative(side*far); !(math.Abs(d-limit) < 1e-15) {
				t.Fatalf("%v: derivative %v at %v infinity, %v far out", s, d, side, limit)
			}
			a, limit := s.Antiderivative(side*math.Inf(1)), s.Antiderivative(side*far)
			if !(side*a >= side*limit-1e-12) {
				t.Fatalf("%v: antiderivative %v at %v infinity, %v far out", s, a, side, limit)
			}
			if Bounded(s) && !(math.Abs(a-limit) < 1e-12) {
				t.Fatalf("%v: antiderivative %v at %v infinity, %v outside the support", s, a, side, limit)
			}
		}
	})
}

func TestSupportEndsAtHalfWidth(t *testing.T) {
	bounded := 0
	each(t, func(t *rapid.T, s Surrogate, width, v float64, _ []float64) {
		if !Bounded(s) {
			if s.Derivative(v) == 0 {
				t.Fatalf("%v: derivative is 0 at %v, but there is no end", s, v)
			}
			return
		}
		bounded++
		beyond := s.HalfWidth() * (1 + rounding + math.Abs(v))
		for _, v := range []float64{beyond, -beyond, math.Inf(1), math.Inf(-1)} {
			if d := s.Derivative(v); d != 0 {
				t.Fatalf("%v: derivative %v at %v, beyond the half width %v", s, d, v, s.HalfWidth())
			}
		}
		if inside := s.Derivative(0.99 * s.HalfWidth()); inside == 0 && s.Derivative(0) > 0 {
			t.Fatalf("%v: derivative is 0 within the half width %v", s, s.HalfWidth())
		}
		for _, side := range []float64{-1, 1} {
			if out, end := s.Antiderivative(side*beyond), s.Antiderivative(side*s.HalfWidth()); !(math.Abs(out-end) <= 1e-12) {
				t.Fatalf("%v: antiderivative goes from %v to %v outside the support", s, end, out)
			}
		}
	})
	if bounded == 0 {
		t.Error("none is bounded")
	}
}

func TestSlicesAreTheDerivative(t *testing.T) {
	each(t, func(t *rapid.T, s Surrogate, width, v float64, _ []float64) {
		v64 := []float64{v, 0, -v, width, -width, 30 * width, math.Inf(1), math.Inf(-1)}
		v32 := make([]float32, len(v64))
		for i, v := range v64 {
			v32[i] = float32(v)
		}
		got64, got32 := make([]float64, len(v64)), make([]float32, len(v64))
		Derivatives(s, got64, v64)
		Derivatives(s, got32, v32)
		for i, v := range v64 {
			if want := s.Derivative(v); got64[i] != want {
				t.Fatalf("%v: Derivatives64 gives %v at %v, want %v", s, got64[i], v, want)
			}
			want := s.Derivative(float64(v32[i]))
			if d := math.Abs(float64(got32[i]) - want); !(d <= 1e-6*s.Derivative(0)) {
				t.Fatalf("%v: Derivatives32 gives %v at %v, want %v", s, got32[i], v32[i], want)
			}
		}
		// In place.
		in64, in32 := slices.Clone(v64), slices.Clone(v32)
		Derivatives(s, in64, in64)
		Derivatives(s, in32, in32)
		if !slices.Equal(in64, got64) || !slices.Equal(in32, got32) {
			t.Fatalf("%v: gives other numbers in place", s)
		}
	})
}

// No float32 overflows at the ends of the domain.
func TestParametersMayBeAsLargeAndSmallAsTheyAreAllowed(t *testing.T) {
	for _, x := range []float64{least, most} {
		for _, s := range []Surrogate{
			Triangle{1, x}, Triangle{most, x}, Rectangle{x}, Sigmoid{x}, FastSigmoid{x}, Arctan{x}, Gaussian{x}, Exponential{x}, Tanh{x},
			Leaky{Within: x}, LogAbs{x}, QPseudoSpike{most}, QPseudoSpike{1 + 0x1p-52}, Cut{Tanh{x}, x},
		} {
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
			v := []float32{0, 1, math.SmallestNonzeroFloat32, math.MaxFloat32, float32(math.Inf(-1))}
			got := make([]float32, len(v))
			Derivatives(s, got, v)
			for i, d := range got {
				if want := s.Derivative(float64(v[i])); !(math.Abs(float64(d)-want) <= 1e-6*s.Derivative(0)) {
					t.Errorf("%v: Derivatives32 gives %v at %v, want %v", s, d, v[i], want)
				}
			}
		}
	}
}

// A loop over more than one block of Cut, by the loops of another and without.
func TestCutOfLongSlices(t *testing.T) {
	v := make([]float64, 1300)
	for i := range v {
		v[i] = 3 * math.Sin(float64(i))
	}
	for _, of := range []Surrogate{Sigmoid{1}, custom(t, "one", func(float64) float64 { return 1 }, nil, math.Inf(1))} {
		c := Cut{of, 1.5}
		got := slices.Clone(v)
		Derivatives(c, got, got)
		for i, v := range v {
			if got[i] != c.Derivative(v) || (got[i] == 0) != (math.Abs(v) >= 1.5) {
				t.Fatalf("%v gives %v at %v", c, got[i], v)
			}
		}
	}
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
