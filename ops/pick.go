package ops

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ operation[float32] = pick[float32]{}
	_ sharing[float32]   = pick[float32]{}
)

// pick takes one part out of a flat vector:
//
//	out = flat[off : off+len(out)] in the shape of
//
// It copies, because Gorgonia overwrites values in place: a view handed on
// would let it overwrite the vector, which others read. The gradients in the
// vector of a backward op have one reader each, and nobody reads the vector as a
// whole: share hands on its memory.
type pick[F kernel.Float] struct {
	off   int
	of    tensor.Shape
	share bool
}

func (p pick[F]) String() string {
	if p.share {
		return fmt.Sprintf("share{%d %v}", p.off, p.of)
	}
	return fmt.Sprintf("pick{%d %v}", p.off, p.of)
}

func (p pick[F]) operands() []operand { return []operand{{name: "flat", rank: 1}} }

func (p pick[F]) shape(in []tensor.Shape) (tensor.Shape, error) { return p.of.Clone(), nil }

func (p pick[F]) part(flat []F) []F {
	end := p.off + p.of.TotalSize()
	return flat[p.off:end:end]
}

func (p pick[F]) shares() bool { return p.share }

func (p pick[F]) shared(in []array[F]) []F { return p.part(in[0].floats) }

func (p pick[F]) forward(in []array[F], out []F) error {
	kernel.Copy(out, p.part(in[0].floats))
	return nil
}

func (pick[F]) fills() bool { return true }

func (p pick[F]) backward(_ []array[F], _, grad []F, into [][]F) error {
	addInBlocks(p.part(into[0]), grad)
	return nil
}

// addInBlocks adds src to dst in parallel.
func addInBlocks[F kernel.Float](dst, src []F) {
	kernel.Parallel(len(dst), elementBlock, func(lo, hi int) { kernel.Axpy(1, src[lo:hi], dst[lo:hi]) })
}
