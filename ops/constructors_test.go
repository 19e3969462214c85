package ops

import (
	"encoding/binary"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

// constructors make a node of up to three inputs and some numbers.
var constructors = []func(in [3]*G.Node, s surrogate.Surrogate, p float64, n int, shape tensor.Shape) (*G.Node, error){
	func(in [3]*G.Node, s surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return Heaviside(in[0], s)
	},
	func(in [3]*G.Node, s surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return Event(in[0], in[1], s)
	},
	func(in [3]*G.Node, s surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return Live(in[0], in[1], s)
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return GatedMatMul(in[0], in[1])
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return GatedMatMulLive(in[0], in[1], in[2])
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return Embedding(in[0], in[1])
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, p float64, n int, _ tensor.Shape) (*G.Node, error) {
		return Dropout(in[0], in[1], DropoutConfig{P: p, Variational: n%2 == 0})
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, p float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return WordDropout(in[0], in[1], in[2], WordDropoutConfig{P: p})
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, p float64, n int, _ tensor.Shape) (*G.Node, error) {
		return MeanPenalty(in[0], MeanPenaltyConfig{Weight: p, Target: float64(n)})
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, p float64, n int, shape tensor.Shape) (*G.Node, error) {
		return Mask(in[0], fuzzDtypes[uint8(n)%uint8(len(fuzzDtypes))], MaskConfig{Shape: shape, Keep: p, Scale: n%2 == 0})
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, _ int, shape tensor.Shape) (*G.Node, error) {
		return Reshape(in[0], shape)
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, n int, _ tensor.Shape) (*G.Node, error) {
		return TimeSlice(in[0], n)
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, n int, _ tensor.Shape) (*G.Node, error) {
		return TimeStack(in[:uint8(n)%4]...)
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return AddBias(in[0], in[1])
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return Gain(in[0], in[1])
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, n int, _ tensor.Shape) (*G.Node, error) {
		c, err := SoftmaxCrossEntropy(CrossEntropyInputs{Y: in[0], W: in[1], Targets: in[2]}, SoftmaxCrossEntropyConfig{KeepLogits: n})
		if err != nil {
			return nil, err
		}
		return c.Loss()
	},
	func(in [3]*G.Node, s surrogate.Surrogate, _ float64, n int, _ tensor.Shape) (*G.Node, error) {
		c := DefaultEGRU()
		c.Surrogate = s
		return outputOf(EGRU(EGRUInputs{X: in[0], W: in[1], R: in[2], Bx: in[n&1], Thr: in[1+n>>1&1]}, c))
	},
	func(in [3]*G.Node, _ surrogate.Surrogate, _ float64, _ int, _ tensor.Shape) (*G.Node, error) {
		return outputOf(GRU(GRUInputs{X: in[0], W: in[1], R: in[2]}, GRUConfig{}))
	},
}

func outputOf(s *Sequence, err error) (*G.Node, error) {
	if err != nil {
		return nil, err
	}
	return s.Y()
}

var fuzzDtypes = []tensor.Dtype{tensor.Float32, tensor.Float64, tensor.Int, tensor.Bool, tensor.String}

// FuzzConstructors builds every op of any inputs: it must give a node or an
// error, never panic, and the node must run or say why not.
func FuzzConstructors(f *testing.F) {
	for op := range constructors {
		f.Add(uint8(op), []byte{2, 3, 2, 0, 1, 2, 0, 2, 3, 2, 0}, 0.5, 1)
		f.Add(uint8(op), []byte{3, 2, 3, 2, 1, 1, 2, 1, 3, 2, 3, 2, 1}, 0.25, 0)
		f.Add(uint8(op), []byte{3, 2, 3, 2, 0, 2, 2, 3, 2, 1, 2, 2}, 0.5, 0)
		f.Add(uint8(op), []byte{2, 2, 2, 0, 2, 2, 2, 0, 2, 2, 2, 0}, -1.0, -1)
		f.Add(uint8(op), []byte{2, 3, 2, 0, 1, 2, 2, 0, 0}, 0.5, 2)
		f.Add(uint8(op), []byte{1, 2, 2, 1, 2, 2, 1, 0, 0}, 1.0, 1000)
		f.Add(uint8(op), []byte{0, 0, 0, 0, 0, 1, 1, 0, 3}, math.NaN(), 3)
		f.Add(uint8(op), []byte{7}, math.Inf(1), 0)
		f.Add(uint8(op), []byte{2, 3, 2, 0, 2, 4, 2, 0, 1, 3, 2}, 0.5, 12)
		f.Add(uint8(op), []byte{3, 2, 1, 1, 0, 2, 1, 3, 0, 2, 1, 3, 0}, 0.5, 0)
	}
	f.Fuzz(func(t *testing.T, op uint8, program []byte, p float64, n int) {
		g := G.NewGraph()
		var in [3]*G.Node
		for i := range in {
			in[i], program = fuzzNode(g, i, program)
		}
		shape, _ := fuzzShape(program)
		s := surrogate.Triangle{Dampening: p, Support: 1 + float64(n)}
		node, err := constructors[int(op)%len(constructors)](in, s, p, n, shape)
		if (node == nil) == (err == nil) {
			t.Fatalf("got node %v and error %v, want one of them", node, err)
		}
		if err != nil {
			return
		}
		vm := G.NewTapeMachine(g)
		defer vm.Close()
		if err := vm.RunAll(); err == nil && !sameShape(node.Value().Shape(), node.Shape()) {
			t.Fatalf("%v has shape %v and a value of %v", node, node.Shape(), node.Value().Shape())
		}
	})
}

// fuzzShape reads a rank and its axes, few and small ones.
func fuzzShape(program []byte) (tensor.Shape, []byte) {
	if len(program) == 0 {
		return nil, nil
	}
	shape := tensor.Shape{}
	rank := int(program[0] % 5)
	for program = program[1:]; rank > 0 && len(program) > 0; rank-- {
		shape = append(shape, int(program[0]%5))
		program = program[1:]
	}
	return shape, program
}

// fuzzNode reads an input: none at the end of the program, else one with a
// value where it can have one.
func fuzzNode(g *G.ExprGraph, i int, program []byte) (*G.Node, []byte) {
	if len(program) == 0 {
		return nil, nil
	}
	shape, program := fuzzShape(program)
	dt := tensor.Float64
	if len(program) > 0 {
		dt = fuzzDtypes[int(program[0])%len(fuzzDtypes)]
		program = program[1:]
	}
	opts := []G.NodeConsOpt{G.WithName(string(rune('a' + i)))}
	v := opValue{shape: shape}
	for j := range shape.TotalSize() {
		seed := binary.LittleEndian.AppendUint32(program[:len(program):len(program)], uint32(j))
		if dt == tensor.Int {
			v.index = append(v.index, int(seed[0])%4)
		} else {
			v.floats = append(v.floats, float64(int8(seed[0])))
		}
	}
	filled := (dt == tensor.Float32 || dt == tensor.Float64 || dt == tensor.Int) && shape.TotalSize() > 0
	if len(shape) == 0 {
		if filled && dt != tensor.Int {
			opts = append(opts, G.WithValue(v.of(dt)))
		}
		return G.NewScalar(g, dt, opts...), program
	}
	if filled {
		opts = append(opts, G.WithValue(v.of(dt)))
	}
	return G.NewTensor(g, dt, len(shape), append(opts, G.WithShape(shape...))...), program
}

// Gorgonia makes matrices without a shape where WithShape is forgotten.
func TestATensorWithoutAShapeIsAnError(t *testing.T) {
	g := G.NewGraph()
	without := G.NewMatrix(g, G.Float64, G.WithName("without"))
	y := G.NewMatrix(g, G.Float64, G.WithShape(2, 3), G.WithName("y"))
	targets := G.NewVector(g, tensor.Int, G.WithShape(2), G.WithName("targets"))
	wantError(t, "mean penalty", ErrShape, "2 axes and no shape")(MeanPenalty(without, MeanPenaltyConfig{}))
	wantError(t, "product", ErrShape, "2 axes and no shape")(GatedMatMul(y, without))
	_, err := SoftmaxCrossEntropy(CrossEntropyInputs{Y: y, W: without, Targets: targets}, SoftmaxCrossEntropyConfig{KeepLogits: 100})
	wantError(t, "cross-entropy", ErrShape, "2 axes and no shape")(nil, err)
}
