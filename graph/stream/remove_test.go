package stream

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/egru/egru/layers"
)

// silenced is a model of which some units of every layer never send an event.
func silenced(cell string) (*layers.LanguageModel, [][]int) {
	m := small(cell).model()
	silent := [][]int{{0, 5, 6, 18}, {3, 11}}
	for _, p := range m.Params() {
		for i, units := range silent {
			if strings.HasPrefix(p.Name(), fmt.Sprintf("rnn.%d.threshold", i)) {
				for k := range p.Value().Float32s() {
					p.Value().Float32s()[k] = 0.01
				}
				for _, k := range units {
					p.Value().Float32s()[k] = 1 // which no state is above
				}
			}
		}
	}
	return m, silent
}

func TestSilentUnitsAreRemovedExactly(t *testing.T) {
	for _, cell := range []string{evnn, paper} {
		for name, c := range configs() {
			m, silent := silenced(cell)
			whole := must(New(Of(m), c))
			tokens := text(1, 500, 11)
			p := must(whole.Profile(tokens))
			c.Remove = p.Silent(0)
			for i, units := range silent {
				for _, k := range units {
					if !slices.Contains(c.Remove[i], k) {
						t.Fatalf("%s: %v are silent, want %v of layer %d among them", cell, c.Remove, units, i)
					}
				}
			}
			less := must(New(Of(m), c))
			if less.Units(0) != 19-len(c.Remove[0]) || less.Units(1) != 12-len(c.Remove[1]) || less.WeightBytes() >= whole.WeightBytes() {
				t.Errorf("%s: %d and %d units in %d bytes are left of 19 and 12 in %d", cell, less.Units(0), less.Units(1), less.WeightBytes(), whole.WeightBytes())
			}
			a, b := whole.NewStream(), less.NewStream()
			for i, token := range tokens {
				want, got := must(a.Step(token)), must(b.Step(token))
				if c.Precision == Float32 {
					if !sameNumbers(t, fmt.Sprintf("%s %s: step %d", cell, name, i), got, want) {
						return
					}
				}
				for layer := range 2 {
					var units []int32
					for _, k := range b.Events(layer).Units {
						units = append(units, int32(less.Kept(layer)[k]))
					}
					if c.Precision == Float32 && !slices.Equal(units, a.Events(layer).Units) {
						t.Fatalf("%s %s: events of %v, want %v", cell, name, units, a.Events(layer).Units)
					}
				}
			}
		}
	}
}

func TestUnitsThatCannotBeRemovedAreErrors(t *testing.T) {
	eg := small(evnn).model()
	for _, c := range []struct {
		name, says string
		model      Model
		remove     [][]int
	}{
		{"too many layers", "3 layers, the model has 2", Of(eg), [][]int{{}, {}, {}}},
		{"a unit that is not there", "unit 19 of rnn.0, want 0..18", Of(eg), [][]int{{19}}},
		{"a negative one", "unit -1", Of(eg), [][]int{{}, {-1}}},
		{"all", "leaves no unit of rnn.1", Of(eg), [][]int{{}, upTo(12)}},
		{"of a GRU", "GRU", Of(small(gru).model()), [][]int{{1}}},
		{"of the output", "output of the model", Model{Layers: eg.Stack().Layers()}, [][]int{{}, {1}}},
	} {
		config := DefaultConfig()
		config.Remove = c.remove
		_, err := New(c.model, config)
		wantError(t, c.name, err, ErrConfig, c.says)
	}
}

func TestProfilesCountWhatUnitsDo(t *testing.T) {
	c := DefaultConfig()
	c.TableBytes = 0
	e := must(New(Of(small(evnn).model()), c))
	p, s := e.NewProfile(), e.NewStream()
	events, squares := make([]int64, 19), make([]float64, 19)
	for _, token := range text(1, 50, 11) {
		must(s.Step(token))
		if err := p.Observe(s); err != nil {
			t.Fatal(err)
		}
		for k, y := range s.State().Layers[0].Y {
			if y != 0 {
				events[k]++
				squares[k] += float64(y) * float64(y)
			}
		}
	}
	if p.Steps != 50 || !slices.Equal(p.Layers[0].Events, events) || !slices.Equal(p.Layers[0].Squares, squares) {
		t.Errorf("the profile of 50 steps is %+v, want events %v and squares %v", p, events, squares)
	}
	if sum := p.Inputs[0]; !(sum > 0) || math.IsInf(sum, 0) {
		t.Errorf("the squares of the first input are %v", sum)
	}
	other := must(New(Of(small(evnn).model()), DefaultConfig())).NewStream()
	if err := p.Observe(other); err != nil {
		t.Errorf("a stream of an engine of as many units: %v", err)
	}
	big := small(evnn)
	big.H = 20
	wantError(t, "another model", p.Observe(must(New(Of(big.model()), c)).NewStream()), ErrConfig, "19 units in layer 0, want 20")
	wantError(t, "no stream", p.Observe(nil), ErrInput, "nil stream")
	_, err := e.Profile([]int{0, 11})
	wantError(t, "a token outside", err, ErrInput, "step 1")
	c.Profile, c.Precision = p, Int8
	_, err = New(Of(big.model()), c)
	wantError(t, "a profile of another model", err, ErrConfig, "19 units")
}
