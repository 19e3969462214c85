package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// EmbeddingConfig holds the settings of an embedding. Start from
// DefaultEmbedding.
type EmbeddingConfig struct {
	Vocabulary, Size int          // V and I; the weight holds at most 2^31-1 numbers
	Limit            float64      // initial weights are uniform in (-Limit, Limit); default 0.1
	Dtype            tensor.Dtype // tensor.Float32 (default) or tensor.Float64
	Seed             uint64       // of the initial weights
}

// DefaultEmbedding has weights uniform in (-0.1, 0.1).
func DefaultEmbedding(vocabulary, size int) EmbeddingConfig {
	return EmbeddingConfig{Vocabulary: vocabulary, Size: size, Limit: 0.1, Dtype: tensor.Float32}
}

// Validate names every setting outside its domain.
func (c EmbeddingConfig) Validate() error {
	var bad checks
	bad.positive("Vocabulary", c.Vocabulary)
	bad.positive("Size", c.Size)
	bad.weight("weight", c.Vocabulary, c.Size)
	bad.scale("Limit", c.Limit)
	bad.dtype(c.Dtype)
	return bad.err("embedding")
}

// Embedding turns the ids of words into vectors.
type Embedding struct {
	name   string
	config EmbeddingConfig
	w      *Param
}

// NewEmbedding draws the weight name.weight (V, I).
func NewEmbedding(name string, config EmbeddingConfig) (*Embedding, error) {
	if err := checkName("embedding", name); err != nil {
		return nil, err
	}
	if err := config.Validate(); err != nil {
		return nil, errors.Wrap(err, name)
	}
	d := drawer{name, config.Dtype, config.Seed}
	return &Embedding{name, config, d.uniform("weight", config.Limit, config.Vocabulary, config.Size)}, nil
}

// Name is the prefix of the name of the weight.
func (l *Embedding) Name() string { return l.name }

// Weight is the matrix (V, I), a word a row.
func (l *Embedding) Weight() *Param { return l.w }

// Params is the one weight.
func (l *Embedding) Params() []*Param { return []*Param{l.w} }

// Run looks up ids, integers in 0..V-1 of any shape, which may change from run
// to run: (T, B) gives (T, B, I).
func (l *Embedding) Run(ids *G.Node) (Signal, error) {
	if ids == nil {
		return Signal{}, errors.Wrapf(ops.ErrNode, "%s: ids is nil", l.name)
	}
	w, err := l.w.Node(ids.Graph())
	if err != nil {
		return Signal{}, errors.Wrap(err, l.name)
	}
	x, err := ops.Embedding(w, ids)
	return Signal{X: x}, errors.Wrap(err, l.name)
}
