package stream

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/layers"
)

// prune sets a share of the numbers of every matrix to zero.
func prune(ps []*layers.Param, share float64) {
	r := rand.New(rand.NewPCG(11, 11))
	for _, p := range ps {
		if p.Value().Dims() != 2 {
			continue
		}
		x := p.Value().Float32s()
		for i := range x {
			if r.Float64() < share {
				x[i] = 0
			}
		}
	}
}

func TestPrunedStreamsHaveTheNumbersOfTheGraph(t *testing.T) {
	const steps = 300
	for _, cell := range cells {
		for _, storage := range []Storage{Auto, Dense, Packed} {
			m := small(cell).model()
			prune(m.Params(), 0.8)
			c := DefaultConfig()
			c.Storage, c.TableBytes = storage, 0
			s := must(New(Of(m), c)).NewStream()
			tokens := text(1, steps+1, 11)
			graphed(m, tokens, 100, func(step int, want []float32) {
				must(s.Step(tokens[step]))
				sameNumbers(t, fmt.Sprintf("%s, %v: step %d", cell, storage, step), s.features(), want)
			})
		}
	}
}

// kinds are the types of the matrices of an engine.
func kinds(e *Engine) string {
	seen := map[string]bool{}
	var names []string
	for _, r := range e.matrices() {
		if name := strings.TrimPrefix(fmt.Sprintf("%T", r), "*kernel."); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func TestStorageFollowsDensity(t *testing.T) {
	for _, c := range []struct {
		cell      string
		pruned    float64
		storage   Storage
		precision Precision
		want      string
	}{
		{evnn, 0, Auto, Float32, "DenseRows"},
		{evnn, 0.5, Auto, Float32, "DenseRows"},
		{evnn, 0.7, Auto, Float32, "PackedRows"},
		{evnn, 0.9, Dense, Float32, "DenseRows"},
		{evnn, 0, Packed, Float32, "PackedRows"},
		{evnn, 0, Auto, Int8, "Int8Rows"},
		{evnn, 0.7, Auto, Int8, "Int8Rows"},
		{evnn, 0.95, Auto, Int8, "PackedInt8Rows"},
		{evnn, 0.95, Dense, Int8, "Int8Rows"},
		{evnn, 0, Packed, Int8, "PackedInt8Rows"},
		{gru, 0, Auto, Float32, "DenseRows"},
		{gru, 0.95, Auto, Float32, "PackedColumns"},
		{gru, 0.95, Dense, Float32, "DenseRows"},
		{gru, 0, Packed, Float32, "PackedColumns"},
		{gru, 0, Auto, Int8, "Int8Rows"},
		{gru, 0.95, Auto, Int8, "PackedInt8Columns"},
		{gru, 0.95, Dense, Int8, "Int8Rows"},
		{gru, 0, Packed, Int8, "PackedInt8Columns"},
	} {
		m := small(c.cell).model()
		prune(m.Params(), c.pruned)
		config := DefaultConfig()
		config.Storage, config.Precision = c.storage, c.precision
		if got := kinds(must(New(Of(m), config))); got != c.want {
			t.Errorf("%s, %v %v, %v pruned: %s, want %s", c.cell, c.storage, c.precision, c.pruned, got, c.want)
		}
	}
}

// An embedding that was pruned sends few events a word, another as many as it has
// columns.
func TestTheFirstKernelLiesAsItsWordVectorsAre(t *testing.T) {
	for share, want := range map[float64]string{0: "*kernel.PackedColumns", 0.8: "*kernel.PackedRows"} {
		m := small(evnn).model()
		prune(m.Params()[:1], share) // the embedding
		prune(m.Params()[1:], 0.95)
		c := DefaultConfig()
		c.TableBytes = 0
		if got := fmt.Sprintf("%T", must(New(Of(m), c)).layers[0].w); got != want {
			t.Errorf("embedding pruned by %v: the kernel above it is a %s, want %s", share, got, want)
		}
	}
}

// A vector of few events costs what they cost, one of many no more than all weights,
// and the numbers are those of weights with their zeros.
func TestVectorsMeetPackedWeightsByHowManyEventsTheyHave(t *testing.T) {
	const I, H = 40, 24
	of := layers.DefaultGRU(I, H)
	l := must(layers.NewGRU("rnn", of))
	prune(l.Params(), 0.8)
	w := l.Params()[0].Value().Float32s()
	for _, precision := range []Precision{Float32, Int8} {
		c := DefaultConfig()
		c.Precision = precision
		c.Storage = Dense
		dense := must(New(Model{Layers: []layers.Recurrent{l}}, c)).NewStream()
		c.Storage = Packed
		packed := must(New(Model{Layers: []layers.Recurrent{l}}, c)).NewStream()
		for _, events := range []int{0, 1, I/2 - 1, I / 2, I} {
			dense.Reset()
			packed.Reset()
			x := make([]float32, I)
			left := 0
			for k := range events {
				x[k] = float32(k+1) / I
				for _, v := range w[k*3*H:][:3*H] {
					if v != 0 {
						left++
					}
				}
			}
			if events == I/2 { // from here on all weights are read
				left = 0
				for _, v := range w {
					if v != 0 {
						left++
					}
				}
			}
			sameNumbers(t, fmt.Sprintf("%v, %d events", precision, events), must(packed.StepVector(x)), must(dense.StepVector(x)))
			if got := packed.Last().MACs; got != int64(left) {
				t.Errorf("%v, %d events: %d multiply-accumulates, want %d", precision, events, got, left)
			}
		}
	}
}

// Both sparsities multiply: what is done is the weights that are left in the rows of
// the units that sent an event.
func TestWorkFallsByActivityTimesDensity(t *testing.T) {
	for _, cell := range []string{evnn, paper} {
		c := small(cell)
		c.embed, c.H = 60, 80
		m := c.model()
		prune(m.Params(), 0.8)
		config := DefaultConfig()
		config.TableBytes = 0
		dense, packed := config, config
		dense.Storage, packed.Storage = Dense, Packed
		a, b := must(New(Of(m), dense)).NewStream(), must(New(Of(m), packed)).NewStream()
		for _, token := range text(1, 400, 11) {
			must(a.Step(token))
			must(b.Step(token))
		}
		of, all := b.Counters(), a.Counters()
		if of.Events != all.Events || of.DenseMACs != all.DenseMACs {
			t.Errorf("%s: packed %+v, dense %+v: want the same events and dense work", cell, of, all)
		}
		if ratio := float64(of.MACs) / float64(all.MACs); ratio < 0.17 || ratio > 0.23 {
			t.Errorf("%s: of weights pruned to a density of 0.2 %v of the work is left", cell, ratio)
		}
		if share := float64(all.MACs) / float64(all.DenseMACs); share > 1.5*all.Activity()+0.2 {
			t.Errorf("%s: %v of the dense work is done at an activity of %v", cell, share, all.Activity())
		}
	}
}

func TestAPackedStepCountsTheWeightsThatAreLeft(t *testing.T) {
	m := small(evnn).model()
	prune(m.Params(), 0.8)
	c := DefaultConfig()
	c.TableBytes = 0
	s := must(New(Of(m), c)).NewStream()
	left := func(p *layers.Param, row int) (n int64) {
		cols := p.Value().Shape()[1]
		for _, w := range p.Value().Float32s()[row*cols:][:cols] {
			if w != 0 {
				n++
			}
		}
		return n
	}
	byName := map[string]*layers.Param{}
	for _, p := range m.Params() {
		byName[p.Name()] = p
	}
	for _, token := range text(4, 50, 11) {
		var want int64
		add := func(events Events, names ...string) {
			for _, k := range events.Units {
				for _, name := range names {
					want += left(byName[name], int(k))
				}
			}
		}
		add(s.Events(0), "rnn.0.recurrent_kernel")
		add(s.Events(1), "rnn.1.recurrent_kernel")
		if err := s.Feed(token); err != nil {
			t.Fatal(err)
		}
		x := byName["embedding.weight"].Value().Float32s()
		word := kernel.NewEventList(12)
		word.Of(x[token*12:][:12])
		add(Events{Units: word.At}, "rnn.0.kernel")
		add(s.Events(0), "rnn.1.kernel")
		if got := s.Last().MACs; got != want {
			t.Fatalf("%d multiply-accumulates, want %d", got, want)
		}
	}
}
