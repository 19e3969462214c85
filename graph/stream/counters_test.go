package stream

import (
	"math"
	"testing"

	"github.com/egru/egru/layers"
)

// The graph counts the same work, from the same zeros.
func TestCountersAreThoseOfTheGraph(t *testing.T) {
	const steps = 100
	for _, cell := range cells {
		m := small(cell).model()
		c := DefaultConfig()
		c.TableBytes = 0
		s := must(New(Of(m), c)).NewStream()
		tokens := text(1, steps+1, 11)
		graphed(m, tokens, 50, func(int, []float32) {})
		for _, token := range tokens[:steps] {
			must(s.Step(token))
		}
		var units, events, macs, dense int64
		for i, meter := range m.Meters() {
			n := meter.Counts()
			macs, dense = macs+n.ForwardMACs, dense+n.DenseForwardMACs
			if i < 2 {
				units, events = units+n.Units, events+n.Events
			}
		}
		got := s.Counters()
		if got.Steps != steps || got.Units != units || got.Events != events || got.MACs != macs || got.DenseMACs != dense {
			t.Errorf("%s: %+v, in the graph %d units, %d events, %d of %d multiply-accumulates", cell, got, units, events, macs, dense)
		}
		// Each weight that is multiplied by is read, and so is a row of the embedding.
		if want := 4 * (macs + steps*12); got.WeightBytes != want {
			t.Errorf("%s: %d bytes of weights, want %d", cell, got.WeightBytes, want)
		}
		if want := 4 * (dense + steps*12); got.DenseWeightBytes != want {
			t.Errorf("%s: %d bytes of dense weights, want %d", cell, got.DenseWeightBytes, want)
		}
	}
}

// By hand, for a layer of 2 units on 3 inputs.
func TestCountersOfOneStep(t *testing.T) {
	l := must(layers.NewEGRU("rnn", layers.DefaultEGRU(3, 2)))
	for _, p := range l.Params() {
		for i := range p.Value().Float32s() {
			p.Value().Float32s()[i] = 0.5
		}
	}
	m := Model{Layers: []layers.Recurrent{l}}.WithLinear(must(layers.NewLinear("out", layers.DefaultLinear(2, 5))))
	s := must(New(m, DefaultConfig())).NewStream()
	if err := s.FeedVector([]float32{4, 0, 4}); err != nil {
		t.Fatal(err)
	}
	// Two inputs meet 6 columns; no unit had sent an event before. The state is
	// below the threshold of 0.5: the update gate is almost 1.
	want := Counters{Steps: 1, Units: 2, MACs: 12, DenseMACs: 30, Adds: 4, UnitMACs: 8, WeightBytes: 48, DenseWeightBytes: 120}
	if s.Last() != want || s.Counters() != want {
		t.Errorf("got %+v, want %+v", s.Last(), want)
	}
	s.Output()
	s.Output()
	want.DenseMACs, want.DenseWeightBytes = 40, 160
	if s.Last() != want || s.Counters() != want {
		t.Errorf("with the output: got %+v, want %+v", s.Last(), want)
	}
}

func TestATableTakesTheProductsOfTokens(t *testing.T) {
	m := small(gru).model()
	c := DefaultConfig()
	with := must(New(Of(m), c))
	c.TableBytes = with.TableBytes()
	same := must(New(Of(m), c))
	c.TableBytes--
	without := must(New(Of(m), c))
	if with.TableBytes() != 12*11*19 || same.TableBytes() != with.TableBytes() || without.TableBytes() != 0 {
		t.Errorf("tables take %d, %d and %d bytes, want %d, as many, and none", with.TableBytes(), same.TableBytes(), without.TableBytes(), 12*11*19)
	}
	a, b := with.NewStream(), without.NewStream()
	must(a.Step(3))
	must(b.Step(3))
	if saved := b.Last().MACs - a.Last().MACs; saved != 12*3*19 {
		t.Errorf("a table saves %d multiply-accumulates, want %d", saved, 12*3*19)
	}
	if a.Last().DenseMACs != b.Last().DenseMACs {
		t.Errorf("the dense work is %d with a table, %d without", a.Last().DenseMACs, b.Last().DenseMACs)
	}
}

func TestEnergyIsTheSumOfItsCosts(t *testing.T) {
	c := Counters{MACs: 10, DenseMACs: 100, Adds: 7, UnitMACs: 3, WeightBytes: 40, DenseWeightBytes: 400}
	costs := DefaultCosts()
	if got, want := c.Energy(costs), 13*4.6+7*0.9; math.Abs(got-want) > 1e-9 {
		t.Errorf("energy is %v pJ, want %v", got, want)
	}
	costs.WeightByte = 2
	if got, want := c.Energy(costs), 13*4.6+7*0.9+80; math.Abs(got-want) > 1e-9 {
		t.Errorf("with reading, energy is %v pJ, want %v", got, want)
	}
	if got, want := c.DenseEnergy(costs), 103*4.6+7*0.9+800; math.Abs(got-want) > 1e-9 {
		t.Errorf("dense, energy is %v pJ, want %v", got, want)
	}
	for _, bad := range []Costs{{MAC: -1}, {Add: math.NaN()}, {WeightByte: math.Inf(1)}} {
		wantError(t, "costs", bad.Validate(), ErrConfig, "pJ")
	}
	if err := costs.Validate(); err != nil {
		t.Error(err)
	}
	if (Counters{}).Activity() != 0 || (Counters{Units: 4, Events: 1}).Activity() != 0.25 {
		t.Error("activity is not the share of outputs that are not zero")
	}
}
