package surrogates

import (
	"strings"
	"testing"

	"github.com/egru/egru/ops/surrogate"
)

var of = surrogate.Triangle{Dampening: 0.5, Support: 3}

func TestTheTriangleTakesItsFlagsAndOthersTheirBrackets(t *testing.T) {
	both := map[string]bool{FlagDampening: true, FlagSupport: true}
	for _, c := range []struct {
		text  string
		given map[string]bool
		want  surrogate.Surrogate
	}{
		{"", nil, of},
		{"", both, of},
		{"triangle", nil, of},
		{" triangle ", both, of},
		{"triangle(support=2)", nil, surrogate.Triangle{Dampening: 1, Support: 2}},
		{"arctan", nil, surrogate.DefaultArctan()},
		{"arctan", map[string]bool{Flag: true, "lr": true}, surrogate.DefaultArctan()},
		{"cut(tanh(slope=2), within=1)", nil, surrogate.Cut{Of: surrogate.Tanh{Slope: 2}, Within: 1}},
	} {
		if s, err := Chosen(c.text, of, c.given); err != nil || s != c.want {
			t.Errorf("%q beside %v is %v, error %v, want %v", c.text, c.given, s, err, c.want)
		}
	}
}

func TestFlagsThatContradictEachOtherAreNamed(t *testing.T) {
	dampening, support := map[string]bool{FlagDampening: true}, map[string]bool{FlagSupport: true}
	for _, c := range []struct {
		text  string
		of    surrogate.Triangle
		given map[string]bool
		says  string
	}{
		{"arctan", of, dampening, "-dampening is given beside the surrogate arctan(slope=2)"},
		{"cut(triangle)", of, support, "-support is given beside the surrogate cut(triangle"},
		{"triangle(dampening=0.5)", of, dampening, "-dampening is given beside the surrogate triangle(dampening=0.5, support=1)"},
		{"triangle()", of, support, "-support is given"},
		{"atan", of, nil, `-surrogate: surrogate is "atan", want triangle, `},
		{"arctan(slope=0)", of, nil, "-surrogate: arctan: slope is 0"},
		{"", surrogate.Triangle{Dampening: 1}, nil, "support is 0"},
	} {
		if _, err := Chosen(c.text, c.of, c.given); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q beside %v: error %v, want %s", c.text, c.given, err, c.says)
		}
	}
}

func TestEveryNameIsInTheUsage(t *testing.T) {
	all, err := All()
	if err != nil || len(all) != len(surrogate.Names()) {
		t.Fatalf("%d surrogates, error %v", len(all), err)
	}
	for i, name := range surrogate.Names() {
		if !strings.HasPrefix(all[i].String(), name) || !strings.Contains(Usage(), name) {
			t.Errorf("%s is surrogate %v, usage %q", name, all[i], Usage())
		}
	}
}
