package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/pool"
	"github.com/egru/egru/internal/random"
)

var _ operation[float32] = dropout[float32]{}

// DropoutConfig holds the settings of Dropout.
type DropoutConfig struct {
	// P is the probability of a zero, in [0, 1). With 0 the op copies x.
	P float64

	// Variational shares one mask over the first axis of x, which is time.
	// Default false: every number is drawn.
	Variational bool

	// Stream names the random stream. Two dropouts of one key and stream draw
	// the same mask; give each a name of its own.
	Stream string
}

// Dropout sets numbers to zero at random and scales the others up, so that
// their mean stays:
//
//	y = x * mask / (1-P),  dx = dy * mask / (1-P),  mask ~ Bernoulli(1-P)
//
// x and y are (T, ...). key is a vector of two tensor.Int, a seed and the step of
// training; change the step by gorgonia.Let for another mask. The mask is a
// function of key, stream and position alone: forward and backward draw the same
// one, on any number of threads and any machine. A dropped number gives 0
// whatever it was.
//
// Nil nodes, or nodes of different graphs, give ErrNode; other shapes or an
// empty axis ErrShape; other dtypes ErrDtype; P outside [0, 1), or Variational
// without an axis to share over, ErrConfig.
//
// Source: Srivastava et al., "Dropout", JMLR 2014; variational: Gal and
// Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent
// Neural Networks", NeurIPS 2016.
func Dropout(x, key *G.Node, cfg DropoutConfig) (*G.Node, error) {
	if !(cfg.P >= 0 && cfg.P < 1) {
		return nil, errors.Wrapf(ErrConfig, "Dropout: P is %v, want 0 <= P < 1", cfg.P)
	}
	return apply(dropout[float32]{cfg}, dropout[float64]{cfg}, x, key)
}

type dropout[F kernel.Float] struct {
	DropoutConfig
}

func (d dropout[F]) String() string {
	s := fmt.Sprintf("Dropout(P=%v, stream=%q", d.P, d.Stream)
	if d.Variational {
		s += ", variational"
	}
	return s + ")"
}

func (dropout[F]) operands() []operand {
	return []operand{{name: "x", rank: anyRank}, keyOperand}
}

func (d dropout[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	if d.Variational && len(in[0]) == 0 {
		return nil, errors.Wrapf(ErrConfig, "x has shape %v, without an axis to share a variational mask over", in[0])
	}
	return in[0].Clone(), keyShape(in[1])
}

func (d dropout[F]) forward(in []array[F], out []F) error {
	d.masked(in, in[0].floats, out)
	return nil
}

func (d dropout[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	d.masked(in, grad, into[0])
	return nil
}

// masked adds from * mask / (1-P) to to.
func (d dropout[F]) masked(in []array[F], from, to []F) {
	steps := 1
	if d.Variational {
		steps = in[0].shape[0]
	}
	n := len(from) / steps
	stream := streamOf(in[1], d.Stream)
	kernel.Parallel(n, elementBlock, func(lo, hi int) {
		mask, _ := pool.Take[F](hi - lo)
		defer pool.Give(mask)
		kernel.Bernoulli(stream, mask, lo, 1-d.P, F(1/(1-d.P)))
		for t := range steps {
			kernel.AddKept(to[t*n+lo:t*n+hi], from[t*n+lo:], mask)
		}
	})
}

// keyOperand is the key of an op that draws random numbers: seed and step.
var keyOperand = operand{name: "key", rank: 1, index: true}

func keyShape(key tensor.Shape) error {
	if key[0] != 2 {
		return errors.Wrapf(ErrShape, "key has shape %v, want (2): seed and step", key)
	}
	return nil
}

func streamOf[F kernel.Float](key array[F], name string) random.Stream {
	return random.NewStream(uint64(key.index[0]), uint64(key.index[1]), name)
}
