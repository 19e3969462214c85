package surrogate

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseReadsWhatStringWrites(t *testing.T) {
	for _, c := range surrogates {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := c.draw(t)
				for _, s := range []Surrogate{s, Cut{Cut{s, 0.1}, 1e-9}} {
					got, err := Parse(s.String())
					if c.loopless || strings.HasPrefix(c.name, "smoothed") { // a Custom, and what is for checking only, no text can make
						if err == nil {
							t.Fatalf("%v came back as %v", s, got)
						}
					} else if got != s {
						t.Fatalf("%v came back as %v, error %v", s, got, err)
					}
				}
			})
		})
	}
}

func TestEveryNameGivesItsDefault(t *testing.T) {
	want := []Surrogate{
		DefaultTriangle(), DefaultRectangle(), DefaultSigmoid(), DefaultFastSigmoid(), DefaultArctan(), DefaultGaussian(),
		DefaultExponential(), DefaultTanh(), DefaultLeaky(), DefaultStraightThrough(), DefaultLogAbs(), DefaultQPseudoSpike(),
	}
	if n := len(Names()); n != len(want) {
		t.Errorf("%d names, want %d", n, len(want))
	}
	for i, name := range Names() {
		s, err := Named(name)
		if err != nil || s != want[i] || s.Validate() != nil || !strings.HasPrefix(s.String(), name) {
			t.Errorf("%s is %v, error %v, want %v", name, s, err, want[i])
		}
		if p, err := Parse(" " + name + " "); p != s || err != nil {
			t.Errorf("%s is read as %v, error %v, want %v", name, p, err, s)
		}
		if p, err := Parse("cut(" + name + ")"); p != DefaultCut(s) || err != nil {
			t.Errorf("cut(%s) is read as %v, error %v, want %v", name, p, err, DefaultCut(s))
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		text     string
		sentinel error
		says     string
	}{
		{"", ErrName, `surrogate is "", want triangle, rectangle`},
		{"atan", ErrName, `surrogate is "atan"`},
		{"Arctan", ErrName, `surrogate is "Arctan"`},
		{"arctan(", ErrName, "want it to end with a )"},
		{"arctan(slope=1) ()", ErrName, "as many ( as )"},
		{"arctan)(", ErrName, "want it to end with a )"},
		{"arctan()()", ErrName, "as many ( as )"},
		{"arctan(slope)", ErrParameter, `arctan: argument is "slope", want the form parameter=number`},
		{"arctan(slope=)", ErrParameter, `argument is "slope="`},
		{"arctan(slope=2,)", ErrParameter, `argument is ""`},
		{"arctan(slope=2, slope=3)", ErrParameter, "arctan: slope is given twice"},
		{"arctan(height=2, a=1)", ErrParameter, `arctan: has no parameter "a, height", want slope`},
		{"straight-through(slope=2)", ErrParameter, `has no parameter "slope", want none`},
		{"triangle(slope=2)", ErrParameter, `has no parameter "slope", want dampening and support`},
		{"arctan(slope=-2)", ErrParameter, "arctan: slope is -2"},
		{"arctan(slope=NaN)", ErrParameter, "arctan: slope is NaN"},
		{"cut", ErrName, "cut is without a surrogate"},
		{"cut()", ErrName, "cut is without a surrogate"},
		{"cut(within=2)", ErrName, `cut: surrogate is "within=2"`},
		{"cut(tanh, within=0)", ErrParameter, "cut: within is 0"},
		{"cut(tanh, slope=1)", ErrParameter, `cut: has no parameter "slope", want within`},
		{"cut(tanh(slope=0))", ErrParameter, "cut: tanh: slope is 0"},
		{strings.Repeat("cut(", 300), ErrName, "text has 1200 bytes, want at most 1000"},
	} {
		s, err := Parse(c.text)
		if s != nil {
			t.Errorf("%q is read as %v", c.text, s)
		}
		wantErr(t, c.text, err, c.sentinel, c.says)
	}
	if s, err := Named("nothing"); s != nil {
		t.Errorf("got %v", s)
	} else {
		wantErr(t, "Named", err, ErrName, `"nothing"`)
	}
}

// FuzzParse: a text gives a valid surrogate that its own name makes again, or an
// error.
func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		s, err := Named(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name)
		f.Add(s.String())
		f.Add(DefaultCut(s).String())
	}
	for _, text := range []string{"cut(cut(arctan), within=1)", "arctan(slope=1e999)", "cut(,", "tanh(slope=0x1p3)", "leaky( leak = 0 )", "cut((", "triangle(=1)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if (s == nil) == (err == nil) {
			t.Fatalf("%q gives %v and error %v", text, s, err)
		}
		if err != nil {
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if again, err := Parse(s.String()); again != s {
			t.Fatalf("%q is %v, which is read as %v, error %v", text, s, again, err)
		}
		for _, v := range []float64{0, 0.3, -0.3, 1e9} {
			if d := s.Derivative(v); !(d >= 0) {
				t.Fatalf("%v: derivative %v at %v", s, d, v)
			}
		}
		if a, b := s.Antiderivative(-1), s.Antiderivative(1); !(a <= b) {
			t.Fatalf("%v: antiderivative falls from %v to %v", s, a, b)
		}
	})
}

func ExampleParse() {
	for _, text := range []string{"arctan", "triangle(support=2)", "cut(sigmoid(slope=8), within=0.5)"} {
		s, err := Parse(text)
		if err != nil {
			panic(err)
		}
		fmt.Println(s, s.HalfWidth())
	}
	_, err := Parse("atan(slope=2)")
	fmt.Println(err)
	// Output:
	// arctan(slope=2) +Inf
	// triangle(dampening=1, support=2) 0.5
	// cut(sigmoid(slope=8), within=0.5) 0.5
	// surrogate is "atan", want triangle, rectangle, sigmoid, fast-sigmoid, arctan, gaussian, exponential, tanh, leaky, straight-through, log-abs, q-pseudo-spike or cut(...): unknown surrogate
}
