package ops

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ contributing[float32] = gatedMatMul[float32]{}
	_ contributing[float32] = gatedMatMulLive[float32]{}
	_ routed[float32]       = productInput[float32]{}
)

// contribute adds y^T dout to the gradient of W.
func (gatedMatMul[F]) contribute(in G.Nodes, d *G.Node) (*G.Node, G.Nodes, error) {
	y, w, live := in[0], in[1], in[2:]
	ticket, err := ticketOfWeight[F](productWithWeight, y, d)
	if err != nil {
		return nil, nil, err
	}
	grads := make(G.Nodes, len(in))
	grads[0], err = applyOne(productInput[F]{live: len(live) > 0}, append([]*G.Node{w, d}, live...))
	return ticket, grads, err
}

// productInput is the gradient of y in a product: dout W^T, where live is not
// zero if there is one.
type productInput[F kernel.Float] struct {
	derived[F]
	live bool
}

func (p productInput[F]) String() string {
	return fmt.Sprintf("gradient of y in a product(live %v)", p.live)
}

func (p productInput[F]) operands() []operand {
	ops := []operand{{name: "W", rank: 2, fixed: true}, {name: "gradient", rank: anyRank, fixed: true}}
	if p.live {
		ops = append(ops, operand{name: "live", rank: anyRank, fixed: true})
	}
	return ops
}

func (p productInput[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	w, d := in[0], in[1]
	last := len(d) - 1
	if last < 0 || d[last] != w[1] {
		return nil, errors.Wrapf(ErrShape, "gradient has shape %v, want (..., %d) for W %v", d, w[1], w)
	}
	y := append(d[:last].Clone(), w[0])
	if p.live && !sameShape(in[2], y) {
		return nil, errors.Wrapf(ErrShape, "live has shape %v, want %v", in[2], y)
	}
	return y, nil
}

func (p productInput[F]) forward(in []array[F], out []F) error {
	var live []F
	if p.live {
		live = in[2].floats
	}
	gradientOfY(in[0], in[1].floats, live, out)
	return nil
}
