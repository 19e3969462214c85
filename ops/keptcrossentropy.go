package ops

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ operation[float32] = keptCrossEntropy[float32]{}
	_ sharing[float32]   = keptCrossEntropy[float32]{}
	_ replacing[float32] = keptCrossEntropy[float32]{}
)

// keptCrossEntropy are the outputs of a softmaxCrossEntropy that keeps its logits,
// in the memory of its flat value, and take their gradient past the logits to the
// inputs: one as long as the flat value would double the memory. Nodes that read
// them copy what they read and write to nothing.
type keptCrossEntropy[F kernel.Float] struct{ of softmaxCrossEntropy[F] }

func (k keptCrossEntropy[F]) String() string { return fmt.Sprintf("outputs of %v", k.of) }

// operands are the flat value and then those of the cross-entropy.
func (k keptCrossEntropy[F]) operands() []operand {
	k.of.keep = false
	return append([]operand{{name: "cross-entropy", rank: 1, fixed: true}}, k.of.operands()...)
}

func (k keptCrossEntropy[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	k.of.keep = false
	return k.of.shape(in[1:])
}

func (k keptCrossEntropy[F]) forward(in []array[F], out []F) error {
	copy(out, in[0].floats)
	return nil
}

func (keptCrossEntropy[F]) shares() bool { return true }

func (k keptCrossEntropy[F]) shared(in []array[F]) []F {
	head := 1 + 2*len(in[3].index)
	return in[0].floats[:head:head]
}

func (k keptCrossEntropy[F]) backward(in []array[F], out, grad []F, into [][]F) error {
	return k.of.gradients(in[1:], out, in[0].floats[len(out):], grad, into[1:], false)
}

func (k keptCrossEntropy[F]) replace(in []array[F], out, grad []F, into [][]F) error {
	return k.of.gradients(in[1:], out, in[0].floats[len(out):], grad, into[1:], true)
}
