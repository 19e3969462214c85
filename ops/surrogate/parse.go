package surrogate

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// named are the surrogates that text can name. Each is made of its default and
// takes what is set.
var named = []struct {
	name string
	make func(set *settings) Surrogate
}{
	{"triangle", func(set *settings) Surrogate {
		s := DefaultTriangle()
		set.take("dampening", &s.Dampening)
		set.take("support", &s.Support)
		return s
	}},
	{"rectangle", func(set *settings) Surrogate {
		s := DefaultRectangle()
		set.take("height", &s.Height)
		return s
	}},
	{"sigmoid", func(set *settings) Surrogate {
		s := DefaultSigmoid()
		set.take("slope", &s.Slope)
		return s
	}},
	{"fast-sigmoid", func(set *settings) Surrogate {
		s := DefaultFastSigmoid()
		set.take("slope", &s.Slope)
		return s
	}},
	{"arctan", func(set *settings) Surrogate {
		s := DefaultArctan()
		set.take("slope", &s.Slope)
		return s
	}},
	{"gaussian", func(set *settings) Surrogate {
		s := DefaultGaussian()
		set.take("slope", &s.Slope)
		return s
	}},
	{"exponential", func(set *settings) Surrogate {
		s := DefaultExponential()
		set.take("slope", &s.Slope)
		return s
	}},
	{"tanh", func(set *settings) Surrogate {
		s := DefaultTanh()
		set.take("slope", &s.Slope)
		return s
	}},
	{"leaky", func(set *settings) Surrogate {
		s := DefaultLeaky()
		set.take("within", &s.Within)
		set.take("leak", &s.Leak)
		return s
	}},
	{"straight-through", func(*settings) Surrogate { return DefaultStraightThrough() }},
	{"log-abs", func(set *settings) Surrogate {
		s := DefaultLogAbs()
		set.take("slope", &s.Slope)
		return s
	}},
	{"q-pseudo-spike", func(set *settings) Surrogate {
		s := DefaultQPseudoSpike()
		set.take("q", &s.Q)
		return s
	}},
}

// Names are the names that Named and Parse know, Cut's apart.
func Names() []string {
	names := make([]string, len(named))
	for i, n := range named {
		names[i] = n.name
	}
	return names
}

// Named gives the surrogate of a name with its default parameters. A name that is
// not among Names gives ErrName.
func Named(name string) (Surrogate, error) { return makeNamed(name, &settings{}) }

// longest text that Parse reads, in bytes.
const longest = 1000

// Parse reads a surrogate as its String writes it, with defaults for parameters
// that are left out:
//
//	arctan
//	triangle(dampening=0.5, support=2)
//	cut(sigmoid(slope=4), within=1)
//
// It reads no Custom. Another name, or a text of another form or of more than
// 1000 bytes, gives ErrName; a parameter that the surrogate does not have, is
// given twice, is no number or outside its domain, ErrParameter.
func Parse(text string) (Surrogate, error) {
	if len(text) > longest {
		return nil, errors.Wrapf(ErrName, "text has %d bytes, want at most %d", len(text), longest)
	}
	s, err := parse(text)
	if err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

func parse(text string) (Surrogate, error) {
	name, arguments, err := call(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	if name != "cut" {
		set, err := newSettings(name, arguments)
		if err != nil {
			return nil, err
		}
		return makeNamed(name, set)
	}
	if len(arguments) == 0 {
		return nil, errors.Wrap(ErrName, `cut is without a surrogate, want "cut(NAME)" or "cut(NAME, within=NUMBER)"`)
	}
	of, err := parse(arguments[0])
	if err != nil {
		return nil, errors.Wrap(err, "cut")
	}
	set, err := newSettings(name, arguments[1:])
	if err != nil {
		return nil, err
	}
	c := DefaultCut(of)
	set.take("within", &c.Within)
	if err := set.left(); err != nil {
		return nil, err
	}
	return c, nil
}

func makeNamed(name string, set *settings) (Surrogate, error) {
	for _, n := range named {
		if n.name == name {
			s := n.make(set)
			if err := set.left(); err != nil {
				return nil, err
			}
			return s, nil
		}
	}
	return nil, errors.Wrapf(ErrName, "surrogate is %q, want %s or cut(...)", name, strings.Join(Names(), ", "))
}

// call takes "name" or "name(argument, argument)" apart.
func call(text string) (name string, arguments []string, err error) {
	name, rest, has := strings.Cut(text, "(")
	if !has {
		return name, nil, nil
	}
	inside, closed := strings.CutSuffix(rest, ")")
	if !closed {
		return "", nil, errors.Wrapf(ErrName, "surrogate is %q, want it to end with a )", text)
	}
	depth, low, from := 0, 0, 0
	for i, c := range inside {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			arguments = append(arguments, inside[from:i])
			from = i + 1
		}
		low = min(low, depth)
	}
	if depth != 0 || low < 0 {
		return "", nil, errors.Wrapf(ErrName, "surrogate is %q, want as many ( as )", text)
	}
	if last := inside[from:]; len(arguments) > 0 || strings.TrimSpace(last) != "" {
		arguments = append(arguments, last)
	}
	return name, arguments, nil
}

// settings are the parameters in a text.
type settings struct {
	of     string
	given  map[string]float64
	wanted []string
}

func newSettings(of string, arguments []string) (*settings, error) {
	set := &settings{of: of, given: map[string]float64{}}
	for _, a := range arguments {
		key, value, _ := strings.Cut(a, "=")
		key = strings.TrimSpace(key)
		x, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return nil, errors.Wrapf(ErrParameter, "%s: argument is %q, want the form parameter=number", of, strings.TrimSpace(a))
		}
		if _, twice := set.given[key]; twice {
			return nil, errors.Wrapf(ErrParameter, "%s: %s is given twice", of, key)
		}
		set.given[key] = x
	}
	return set, nil
}

// take sets a parameter if it is given.
func (set *settings) take(name string, to *float64) {
	set.wanted = append(set.wanted, name)
	if x, ok := set.given[name]; ok {
		*to = x
		delete(set.given, name)
	}
}

// left is the error of parameters that nothing took.
func (set *settings) left() error {
	if len(set.given) == 0 {
		return nil
	}
	unknown := strings.Join(slices.Sorted(maps.Keys(set.given)), ", ")
	want := "none"
	if len(set.wanted) > 0 {
		want = strings.Join(set.wanted, " and ")
	}
	return errors.Wrapf(ErrParameter, "%s: has no parameter %q, want %s", set.of, unknown, want)
}
