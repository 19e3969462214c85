package prune

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/egru/egru/layers"
)

// LanguageModel makes a model without the units that have no events, by the counts
// of Events, as far as a LanguageModelConfig can say it. It has one width for all
// layers but the last of a tied model, which is as wide as the embedding and keeps
// all its units. So the others come to the width of the layer with the most active
// units, at least one, and those with fewer keep some silent ones, the first.
//
// A model of GRUs or a nil one gives ErrModel; counts of other numbers of layers or
// units ErrUnits.
func LanguageModel(m *layers.LanguageModel, events [][]int) (*layers.LanguageModel, error) {
	if err := eventBased(m); err != nil {
		return nil, err
	}
	stack := m.Stack().Layers()
	if len(events) != len(stack) {
		return nil, errors.Wrapf(ErrUnits, "events of %d layers, want %d", len(events), len(stack))
	}
	width := 1
	for i, l := range stack {
		if len(events[i]) != l.Units() {
			return nil, errors.Wrapf(ErrUnits, "events of %d units of %s, want %d", len(events[i]), l.Name(), l.Units())
		}
		if isNarrowed(m, i) {
			width = max(width, len(Active(events[i])))
		}
	}
	c := m.Config()
	if isNarrowed(m, 0) {
		c.Hidden = width
	}
	small, err := layers.NewLanguageModel(c)
	if err != nil {
		return nil, err
	}
	inputs := upTo(c.Embed)
	for i, l := range stack {
		units := upTo(l.Units())
		if isNarrowed(m, i) {
			units = widest(events[i], width)
		}
		of, err := EGRU(l.(*layers.EGRU), inputs, units)
		if err != nil {
			return nil, err
		}
		for j, p := range small.Stack().Layers()[i].Params() {
			copyAll(p, of.Params()[j])
		}
		inputs = units
	}
	around(small, m, inputs)
	return small, nil
}

// isNarrowed says whether a layer can have fewer units.
func isNarrowed(m *layers.LanguageModel, layer int) bool {
	return !m.Config().Tied || layer < len(m.Stack().Layers())-1
}

// widest are the active units, with as many silent ones as make up a width.
func widest(events []int, width int) []int {
	units := Active(events)
	for unit, n := range events {
		if n == 0 && len(units) < width {
			units = append(units, unit)
		}
	}
	slices.Sort(units)
	return units
}

// around copies the weights that are not of the layers. Of a decoder of its own
// (V, H) it takes the columns of the units of the last layer.
func around(to, from *layers.LanguageModel, units []int) {
	in := map[string]bool{}
	for _, p := range from.Stack().Params() {
		in[p.Name()] = true
	}
	others := map[string]*layers.Param{}
	for _, p := range from.Params() {
		if !in[p.Name()] {
			others[p.Name()] = p
		}
	}
	for _, p := range to.Params() {
		switch source := others[p.Name()]; {
		case source == nil: // of a layer
		case p.Name() == "decoder.weight":
			pick(p, source, upTo(source.Value().Shape()[0]), units)
		default:
			copyAll(p, source)
		}
	}
}

func copyAll(to, from *layers.Param) {
	shape := from.Value().Shape()
	rows := 1
	if shape.Dims() == 2 {
		rows = shape[0]
	}
	pick(to, from, upTo(rows), upTo(shape[shape.Dims()-1]))
}
