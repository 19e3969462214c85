package ops

import (
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func timeSliceCase(t int, x ...int) opCase {
	of := func(t int) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return TimeSlice(in[0], t) }
	}
	c := opCase{
		name:   "TimeSlice",
		inputs: []opInput{{name: "x", shape: x}},
		build:  of(t),
		smooth: true,
		formula: func(in []opValue, dout []float64) (out []float64, grads [][]float64) {
			n := len(in[0].floats) / x[0]
			dx := make([]float64, len(in[0].floats))
			copy(dx[t*n:], dout)
			return in[0].floats[t*n : (t+1)*n], [][]float64{dx}
		},
	}
	for other := range x[0] {
		if other != t {
			c.others = append(c.others, of(other))
		}
	}
	return c
}

func TestTimeSlice(t *testing.T) {
	suite(t, timeSliceCase(1, 3, 2, 4), timeSliceCase(2, 3, 4), timeSliceCase(0, 3), timeSliceCase(0, 1, 2))
}

// gorgonia.Slice takes these steps for one.
func TestTimeSlicesFarApartDiffer(t *testing.T) {
	c := timeSliceCase(5, 300, 2)
	values := c.values(1, tensor.Float64)
	far := c
	far.build = func(in []*G.Node) (*G.Node, error) {
		near, err := TimeSlice(in[0], 5)
		if err != nil {
			return nil, err
		}
		far, err := TimeSlice(in[0], 5+256)
		if err != nil {
			return nil, err
		}
		return G.Sub(near, far)
	}
	got := far.result(t, tape, values, tensor.Float64).out
	x := values[0].floats
	compare(t, "x[5] - x[261]", got, []float64{x[10] - x[522], x[11] - x[523]}, 0)
}

func TestTimeSliceErrors(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	x := n("x", 3, 4)
	wantError(t, "past the end", ErrIndex, "TimeSlice(3): t is 3, want 0 to 2 for x (3, 4)")(TimeSlice(x, 3))
	wantError(t, "before the start", ErrIndex, "t is -1, want 0 to 2")(TimeSlice(x, -1))
	wantError(t, "scalar", ErrShape, "x has shape (), want (T, ...)")(TimeSlice(n("scalar"), 0))
}

// All that a graph holds for the slices of a sequence, forward and backward,
// grows with the sequence, not with its square.
func TestSlicesShareOneGradient(t *testing.T) {
	held := func(T int) (numbers int) {
		const B, I = 3, 5
		c := timeSliceCase(0, T, B, I)
		c.build = func(in []*G.Node) (*G.Node, error) {
			steps := make([]*G.Node, T)
			for step := range steps {
				x, err := TimeSlice(in[0], step)
				if err != nil {
					return nil, err
				}
				if steps[step], err = G.Square(x); err != nil {
					return nil, err
				}
			}
			return TimeStack(steps...)
		}
		values := c.values(1, tensor.Float64)
		o := c.graph(t, values, tensor.Float64)
		o.machine(t, tape).Close()
		for _, n := range o.g.AllNodes() {
			numbers += n.Shape().TotalSize()
		}

		c.formula = nil
		got := c.result(t, tape, values, tensor.Float64)
		dout := flat(o.dout.Value())
		want := make([]float64, len(dout))
		for i, x := range values[0].floats {
			want[i] = 2 * x * dout[i]
		}
		compare(t, "gradient of x", got.grads[0], want, 1e-15)
		return numbers
	}
	if short, long := held(10), held(40); long > 4*short {
		t.Errorf("10 steps hold %d numbers, 40 hold %d, want 4 times as many", short, long)
	}
}

// Steps that nothing uses have a gradient of zero, and slices of two sequences
// may have one gradient.
func TestSlicesOfTwoSequencesKeepApart(t *testing.T) {
	values := []opValue{
		opInput{shape: tensor.Shape{3, 2}}.value(rand.New(rand.NewPCG(1, 0)), tensor.Float64),
		opInput{shape: tensor.Shape{4, 2}}.value(rand.New(rand.NewPCG(2, 0)), tensor.Float64),
	}
	c := opCase{inputs: []opInput{{name: "a"}, {name: "b"}}, build: func(in []*G.Node) (*G.Node, error) {
		var sum *G.Node
		for _, at := range []struct{ in, t int }{{0, 1}, {1, 1}, {1, 3}} {
			n, err := TimeSlice(in[at.in], at.t)
			if err != nil {
				return nil, err
			}
			if sum == nil {
				sum = n
			} else if sum, err = G.Add(sum, n); err != nil {
				return nil, err
			}
		}
		return sum, nil
	}}
	d := flat(c.graph(t, values, tensor.Float64).dout.Value())
	for _, machine := range []string{tape, lisp} {
		got := c.result(t, machine, values, tensor.Float64)
		compare(t, machine+": gradient of a", got.grads[0], []float64{0, 0, d[0], d[1], 0, 0}, 0)
		compare(t, machine+": gradient of b", got.grads[1], []float64{0, 0, d[0], d[1], 0, 0, d[0], d[1]}, 0)
	}
}
