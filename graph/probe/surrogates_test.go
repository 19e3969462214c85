package probe

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/egru/egru/ops/surrogate"
)

func TestSurrogatesOfEveryNameCanBeDrawn(t *testing.T) {
	var all []surrogate.Surrogate
	for _, name := range surrogate.Names() {
		s, err := surrogate.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	p, err := Surrogates("all", all...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Figure(); err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		d, a := p.Panels[0].Series[i], p.Panels[1].Series[i]
		if d.Name != s.String() || a.Name != s.String() {
			t.Errorf("series %d are %q and %q, want %v", i, d.Name, a.Name, s)
		}
		for j, v := range d.X {
			if d.Y[j] != s.Derivative(v) || a.X[j] != v || a.Y[j] != s.Antiderivative(v) {
				t.Fatalf("%v: another number at %v", s, v)
			}
		}
	}
}

func TestSurrogatesAreShownWhereTheyFall(t *testing.T) {
	for _, c := range []struct {
		list []surrogate.Surrogate
		want float64 // the largest v, to a factor of 1.2
	}{
		{[]surrogate.Surrogate{surrogate.Triangle{Dampening: 1, Support: 1}}, 1.25},
		{[]surrogate.Surrogate{surrogate.Triangle{Dampening: 1, Support: 1e6}}, 1.25e-6},
		{[]surrogate.Surrogate{surrogate.Rectangle{Height: 5}, surrogate.FastSigmoid{Slope: 10}}, 0.25},
		{[]surrogate.Surrogate{surrogate.StraightThrough{}}, 2.5},
		{[]surrogate.Surrogate{surrogate.StraightThrough{}, surrogate.Exponential{Slope: 0.01}}, 2.5 * 100 * math.Ln2},
	} {
		p, err := Surrogates("", c.list...)
		if err != nil {
			t.Fatal(err)
		}
		x := p.Panels[0].Series[0].X
		if end := x[len(x)-1]; end < c.want*0.999 || end > c.want*1.2 || x[0] != -end {
			t.Errorf("%v are shown from %v to %v, want to %v", c.list, x[0], end, c.want)
		}
	}
}

func TestSurrogatesErrors(t *testing.T) {
	ok := surrogate.DefaultArctan()
	for _, c := range []struct {
		list []surrogate.Surrogate
		want string
	}{
		{nil, "there are no surrogates"},
		{[]surrogate.Surrogate{ok, nil}, "surrogate 1 is nil"},
		{[]surrogate.Surrogate{surrogate.Tanh{}}, "surrogate 0: tanh: slope is 0"},
		{[]surrogate.Surrogate{surrogate.Cut{}}, "surrogate 0: cut: Of is nil"},
		{[]surrogate.Surrogate{ok, ok}, "surrogate 1, arctan(slope=2), has the name of another"},
	} {
		if _, err := Surrogates("", c.list...); !errors.Is(err, ErrFigure) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}
