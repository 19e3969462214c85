package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = mask[float32]{}

// MaskConfig holds the settings of Mask.
type MaskConfig struct {
	Shape  tensor.Shape // of the mask
	Keep   float64      // probability of a one, in [0, 1]
	Scale  bool         // 1/Keep in place of 1, so that the mean is 1; default false
	Stream string       // names the random stream, as in DropoutConfig
}

// Mask is a node of random zeros and ones:
//
//	mask ~ Bernoulli(Keep), times 1/Keep with Scale
//
// of dtype float32 or float64. It has no gradient, and multiplies what it is put
// to: the recurrent weights for DropConnect, the state for zoneout. key and the
// way it is drawn are those of Dropout: one stream and Keep = 1-P give the mask
// of a Dropout that is not variational.
//
// A nil key gives ErrNode; another shape of key, or an empty axis of the mask,
// ErrShape; other dtypes ErrDtype; Keep outside [0, 1], or 0 with Scale,
// ErrConfig.
func Mask(key *G.Node, of tensor.Dtype, cfg MaskConfig) (*G.Node, error) {
	if !(cfg.Keep >= 0 && cfg.Keep <= 1) || cfg.Scale && cfg.Keep == 0 {
		return nil, errors.Wrapf(ErrConfig, "Mask: Keep is %v with Scale %v, want 0 <= Keep <= 1, and above 0 to scale", cfg.Keep, cfg.Scale)
	}
	for _, n := range cfg.Shape {
		if n <= 0 {
			return nil, errors.Wrapf(ErrShape, "Mask: Shape is %v, with an empty axis", cfg.Shape)
		}
	}
	cfg.Shape = cfg.Shape.Clone()
	if _, err := inputDtype(mask[float32]{cfg}, key); err != nil {
		return nil, err
	}
	switch of {
	case tensor.Float32:
		return applyOne(mask[float32]{cfg}, []*G.Node{key})
	case tensor.Float64:
		return applyOne(mask[float64]{cfg}, []*G.Node{key})
	}
	return nil, errors.Wrapf(ErrDtype, "Mask: dtype is %v, want float32 or float64", of)
}

type mask[F kernel.Float] struct {
	MaskConfig
}

func (m mask[F]) String() string {
	s := fmt.Sprintf("Mask(%v, keep=%v, stream=%q", m.Shape, m.Keep, m.Stream)
	if m.Scale {
		s += ", scaled"
	}
	return s + ")"
}

func (mask[F]) operands() []operand { return []operand{keyOperand} }

func (m mask[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	return m.Shape.Clone(), keyShape(in[0])
}

func (m mask[F]) forward(in []array[F], out []F) error {
	one := F(1)
	if m.Scale {
		one = F(1 / m.Keep)
	}
	stream := streamOf(in[0], m.Stream)
	kernel.Parallel(len(out), elementBlock, func(lo, hi int) {
		kernel.Bernoulli(stream, out[lo:hi], lo, m.Keep, one)
	})
	return nil
}

func (mask[F]) backward([]array[F], []F, []F, [][]F) error { return nil }
