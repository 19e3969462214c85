package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/ops/surrogate"
)

var _ operation[float32] = live[float32]{}

// Live says where a gradient can pass an Event of the same inputs:
//
//	live = 1 where Theta(v) = 1 or s(v) != 0, else 0;  v = c - thr
//
// For a surrogate.Smoothed it is 1 where the antiderivative or s(v) is not zero.
//
// c is (..., H), thr (H), live (..., H). It has no gradient itself. It is made
// for GatedMatMulLive, and its errors are those of Event.
func Live(c, thr *G.Node, s surrogate.Surrogate) (*G.Node, error) {
	if err := validate(s); err != nil {
		return nil, errors.Wrap(err, "Live")
	}
	return apply(live[float32]{s}, live[float64]{s}, c, thr)
}

type live[F kernel.Float] struct {
	surrogate surrogate.Surrogate
}

func (l live[F]) String() string { return fmt.Sprintf("Live(%v)", l.surrogate) }

func (live[F]) operands() []operand {
	return []operand{{name: "c", rank: anyRank, fixed: true}, {name: "thr", rank: 1, fixed: true}}
}

func (live[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	return overThreshold(in[0], in[1])
}

func (l live[F]) forward(in []array[F], out []F) error {
	v, err := distances(in[0], in[1])
	if err != nil {
		return err
	}
	kernel.Parallel(len(v), elementBlock, func(lo, hi int) {
		surrogate.Derivatives(l.surrogate, out[lo:hi], v[lo:hi])
		steps(l.surrogate, v[lo:hi], v[lo:hi])
		for i := lo; i < hi; i++ {
			if v[i] != 0 || out[i] != 0 {
				out[i] = 1
			}
		}
	})
	return nil
}

func (live[F]) backward([]array[F], []F, []F, [][]F) error { return nil }
