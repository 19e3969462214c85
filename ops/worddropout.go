package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/random"
	"github.com/egru/egru/internal/rowmajor"
)

var _ operation[float32] = wordDropout[float32]{}

// WordDropoutConfig holds the settings of WordDropout.
type WordDropoutConfig struct {
	P      float64 // probability that a word is dropped, in [0, 1). With 0 the op copies x
	Stream string  // names the random stream, as in DropoutConfig
}

// WordDropout drops words at random, each with all its occurrences, and scales
// the vectors of the others up, so that their mean stays:
//
//	y[..., :]  = x[..., :]  * mask[ids[...]] / (1-P),  mask ~ Bernoulli(1-P) for each word
//	dx[..., :] = dy[..., :] * mask[ids[...]] / (1-P)
//
// x is (..., E), the vectors of the words ids (...), such as (T, B, E) and
// (T, B). It is as if rows of the embedding's matrix were dropped. The mask is
// never made: that of word v is drawn at position v of the stream, where v
// occurs. key and the way it is drawn are those of Dropout; one stream and P
// give the mask of a Dropout over a vector of all words. A dropped vector gives
// 0 whatever it was.
//
// Nil nodes, or nodes of different graphs, give ErrNode; other shapes or an
// empty axis ErrShape; other dtypes ErrDtype; P outside [0, 1) ErrConfig. An id
// below 0 stops the run with ErrIndex.
//
// Source: Gal and Ghahramani, "A Theoretically Grounded Application of Dropout
// in Recurrent Neural Networks", NeurIPS 2016, section 4.2; Merity et al.,
// "Regularizing and Optimizing LSTM Language Models", ICLR 2018, section 4.3.
func WordDropout(x, ids, key *G.Node, cfg WordDropoutConfig) (*G.Node, error) {
	if !(cfg.P >= 0 && cfg.P < 1) {
		return nil, errors.Wrapf(ErrConfig, "WordDropout: P is %v, want 0 <= P < 1", cfg.P)
	}
	return apply(wordDropout[float32]{cfg}, wordDropout[float64]{cfg}, x, ids, key)
}

type wordDropout[F kernel.Float] struct {
	WordDropoutConfig
}

func (d wordDropout[F]) String() string {
	return fmt.Sprintf("WordDropout(P=%v, stream=%q)", d.P, d.Stream)
}

func (wordDropout[F]) operands() []operand {
	return []operand{{name: "x", rank: anyRank}, {name: "ids", rank: anyRank, index: true}, keyOperand}
}

func (wordDropout[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	x, ids := in[0], in[1]
	if n := len(ids); n == 0 || len(x) != n+1 || !sameShape(x[:n], ids) {
		return nil, errors.Wrapf(ErrShape, "ids has shape %v, want one axis or more, and one id for each vector of x %v", ids, x)
	}
	return x.Clone(), keyShape(in[2])
}

func (d wordDropout[F]) forward(in []array[F], out []F) error {
	return d.masked(in, in[0].floats, out)
}

func (d wordDropout[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	return d.masked(in, grad, into[0])
}

// masked adds from * mask / (1-P) to to.
func (d wordDropout[F]) masked(in []array[F], from, to []F) error {
	ids := in[1].index
	for i, v := range ids {
		if v < 0 {
			return errors.Wrapf(ErrIndex, "ids%v is %d, want at least 0", rowmajor.Coordinates(in[1].shape, i), v)
		}
	}
	E := in[0].shape[len(in[0].shape)-1]
	src, dst := matrix(from, E), matrix(to, E)
	stream := streamOf(in[2], d.Stream)
	keep, scale := 1-d.P, F(1/(1-d.P))
	kernel.Parallel(len(ids), max(1, elementBlock/E), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if random.Happens(stream.Word(uint64(ids[i])), keep) {
				kernel.Axpy(scale, src.Row(i), dst.Row(i))
			}
		}
	})
	return nil
}
