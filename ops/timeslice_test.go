package ops

import (
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
