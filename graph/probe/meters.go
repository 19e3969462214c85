package probe

import (
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// Meters are the meters of a model. Nil ones are passed over.
type Meters struct {
	// Layers are those of the recurrent layers.
	Layers []*ops.Meter

	// Products are those of products beside the layers, such as a decoder's.
	// Their work counts, but the units and events they tell of are their
	// input's, which its layer has counted: they have no part in the mean
	// activity.
	Products []*ops.Meter
}

// LanguageModel gives the meters of a language model: its layers and, as a
// product, its decoder.
func LanguageModel(m *layers.LanguageModel) Meters {
	all, n := m.Meters(), len(m.Stack().Meters())
	return Meters{Layers: all[:n], Products: all[n:]}
}

// Read is what the meters say now.
func (m Meters) Read() Counts {
	return Counts{Layers: read(m.Layers), Products: read(m.Products)}
}

func read(meters []*ops.Meter) []Count {
	var cs []Count
	for _, m := range meters {
		if m != nil {
			cs = append(cs, Count{m.Name(), m.Counts()})
		}
	}
	return cs
}

// Reset sets the meters to zero. Where another reader may be counting with
// them, take differences with Counts.Since instead.
func (m Meters) Reset() {
	for _, ms := range [][]*ops.Meter{m.Layers, m.Products} {
		for _, m := range ms {
			m.Reset()
		}
	}
}
