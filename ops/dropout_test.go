package ops

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/random"
)

// drawn is the mask that position i of a stream has.
func drawn(key opValue, stream string, i int, keep float64) float64 {
	w0, w1, w2, w3 := random.NewStream(uint64(key.index[0]), uint64(key.index[1]), stream).Bits(uint64(i / 4))
	if float64([]uint32{w0, w1, w2, w3}[i%4]) < keep*(1<<32) {
		return 1
	}
	return 0
}

func dropoutCase(cfg DropoutConfig, shape ...int) opCase {
	of := func(cfg DropoutConfig) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return Dropout(in[0], in[1], cfg) }
	}
	change := func(f func(cfg *DropoutConfig)) func(in []*G.Node) (*G.Node, error) {
		other := cfg
		f(&other)
		return of(other)
	}
	c := opCase{
		name:   "Dropout",
		inputs: []opInput{{name: "x", shape: shape}, {name: "key", shape: tensor.Shape{2}, below: 1 << 30}},
		build:  of(cfg),
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			n := len(dout)
			if cfg.Variational {
				n /= shape[0]
			}
			var dx []float64
			for i, x := range in[0].floats {
				m := drawn(in[1], cfg.Stream, i%n, 1-cfg.P) / (1 - cfg.P)
				out = append(out, x*m)
				dx = append(dx, dout[i]*m)
			}
			return out, [][]float64{dx, nil}
		},
		others: []func(in []*G.Node) (*G.Node, error){
			change(func(cfg *DropoutConfig) { cfg.P += 0.125 }),
			change(func(cfg *DropoutConfig) { cfg.Stream += "b" }),
		},
	}
	if len(shape) > 0 {
		c.others = append(c.others, change(func(cfg *DropoutConfig) { cfg.Variational = !cfg.Variational }))
	}
	return c
}

func TestDropout(t *testing.T) {
	suite(t,
		dropoutCase(DropoutConfig{P: 0.3, Stream: "x"}, 3, 2, 4),
		dropoutCase(DropoutConfig{P: 0.3, Stream: "x", Variational: true}, 3, 2, 5),
		dropoutCase(DropoutConfig{P: 0.5, Variational: true}, 3),
		dropoutCase(DropoutConfig{P: 0.5}),
	)
}

func TestDropoutOfNothingCopies(t *testing.T) {
	c := dropoutCase(DropoutConfig{}, 4, 3)
	values := c.values(1, tensor.Float32)
	compare(t, "output", c.result(t, tape, values, tensor.Float32).out, values[0].floats, 0)
}

func TestDropoutDropsWhatIsNoNumber(t *testing.T) {
	c := dropoutCase(DropoutConfig{P: 0.5, Stream: "x"}, 64)
	values := c.values(1, tensor.Float64)
	for i := range values[0].floats {
		values[0].floats[i] = math.NaN()
	}
	zeros, nans := 0, 0
	for _, y := range c.result(t, tape, values, tensor.Float64).out {
		if y == 0 {
			zeros++
		} else if math.IsNaN(y) {
			nans++
		}
	}
	if zeros == 0 || nans == 0 || zeros+nans != 64 {
		t.Errorf("%d zeros and %d NaNs of 64, want some of both", zeros, nans)
	}
}

func TestDropoutKeepsItsShare(t *testing.T) {
	const n = 1 << 16
	for _, p := range []float64{0.1, 0.5, 0.8} {
		c := dropoutCase(DropoutConfig{P: p, Stream: "x"}, n)
		values := c.values(1, tensor.Float64)
		for i := range values[0].floats {
			values[0].floats[i] = 1
		}
		kept := 0.0
		for i, y := range c.result(t, tape, values, tensor.Float64).out {
			switch y {
			case 0:
			case 1 / (1 - p):
				kept++
			default:
				t.Fatalf("P = %v made %v of 1 at %d", p, y, i)
			}
		}
		if dev := math.Abs(kept/n-(1-p)) / math.Sqrt(p*(1-p)/n); dev > 5 {
			t.Errorf("P = %v keeps %v: %.1f standard deviations off", p, kept/n, dev)
		}
	}
}

func TestDropoutOfAnotherStepSeedOrStreamDropsOthers(t *testing.T) {
	c := dropoutCase(DropoutConfig{P: 0.5, Stream: "x"}, 64)
	values := c.values(1, tensor.Float64)
	run := func(c opCase, seed, step int) []float64 {
		values[1].index = []int{seed, step}
		return c.result(t, tape, values, tensor.Float64).out
	}
	want := run(c, 1, 2)
	for name, got := range map[string][]float64{
		"step":                  run(c, 1, 3),
		"seed":                  run(c, 2, 2),
		"negative seed":         run(c, -1, 2),
		"seed and step swapped": run(c, 2, 1),
		"stream":                run(dropoutCase(DropoutConfig{P: 0.5, Stream: "y"}, 64), 1, 2),
	} {
		differ := 0
		for i := range got {
			if (got[i] == 0) != (want[i] == 0) {
				differ++
			}
		}
		if differ < 16 {
			t.Errorf("another %s drops others at %d of 64 places, want about half", name, differ)
		}
	}
	compare(t, "the same key", run(c, 1, 2), want, 0)
}

func TestDropoutErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	x := n("x", 3, 2)
	key := func(name string, shape ...int) *G.Node {
		return G.NewTensor(x.Graph(), tensor.Int, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	for _, p := range []float64{-0.1, 1, math.NaN(), math.Inf(1)} {
		wantError(t, "P", ErrConfig, "Dropout: P is ")(Dropout(x, key("key", 2), DropoutConfig{P: p}))
	}
	wantError(t, "long key", ErrShape, "key has shape (3), want (2): seed and step")(Dropout(x, key("long", 3), DropoutConfig{P: 0.5}))
	wantError(t, "rank of key", ErrShape, "key has shape (1, 2) of 2 axes, want 1")(Dropout(x, key("row", 1, 2), DropoutConfig{P: 0.5}))
	wantError(t, "variational scalar", ErrConfig, "without an axis")(Dropout(n("scalar"), key("key", 2), DropoutConfig{P: 0.5, Variational: true}))
	wantError(t, "no key for nothing", ErrNode, "key is nil")(Dropout(x, nil, DropoutConfig{}))
}
