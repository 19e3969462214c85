package probe_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/ops"
)

// drawCounts fills every field, those of tomorrow too.
func drawCounts(t *rapid.T) ops.Counts {
	var c ops.Counts
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		v.Field(i).SetInt(rapid.Int64Range(0, 1e15).Draw(t, v.Type().Field(i).Name))
	}
	return c
}

func TestSinceIsWhatIsAddedInBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		layer, product := drawCounts(t), drawCounts(t)
		moreL, moreP := drawCounts(t), drawCounts(t)
		before := probe.Counts{Layers: []probe.Count{{"rnn.0", layer}}, Products: []probe.Count{{"decoder", product}}}
		now := probe.Counts{Layers: []probe.Count{{"rnn.0", layer.Add(moreL)}}, Products: []probe.Count{{"decoder", product.Add(moreP)}}}
		got, err := now.Since(before)
		if err != nil {
			t.Fatal(err)
		}
		want := probe.Counts{Layers: []probe.Count{{"rnn.0", moreL}}, Products: []probe.Count{{"decoder", moreP}}}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestAddUndoesSince(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := func() probe.Counts {
			return probe.Counts{Layers: []probe.Count{{"rnn.0", drawCounts(t)}}, Products: []probe.Count{{"decoder", drawCounts(t)}}}
		}
		a, b := counts(), counts()
		sum, err := a.Add(b)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := sum.Since(a); err != nil || !reflect.DeepEqual(back, b) {
			t.Fatalf("%+v and %+v are %+v: %v", a, b, sum, err)
		}
		for _, alone := range [][2]probe.Counts{{a, {}}, {{}, a}} {
			if sum, err := alone[0].Add(alone[1]); err != nil || !reflect.DeepEqual(sum, a) {
				t.Fatalf("%+v and nothing are %+v: %v", a, sum, err)
			}
		}
	})
}

func TestAddErrors(t *testing.T) {
	of := func(names ...string) (c probe.Counts) {
		for _, name := range names {
			c.Layers = append(c.Layers, probe.Count{Name: name})
		}
		return c
	}
	for _, c := range []struct {
		a, b probe.Counts
		want string
	}{
		{of("rnn.0"), of("rnn.0", "rnn.1"), "1 layers and 2, want as many"},
		{of("rnn.0"), of("top"), `layer 0 is "rnn.0" and "top", want one`},
	} {
		if _, err := c.a.Add(c.b); !errors.Is(err, probe.ErrCounts) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

func TestSinceErrors(t *testing.T) {
	layer := func(name string, events int64) probe.Count {
		return probe.Count{Name: name, Counts: ops.Counts{Events: events}}
	}
	now := probe.Counts{Layers: []probe.Count{layer("rnn.0", 5), layer("rnn.1", 5)}, Products: []probe.Count{layer("decoder", 5)}}
	for _, c := range []struct {
		name    string
		earlier probe.Counts
		want    string
	}{
		{"fewer layers", probe.Counts{Layers: now.Layers[:1], Products: now.Products}, "earlier: 1 layers, want 2"},
		{"no products", probe.Counts{Layers: now.Layers}, "earlier: 0 products, want 1"},
		{"other names", probe.Counts{Layers: []probe.Count{layer("rnn.0", 1), layer("top", 1)}, Products: now.Products}, `earlier: layer 1 is "top", want "rnn.1"`},
		{"reset in between", probe.Counts{Layers: now.Layers, Products: []probe.Count{layer("decoder", 6)}}, `earlier: product "decoder" had counted more than now`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := now.Since(c.earlier); !errors.Is(err, probe.ErrCounts) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestTotalTakesOfProductsTheWorkAlone(t *testing.T) {
	c := probe.Counts{
		Layers: []probe.Count{
			{Name: "wide", Counts: ops.Counts{Units: 900, Events: 90, Live: 200, BackwardUnits: 450, ForwardMACs: 1, BackwardMACs: 2, DenseForwardMACs: 3, DenseBackwardMACs: 4}},
			{Name: "narrow", Counts: ops.Counts{Units: 100, Events: 60, Live: 50, BackwardUnits: 50, ForwardMACs: 10, BackwardMACs: 20, DenseForwardMACs: 30, DenseBackwardMACs: 40}},
		},
		Products: []probe.Count{
			{Name: "decoder", Counts: ops.Counts{Units: 100, Events: 60, Live: 50, BackwardUnits: 50, ForwardMACs: 100, BackwardMACs: 200, DenseForwardMACs: 300, DenseBackwardMACs: 400}},
		},
	}
	want := ops.Counts{Units: 1000, Events: 150, Live: 250, BackwardUnits: 500, ForwardMACs: 111, BackwardMACs: 222, DenseForwardMACs: 333, DenseBackwardMACs: 444}
	if got := c.Total(); got != want {
		t.Errorf("total is %+v, want %+v", got, want)
	}
	if a := c.Activity(); a != 0.15 { // not the mean of 0.1 and 0.6, nor with the decoder's 0.6
		t.Errorf("activity is %v, want 0.15", a)
	}
	if b := c.Total().BackwardActivity(); b != 0.5 {
		t.Errorf("backward activity is %v, want 0.5", b)
	}
}

func TestNothingCountedIsZero(t *testing.T) {
	var c probe.Counts
	if c.Activity() != 0 || c.Total() != (ops.Counts{}) {
		t.Errorf("activity %v, total %+v", c.Activity(), c.Total())
	}
	d, err := c.Since(c)
	if err != nil || len(d.Layers) != 0 {
		t.Errorf("since itself: %+v, %v", d, err)
	}
}
