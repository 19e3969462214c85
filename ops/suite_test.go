package ops

import (
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// opCase is an op in one setting, with all that the suite needs to know.
type opCase struct {
	name   string
	inputs []opInput

	// build makes the op's node from its inputs, nil where an optional one is
	// left out.
	build func(in []*G.Node) (*G.Node, error)

	// smooth says that the gradients are derivatives, which finite differences
	// must then confirm.
	smooth bool

	// formula computes the output and, for the gradient dout that comes into
	// it, the gradient of every input, nil for those without one. A case that
	// is not smooth must have it.
	formula func(in []opValue, dout []float64) (out []float64, grads [][]float64)

	// others each make a node that differs from build's in one setting.
	others []func(in []*G.Node) (*G.Node, error)
}

// opInput describes an input of a case.
type opInput struct {
	name     string
	shape    tensor.Shape
	draw     func(r *rand.Rand) float64 // of a number; nil for standard normal
	below    int                        // of an integer input: numbers are in [0, below)
	fixed    bool                       // a float input without a gradient
	optional bool                       // may be nil
}

func (in opInput) differentiable() bool { return in.below == 0 && !in.fixed }

// opValue is the value of an input: floats, or integers.
type opValue struct {
	shape  tensor.Shape
	floats []float64
	index  []int
}

// suite holds each case against everything that is demanded of an op.
func suite(t *testing.T, cases ...opCase) {
	for _, c := range cases {
		if !c.smooth && c.formula == nil {
			t.Fatalf("%s: neither a formula nor finite differences would check its gradients", c.name)
		}
		t.Run(c.name, func(t *testing.T) {
			t.Run("settings tell nodes apart", c.settingsTellNodesApart)
			t.Run("inputs without gradient say so", c.inputsWithoutGradientSaySo)
			t.Run("unusable nodes are refused", c.unusableNodesAreRefused)
			if c.smooth {
				t.Run("gradients are derivatives", c.gradientsAreDerivatives)
			}
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				t.Run(dt.String(), func(t *testing.T) {
					s := opRun{opCase: c, dt: dt, values: c.values(1, dt)}
					t.Run("machines agree", s.machinesAgree)
					t.Run("gradients add up", s.gradientsAddUp)
					t.Run("inputs stay as they are", s.inputsStay)
					t.Run("old numbers do not show", s.oldNumbersDoNotShow)
					t.Run("used memory does not show", s.runsInUsedMemory)
					t.Run("the next run takes new values", s.nextRunTakesNewValues)
					t.Run("machines share a graph", s.machinesShareGraph)
					t.Run("clones run at once", s.clonesRunAtOnce)
					t.Run("every value can be traced", s.everyValueCanBeTraced)
					t.Run("views are read row by row", s.viewsAreRead)
					t.Run("unusable values are errors", s.unusableValuesAreErrors)
					t.Run("second derivatives are refused", s.secondDerivativesAreRefused)
				})
			}
		})
	}
}

// opRun is a case in one precision.
type opRun struct {
	opCase
	dt     tensor.Dtype
	values []opValue
}

// values draws the inputs of a case, rounded to what dt can hold.
func (c opCase) values(seed uint64, dt tensor.Dtype) []opValue {
	r := rand.New(rand.NewPCG(seed, 0))
	vs := make([]opValue, len(c.inputs))
	for i, in := range c.inputs {
		vs[i] = in.value(r, dt)
	}
	return vs
}

func (in opInput) value(r *rand.Rand, dt tensor.Dtype) opValue {
	v := opValue{shape: in.shape}
	for range in.shape.TotalSize() {
		switch {
		case in.below > 0:
			v.index = append(v.index, r.IntN(in.below))
		case in.draw != nil:
			v.floats = append(v.floats, in.draw(r))
		default:
			v.floats = append(v.floats, r.NormFloat64())
		}
	}
	return v.as(dt)
}

// as rounds a value to what dt can hold.
func (v opValue) as(dt tensor.Dtype) opValue {
	v.floats = slices.Clone(v.floats)
	if dt == tensor.Float32 {
		for i, x := range v.floats {
			v.floats[i] = float64(float32(x))
		}
	}
	return v
}

func (v opValue) dtype(floats tensor.Dtype) tensor.Dtype {
	if v.index != nil {
		return tensor.Int
	}
	return floats
}

// backing is a copy of the numbers in the element type of a tensor.
func (v opValue) backing(dt tensor.Dtype) any {
	switch {
	case v.index != nil:
		return slices.Clone(v.index)
	case dt == tensor.Float32:
		narrow := make([]float32, len(v.floats))
		for i, x := range v.floats {
			narrow[i] = float32(x)
		}
		return narrow
	}
	return slices.Clone(v.floats)
}

// of is the value for Gorgonia, in memory of its own.
func (v opValue) of(dt tensor.Dtype) G.Value {
	switch {
	case !v.shape.IsScalar():
		return tensor.New(tensor.WithShape(v.shape.Clone()...), tensor.WithBacking(v.backing(dt)))
	case dt == tensor.Float32:
		return G.NewF32(float32(v.floats[0]))
	}
	return G.NewF64(v.floats[0])
}

func (v opValue) node(g *G.ExprGraph, name string, dt tensor.Dtype) *G.Node {
	if v.shape.IsScalar() {
		return G.NewScalar(g, v.dtype(dt), G.WithName(name), G.WithValue(v.of(dt)))
	}
	return G.NewTensor(g, v.dtype(dt), len(v.shape), G.WithShape(v.shape.Clone()...), G.WithName(name), G.WithValue(v.of(dt)))
}

// nodes puts the inputs of a case into a graph.
func (c opCase) nodes(g *G.ExprGraph, values []opValue, dt tensor.Dtype) G.Nodes {
	ns := make(G.Nodes, len(values))
	for i, v := range values {
		ns[i] = v.node(g, c.inputs[i].name, dt)
	}
	return ns
}
