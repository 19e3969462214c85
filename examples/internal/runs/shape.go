package runs

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// The largest sizes, far above what these programs are for. A file cannot make
// them take memory beyond these.
const (
	MaxWords  = 10_000_000
	MaxLayers = 100
	MaxUnits  = 1 << 15
)

// Shape is what the outputs of a trained model depend on, beside its weights.
type Shape struct {
	Layers int       `json:"layers"`
	Hidden int       `json:"hidden"` // units of each layer but the last
	Embed  int       `json:"embed"`  // of word vectors, and units of the last layer
	EGRU   EGRUShape `json:"egru"`
	GRU    GRUShape  `json:"gru"`
}

// EGRUShape is that of the EGRU layers.
type EGRUShape struct {
	Variant   string  `json:"variant"`
	Zoneout   float64 `json:"zoneout"`
	Gain      float64 `json:"gain"` // where it is not learned
	LearnGain bool    `json:"learn_gain"`
}

// GRUShape is that of the GRU layers.
type GRUShape struct {
	Zoneout float64 `json:"zoneout"`
}

// Validate names the first size outside its domain.
func (s Shape) Validate() error {
	for _, n := range []struct {
		name    string
		n, most int
	}{{"layers", s.Layers, MaxLayers}, {"hidden", s.Hidden, MaxUnits}, {"embed", s.Embed, MaxUnits}} {
		if n.n < 1 || n.n > n.most {
			return errors.Errorf("%s is %d, want 1 to %d", n.name, n.n, n.most)
		}
	}
	if _, err := ops.ParseVariant(s.EGRU.Variant); err != nil {
		return errors.Errorf("variant is %q, want evnn or paper", s.EGRU.Variant)
	}
	return nil
}

// Model is the configuration of the model of a cell.
func (s Shape) Model(cell string, vocabulary int) layers.LanguageModelConfig {
	m := layers.DefaultLanguageModel(vocabulary, s.Embed, s.Hidden, s.Layers)
	m.Cell = cell
	m.EGRU.Variant, _ = ops.ParseVariant(s.EGRU.Variant) // Validate reports it
	m.EGRU.Zoneout = s.EGRU.Zoneout
	m.EGRU.OutputGain, m.EGRU.LearnGain = s.EGRU.Gain, s.EGRU.LearnGain
	m.GRU.Zoneout = s.GRU.Zoneout
	return m
}

// Parameters is how many numbers a model of a cell has.
func (s Shape) Parameters(cell string, vocabulary int) int {
	n := vocabulary*s.Embed + vocabulary
	inputs := s.Embed
	for i := range s.Layers {
		units := s.Hidden
		if i == s.Layers-1 {
			units = s.Embed
		}
		n += 3 * units * (inputs + units + 1) // kernels and bias
		if cell == layers.CellGRU || s.EGRU.Variant == ops.EvNN.String() {
			n += 3 * units // recurrent bias
		}
		if cell == layers.CellEGRU {
			n += units // thresholds
			if s.EGRU.LearnGain {
				n += units
			}
		}
		inputs = units
	}
	return n
}
