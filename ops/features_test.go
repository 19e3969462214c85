package ops

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestGain(t *testing.T) {
	suite(t, opCase{
		name:   "Gain",
		inputs: []opInput{{name: "x", shape: tensor.Shape{3, 2, 4}}, {name: "gain", shape: tensor.Shape{4}}},
		build:  func(in []*G.Node) (*G.Node, error) { return Gain(in[0], in[1]) },
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			x, gain := in[0].floats, in[1].floats
			dx, dgain := make([]float64, len(x)), make([]float64, len(gain))
			for i, v := range x {
				out = append(out, v*gain[i%4])
				dx[i] = dout[i] * gain[i%4]
				dgain[i%4] += dout[i] * v
			}
			return out, [][]float64{dx, dgain}
		},
	})
}

func TestAddBias(t *testing.T) {
	suite(t, opCase{
		name:   "AddBias",
		inputs: []opInput{{name: "x", shape: tensor.Shape{3, 2, 4}}, {name: "bias", shape: tensor.Shape{4}}},
		build:  func(in []*G.Node) (*G.Node, error) { return AddBias(in[0], in[1]) },
		smooth: true,
	})
}

func TestJoin(t *testing.T) {
	suite(t, opCase{
		name:   "Join",
		inputs: []opInput{{name: "a", shape: tensor.Shape{3, 2, 4}}, {name: "b", shape: tensor.Shape{3, 2, 1}}},
		build:  func(in []*G.Node) (*G.Node, error) { return Join(in[0], in[1]) },
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			grads = make([][]float64, 2)
			for i := range 6 {
				out = append(append(out, in[0].floats[4*i:4*i+4]...), in[1].floats[i])
				grads[0] = append(grads[0], dout[5*i:5*i+4]...)
				grads[1] = append(grads[1], dout[5*i+4])
			}
			return out, grads
		},
	})
	wantError(t, "Join", ErrShape, "alike in all axes but the last")(Join(
		inputNode(t, "a", 3, 2, 4), inputNode(t, "b", 2, 3, 4)))
}

func TestReverse(t *testing.T) {
	suite(t,
		opCase{
			name:   "Reverse",
			inputs: []opInput{{name: "x", shape: tensor.Shape{3, 2, 2}}},
			build:  func(in []*G.Node) (*G.Node, error) { return Reverse(in[0], nil) },
			smooth: true,
		},
		opCase{
			name:   "Reverse",
			inputs: []opInput{{name: "x", shape: tensor.Shape{3, 2, 1}}, {name: "lengths", shape: tensor.Shape{2}, below: 4, optional: true}},
			build:  func(in []*G.Node) (*G.Node, error) { return Reverse(in[0], in[1]) },
			smooth: true,
			formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
				dx := make([]float64, 6)
				for t := range 3 {
					for b, length := range in[1].index {
						from := t
						if t < length {
							from = length - 1 - t
						}
						out = append(out, in[0].floats[2*from+b])
						dx[2*from+b] = dout[2*t+b]
					}
				}
				return out, [][]float64{dx, nil}
			},
		})
}

func TestReverseRefusesALengthBeyondTheSequence(t *testing.T) {
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float64, 3, G.WithShape(2, 1, 1), G.WithName("x"), G.WithInit(G.Zeroes()))
	n := G.NewVector(g, tensor.Int, G.WithShape(1), G.WithName("lengths"), G.WithValue(tensor.New(tensor.WithShape(1), tensor.WithBacking([]int{3}))))
	if _, err := Reverse(x, n); err != nil {
		t.Fatal(err)
	}
	if err := G.NewTapeMachine(g).RunAll(); err == nil {
		t.Error("a length of 3 for 2 steps was accepted")
	}
}

func inputNode(t *testing.T, name string, shape ...int) *G.Node {
	t.Helper()
	return G.NewTensor(featureGraph, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
}

var featureGraph = G.NewGraph()
