package ops

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func wordDropoutCase(cfg WordDropoutConfig, V, E int, ids ...int) opCase {
	of := func(cfg WordDropoutConfig) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return WordDropout(in[0], in[1], in[2], cfg) }
	}
	return opCase{
		name: "WordDropout",
		inputs: []opInput{
			{name: "x", shape: append(slices.Clone(ids), E)},
			{name: "ids", shape: ids, below: V},
			{name: "key", shape: tensor.Shape{2}, below: 1 << 30},
		},
		build:  of(cfg),
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			var dx []float64
			for i, x := range in[0].floats {
				m := drawn(in[2], cfg.Stream, in[1].index[i/E], 1-cfg.P) / (1 - cfg.P)
				out = append(out, x*m)
				dx = append(dx, dout[i]*m)
			}
			return out, [][]float64{dx, nil, nil}
		},
		others: []func(in []*G.Node) (*G.Node, error){
			of(WordDropoutConfig{cfg.P + 0.125, cfg.Stream}),
			of(WordDropoutConfig{cfg.P, cfg.Stream + "b"}),
		},
	}
}

func TestWordDropout(t *testing.T) {
	suite(t,
		wordDropoutCase(WordDropoutConfig{P: 0.3, Stream: "x"}, 5, 4, 3, 2),
		wordDropoutCase(WordDropoutConfig{P: 0.5}, 9, 1, 8),
		wordDropoutCase(WordDropoutConfig{P: 0.6, Stream: "x"}, 3, 2, 2, 2, 2),
	)
}

func TestWordDropoutOfNothingCopies(t *testing.T) {
	c := wordDropoutCase(WordDropoutConfig{}, 5, 3, 4)
	values := c.values(1, tensor.Float32)
	compare(t, "output", c.result(t, tape, values, tensor.Float32).out, values[0].floats, 0)
}

// A word is dropped at all its places or at none, as an element of a vector of
// all words by Dropout, and with the same scale.
func TestWordDropoutDropsWholeWords(t *testing.T) {
	const V, E, n = 1000, 3, 4000
	cfg := WordDropoutConfig{P: 0.25, Stream: "words"}
	c := wordDropoutCase(cfg, V, E, n)
	values := c.values(1, tensor.Float64)
	for i := range values[0].floats {
		values[0].floats[i] = 1
	}
	y := c.result(t, tape, values, tensor.Float64).out

	vector := opValue{shape: tensor.Shape{V}, floats: slices.Repeat([]float64{1}, V)}
	d := dropoutCase(DropoutConfig{P: cfg.P, Stream: cfg.Stream}, V)
	mask := d.result(t, tape, []opValue{vector, values[2]}, tensor.Float64).out
	kept := 0.0
	for v := range V {
		kept += mask[v] * (1 - cfg.P)
	}
	for i, id := range values[1].index {
		for _, got := range y[i*E : i*E+E] {
			if got != mask[id] {
				t.Fatalf("place %d of word %d is %v, want %v", i, id, got, mask[id])
			}
		}
	}
	if dev := math.Abs(kept/V-0.75) / math.Sqrt(0.25*0.75/V); dev > 5 {
		t.Errorf("%v of %d words are kept: %.1f standard deviations off", kept, V, dev)
	}
}

func TestWordDropoutDropsWhatIsNoNumber(t *testing.T) {
	c := wordDropoutCase(WordDropoutConfig{P: 0.5, Stream: "x"}, 64, 1, 64)
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

// It does not know the vocabulary: any id from 0 on is a word.
func TestWordDropoutRefusesNegativeIDs(t *testing.T) {
	c := wordDropoutCase(WordDropoutConfig{P: 0.5}, 3, 2, 2, 2)
	values := c.values(1, tensor.Float64)
	values[1].index = []int{0, math.MaxInt, 1, -1}
	wantRunError(t, c, values, ErrIndex, "ids[1 1] is -1, want at least 0")
	values[1].index[3] = 2
	c.result(t, tape, values, tensor.Float64)
}

func TestWordDropoutErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	x := n("x", 3, 2, 4)
	ints := func(name string, shape ...int) *G.Node {
		return G.NewTensor(x.Graph(), tensor.Int, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	ids, key := ints("ids", 3, 2), ints("key", 2)
	for _, p := range []float64{-0.1, 1, math.NaN(), math.Inf(1)} {
		wantError(t, "P", ErrConfig, "WordDropout: P is ")(WordDropout(x, ids, key, WordDropoutConfig{P: p}))
	}
	good := WordDropoutConfig{P: 0.5}
	wantError(t, "ids", ErrShape, "ids has shape (2, 3), want one axis or more, and one id for each vector of x (3, 2, 4)")(WordDropout(x, ints("turned", 2, 3), key, good))
	wantError(t, "flat ids", ErrShape, "ids has shape (6)")(WordDropout(x, ints("flat", 6), key, good))
	wantError(t, "an id a number", ErrShape, "ids has shape (3, 2, 4)")(WordDropout(x, ints("all", 3, 2, 4), key, good))
	scalar := G.NewScalar(x.Graph(), tensor.Int, G.WithName("scalar"))
	wantError(t, "one id", ErrShape, "ids has shape ()")(WordDropout(n("vector", 4), scalar, key, good))
	wantError(t, "key", ErrShape, "key has shape (3), want (2): seed and step")(WordDropout(x, ids, ints("long", 3), good))
}
