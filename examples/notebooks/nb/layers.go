package nb

import (
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// The layers, see package layers.
type (
	Param               = layers.Param
	Signal              = layers.Signal
	Run                 = layers.Run
	State               = layers.State
	Output              = layers.Output
	EGRU                = layers.EGRU
	EGRUConfig          = layers.EGRUConfig
	Linear              = layers.Linear
	LinearConfig        = layers.LinearConfig
	LanguageModel       = layers.LanguageModel
	LanguageModelConfig = layers.LanguageModelConfig
	Recurrent           = layers.Recurrent
	MeanPenaltyConfig   = ops.MeanPenaltyConfig
)

// The cells of a LanguageModel.
const (
	CellEGRU = layers.CellEGRU
	CellGRU  = layers.CellGRU
)

// NewParam makes a weight of a tensor.
func NewParam(name string, value *Tensor) *Param { return layers.NewParam(name, value) }

// NodeOf is the node of a weight in g: one for all that use it.
func NodeOf(g *Graph, p *Param) *Node { return must(p.Node(g)) }

// Size is how many numbers weights hold.
func Size(params []*Param) int { return layers.Size(params) }

// DefaultEGRU is a layer of event-based units.
func DefaultEGRU(inputs, hidden int) EGRUConfig { return layers.DefaultEGRU(inputs, hidden) }

// NewEGRU draws the weights of a layer.
func NewEGRU(name string, c EGRUConfig) *EGRU { return must(layers.NewEGRU(name, c)) }

// DefaultLinear is y = x W + b.
func DefaultLinear(inputs, outputs int) LinearConfig { return layers.DefaultLinear(inputs, outputs) }

// NewLinear draws the weights of a linear layer.
func NewLinear(name string, c LinearConfig) *Linear { return must(layers.NewLinear(name, c)) }

// DefaultLanguageModel is an embedding, EGRU layers and a decoder that shares its
// matrix with the embedding.
func DefaultLanguageModel(vocabulary, embed, hidden, count int) LanguageModelConfig {
	return layers.DefaultLanguageModel(vocabulary, embed, hidden, count)
}

// NewLanguageModel draws the weights of a language model.
func NewLanguageModel(c LanguageModelConfig) *LanguageModel { return must(layers.NewLanguageModel(c)) }
