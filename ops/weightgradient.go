package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ routed[float32]      = weightGradient[float32]{}
	_ overwriting[float32] = weightGradient[float32]{}
)

// weightGradient is the gradient of W from those of its uses:
//
//	dW = sum of whole gradients + sum of y^T dout + sum of dx at the rows of ids
//
// in this order, in the memory of the first whole gradient if there is one. Its
// inputs are those gradients, pairs of y and dout, pairs of ids and dx, and the sum
// of the tickets, which read a whole gradient too: once that is there nobody does.
type weightGradient[F kernel.Float] struct {
	derived[F]
	of   tensor.Shape
	uses [contributions]int
}

func (g weightGradient[F]) String() string {
	return fmt.Sprintf("gradient of W %v in %d whole gradients, %d products, %d lookups",
		g.of, g.uses[wholeWeight], g.uses[productWithWeight], g.uses[rowsOfWeight])
}

func (g weightGradient[F]) operands() []operand {
	var ops []operand
	for i := range g.uses[wholeWeight] {
		ops = append(ops, operand{name: fmt.Sprintf("whole gradient %d", i), rank: 2, fixed: true})
	}
	for i := range g.uses[productWithWeight] {
		ops = append(ops,
			operand{name: fmt.Sprintf("y of product %d", i), rank: anyRank, fixed: true},
			operand{name: fmt.Sprintf("gradient of product %d", i), rank: anyRank, fixed: true})
	}
	for i := range g.uses[rowsOfWeight] {
		ops = append(ops,
			operand{name: fmt.Sprintf("ids of lookup %d", i), rank: anyRank, index: true},
			operand{name: fmt.Sprintf("gradient of lookup %d", i), rank: anyRank, fixed: true})
	}
	return append(ops, operand{name: "tickets", rank: 0, fixed: true})
}

// usesIn cuts what there is for each input into whole gradients and pairs.
func usesIn[T any](uses [contributions]int, in []T) (whole, products, lookups []T) {
	first := uses[wholeWeight]
	second := first + 2*uses[productWithWeight]
	return in[:first], in[first:second], in[second : len(in)-1]
}

func (g weightGradient[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	whole, products, lookups := usesIn(g.uses, in)
	for i, s := range whole {
		if !sameShape(s, g.of) {
			return nil, errors.Wrapf(ErrShape, "whole gradient %d has shape %v, want %v", i, s, g.of)
		}
	}
	for i := 0; i < len(products); i += 2 {
		y, d := products[i], products[i+1]
		last := len(y) - 1
		if last < 0 || len(d) != len(y) || !sameShape(y[:last], d[:last]) || y[last] != g.of[0] || d[last] != g.of[1] {
			return nil, errors.Wrapf(ErrShape, "product %d: y has shape %v and its gradient %v, want (..., %d) and (..., %d)", i/2, y, d, g.of[0], g.of[1])
		}
	}
	for i := 0; i < len(lookups); i += 2 {
		ids, d := lookups[i], lookups[i+1]
		if want := append(ids.Clone(), g.of[1]); !sameShape(d, want) {
			return nil, errors.Wrapf(ErrShape, "lookup %d: gradient has shape %v, want %v for ids %v", i/2, d, want, ids)
		}
	}
	return g.of.Clone(), nil
}

func (g weightGradient[F]) forward(in []array[F], out []F) error {
	if g.overwrites() {
		kernel.Copy(out, in[0].floats)
	}
	return g.onto(in, out)
}

func (g weightGradient[F]) overwrites() bool { return g.uses[wholeWeight] > 0 }

func (g weightGradient[F]) onto(in []array[F], out []F) error {
	whole, products, lookups := usesIn(g.uses, in)
	for i := 1; i < len(whole); i++ {
		addInBlocks(out, whole[i].floats)
	}
	for i := 0; i < len(products); i += 2 {
		kernel.GatedT(matrix(out, g.of[1]), rowsOf(products[i]), rowsOf(products[i+1]))
	}
	for i := 0; i < len(lookups); i += 2 {
		if err := addRows(out, g.of, lookups[i], lookups[i+1].floats); err != nil {
			return err
		}
	}
	return nil
}
