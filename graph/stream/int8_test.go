package stream

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/layers"
)

// What the documentation of Int8 promises: without a profile, every sum is off by at
// most half a scale for each number that is multiplied.
func TestEightBitSumsAreWithinTheirBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		K, N := rapid.IntRange(1, 40).Draw(t, "K"), rapid.IntRange(1, 60).Draw(t, "N")
		m := kernel.NewMat(make([]float32, K*N), K, N)
		fill := rapid.Float32Range(-2, 2)
		for i := range m.Data {
			m.Data[i] = fill.Draw(t, "w")
		}
		row := make([]float32, K)
		sum := 0.0
		for k := range row {
			row[k] = fill.Draw(t, "y")
			sum += math.Abs(float64(row[k]))
		}
		list := kernel.NewEventList(K)
		list.Of(row)
		exact, rounded, scratch := make([]float32, N), make([]float32, N), make([]float32, N)
		c := Config{Precision: Float32}
		c.rows(m, sparse, nil).Add(exact, list.At, list.V, scratch)
		c.Precision = Int8
		c.rows(m, sparse, nil).Add(rounded, list.At, list.V, scratch)
		for j, scale := range kernel.Int8Scales(m) {
			bound := sum*float64(scale)/2 + 1e-5*sum
			if off := math.Abs(float64(exact[j]) - float64(rounded[j])); off > bound {
				t.Fatalf("column %d is %v off, want at most %v", j, off, bound)
			}
		}
	})
}

// deviation is the root mean square of what one step from the state of a changes in
// the logits of b, and that of the logits.
func deviation(t *testing.T, a, b *Engine, steps int) (off, size float64) {
	t.Helper()
	x, y := a.NewStream(), b.NewStream()
	for _, token := range text(2, steps, a.Vocabulary()) {
		if err := y.Restore(x.State()); err != nil {
			t.Fatal(err)
		}
		want, got := must(x.Step(token)), must(y.Step(token))
		for i := range want {
			d := float64(want[i]) - float64(got[i])
			off += d * d
			size += float64(want[i]) * float64(want[i])
		}
	}
	n := float64(steps * a.Outputs())
	return math.Sqrt(off / n), math.Sqrt(size / n)
}

func TestEightBitStepsStayCloseToThoseOfFloat32(t *testing.T) {
	for _, cell := range cells {
		c := small(cell)
		c.embed, c.H = 60, 80
		m := c.model()
		exact := must(New(Of(m), DefaultConfig()))
		config := DefaultConfig()
		config.Precision, config.TableBytes = Int8, 0
		for _, profile := range []*Profile{nil, must(exact.Profile(text(5, 500, 11)))} {
			config.Profile = profile
			off, size := deviation(t, exact, must(New(Of(m), config)), 200)
			// An event more or less moves the logits of all words.
			if bound := map[string]float64{gru: 0.01, evnn: 0.1, paper: 0.1}[cell]; !(off <= bound*size) || off == 0 {
				t.Errorf("%s, profile %v: logits of %v are %v off, want at most %v", cell, profile != nil, size, off, bound*size)
			}
		}
	}
}

func TestEightBitsTakeAQuarterOfTheBytes(t *testing.T) {
	for _, cell := range cells {
		for _, table := range []int64{0, math.MaxInt64} {
			c := small(cell)
			c.V, c.embed, c.H = 300, 150, 200
			m := c.model()
			config := DefaultConfig()
			config.TableBytes = table
			exact := must(New(Of(m), config))
			config.Precision = Int8
			e := must(New(Of(m), config))
			if ratio := float64(e.WeightBytes()) / float64(exact.WeightBytes()); ratio > 0.31 { // rows are filled up to cache lines
				t.Errorf("%s, table %v: %v of the bytes, want a quarter", cell, table > 0, ratio)
			}
			a, b := exact.NewStream(), e.NewStream()
			for _, token := range text(1, 20, 300) {
				must(a.Step(token))
				must(b.Step(token))
			}
			if ca, cb := a.Counters(), b.Counters(); table == 0 && float64(cb.WeightBytes)/float64(cb.MACs) > 1.2 || float64(ca.WeightBytes) < 4*float64(ca.MACs) {
				t.Errorf("%s, table %v: %+v in 8 bits, %+v in float32", cell, table > 0, cb, ca)
			}
		}
	}
}

// A unit that is never heard may be misread.
func TestAProfileClipsWeightsOfSilentUnits(t *testing.T) {
	const K, N = 20, 3
	m := kernel.NewMat(make([]float32, K*N), K, N)
	squares := make([]float64, K)
	for k := range K {
		for j := range N {
			m.Row(k)[j] = float32(math.Sin(float64(7*k + j)))
		}
		squares[k] = 1
	}
	m.Row(3)[1], squares[3] = 1.9, 0
	whole, fitted := kernel.Int8Scales(m), int8Scales(m, squares)
	if fitted[1] >= whole[1] {
		t.Errorf("the scale of the outlier's column is %v, want less than %v", fitted[1], whole[1])
	}
	before, after := squaredErrors(m, whole, squares), squaredErrors(m, fitted, squares)
	for j := range before {
		if after[j] > before[j] {
			t.Errorf("column %d: the error grew from %v to %v", j, before[j], after[j])
		}
	}
	if after[1] > before[1]/2 {
		t.Errorf("the error fell from %v to %v only", before[1], after[1])
	}
}

// Nothing else of this model is as wide as its word vectors.
// What the layer above multiplies is a unit's output times its gain; what R
// multiplies has none.
func TestAProfileIsMetBehindTheGain(t *testing.T) {
	c := DefaultConfig()
	c.Profile = &Profile{Inputs: []float64{1}, Layers: []LayerProfile{{Squares: []float64{3, 5}}}}
	for _, gain := range [][]float32{nil, {2, 0.5}} {
		squares, err := c.squares([]weightsOf{{inputs: 1, units: 2, gain: gain}})
		if err != nil {
			t.Fatal(err)
		}
		sent := []float64{3, 5}
		if gain != nil {
			sent = []float64{3 * 4, 5 * 0.25}
		}
		if l := squares[0]; !slices.Equal(l.of, []float64{3, 5}) || !slices.Equal(l.sent, sent) {
			t.Errorf("gain %v: squares of outputs are %v, of what is sent %v, want [3 5] and %v", gain, l.of, l.sent, sent)
		}
	}
}

func TestWordVectorsMayBeWiderThanAllElse(t *testing.T) {
	for name, c := range configs() {
		m := Model{Embedding: dense("e", 7, 90), Layers: []layers.Recurrent{must(layers.NewEGRU("rnn", layers.DefaultEGRU(90, 4)))}}
		for i := range m.Embedding.Value().Float32s() {
			m.Embedding.Value().Float32s()[i] = float32(math.Sin(float64(i)))
		}
		if got := must(must(New(m, c)).NewStream().Step(3)); len(got) != 4 {
			t.Errorf("%s: %d numbers, want 4", name, len(got))
		}
	}
}

func TestAWordInEightBitsReadsItsVectorAndOneScale(t *testing.T) {
	c := DefaultConfig()
	c.Precision, c.TableBytes = Int8, 0
	l := must(layers.NewEGRU("rnn", layers.DefaultEGRU(90, 4)))
	e := must(New(Model{Embedding: dense("e", 7, 90), Layers: []layers.Recurrent{l}}, c))
	s := e.NewStream()
	must(s.Step(3)) // a vector of zeros: nothing else is read
	if got := s.Last().WeightBytes; got != 90+4 {
		t.Errorf("%d bytes of weights, want %d", got, 90+4)
	}
	const rows = 7*3*64 + 90*64 + 4*64 // filled up to an odd number of cache lines
	if got, want := e.WeightBytes(), int64(rows+4*(7+12+12)); got != want {
		t.Errorf("the weights take %d bytes, want %d", got, want)
	}
}
