package exchange

import (
	"slices"

	"github.com/egru/egru/layers"
)

// languageModel is what a language model in an archive has around its layers.
type languageModel struct {
	vocabulary, embed        int
	units                    []int // of each layer
	embedding, decoder, bias weight
	tied                     bool // decoder and embedding are equal
}

// names are what another library calls the parts.
type names struct {
	embedding string
	decoders  []string // the first that is there, else the first
}

// takeLanguageModel reads all but the layers, whose units are known.
func takeLanguageModel(s *source, n names, vocabulary, embed int, units []int) languageModel {
	m := languageModel{vocabulary: vocabulary, embed: embed, units: units}
	m.embedding = s.take(n.embedding, vocabulary, embed)
	last := units[len(units)-1]
	decoder := n.decoders[0]
	for _, name := range n.decoders {
		if s.has(name+".weight") || s.has(name+".bias") {
			decoder = name
			break
		}
	}
	m.bias = s.or(decoder+".bias", vocabulary)
	if !s.has(decoder + ".weight") {
		m.tied = true
		if last != embed {
			s.wrong.addf("there is no %s.weight, and the embedding of size %d cannot stand in for it above %d units", decoder, embed, last)
		}
		return m
	}
	m.decoder = s.take(decoder+".weight", vocabulary, last)
	m.tied = last == embed && equal(m.embedding.numbers, m.decoder.numbers)
	return m
}

// equal compares numbers of one precision.
func equal(a, b any) bool {
	switch a := a.(type) {
	case []float32:
		b, ok := b.([]float32)
		return ok && slices.Equal(a, b)
	case []float64:
		b, ok := b.([]float64)
		return ok && slices.Equal(a, b)
	}
	return false
}

// configure adds to a config what the file says of sizes.
func (m languageModel) configure(c *layers.LanguageModelConfig) problems {
	var wrong problems
	c.Vocabulary, c.Embed, c.Layers, c.Tied = m.vocabulary, m.embed, len(m.units), m.tied
	hidden := m.units
	if m.tied {
		hidden = hidden[:len(hidden)-1] // the last has the size of the embedding
	}
	c.Hidden = m.embed
	for i, n := range hidden {
		if i == 0 {
			c.Hidden = n
		}
		if n != c.Hidden {
			what := "all"
			if m.tied {
				what = "all but the last"
			}
			wrong.addf("layers have %v units, want %s the same", m.units, what)
			break
		}
	}
	return wrong
}

// fits wants a model that can take what the file holds.
func (m languageModel) fits(to *layers.LanguageModel) problems {
	var wrong problems
	if to.Config().Tied && !m.tied {
		wrong.addf("the model ties its decoder to the embedding, the file has different weights for them")
	}
	return wrong
}

// fill plans to give a model what is around its layers.
func (m languageModel) fill(p *plan, to *layers.LanguageModel) {
	decoder := m.decoder
	if decoder.numbers == nil {
		decoder = m.embedding
	}
	for _, w := range to.Params() {
		switch w.Name() {
		case "embedding.weight":
			p.set(w, m.embedding, asItIs)
		case "decoder.weight":
			p.set(w, decoder, asItIs)
		case "decoder.bias":
			p.set(w, m.bias, asItIs)
		}
	}
}

// unitsOf are the units of a model's layers.
func unitsOf(m *layers.LanguageModel) []int {
	var units []int
	for _, l := range m.Stack().Layers() {
		units = append(units, l.Units())
	}
	return units
}

// layersOf are the layers of a model that has layers of one kind.
func layersOf[L layers.Recurrent](m *layers.LanguageModel) ([]L, problems) {
	var wrong problems
	if m == nil || m.Stack() == nil {
		wrong.addf("there is no model")
		return nil, wrong
	}
	var ls []L
	for _, l := range m.Stack().Layers() {
		of, ok := l.(L)
		if !ok {
			wrong.addf("%s is a %T, want a %T", l.Name(), l, of)
			continue
		}
		ls = append(ls, of)
	}
	return ls, wrong
}

func paramOf(m *layers.LanguageModel, name string) *layers.Param {
	for _, p := range m.Params() {
		if p.Name() == name {
			return p
		}
	}
	return nil
}
