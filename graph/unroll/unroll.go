package unroll

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// Step makes the nodes of one step t: from its part x of the sequence and the
// state that the step before left, its output and the state it leaves. It has
// the same names in its state as it was given, each of the same shape and dtype,
// and an output of the same shape at each step.
//
// A step knows of other steps by its state alone. Weights and other sequences,
// cut up by ops.TimeSlice, come by its closure.
type Step func(t int, x *G.Node, s State) (y *G.Node, next State, err error)

// Unroll makes the nodes of a recurrence, step by step:
//
//	y[t], s[t+1] = step(t, x[t], s[t]),  s[0] = initial
//
// x is (T, B, ...), x[t] (B, ...) and y (T, B, ...) of what the steps put out.
// The final state is s[T]. A cell without state has an empty one.
//
// Memory grows with T by what a step computes: the gradient of x costs as much as
// x, that of y as much as y, and that of a matrix W in ops.GatedMatMul as much as W,
// whatever T. In other ops each step keeps a gradient of its own of each weight that
// it uses until the run ends: little for vectors, such as biases and thresholds.
//
// A nil or unusable x, initial state or step gives ErrInput. Results of a step
// that do not fit, and a step that reaches into another one other than by its
// state, give ErrStep, with the number of the step. Errors of a step are passed
// on with its number.
func Unroll(x *G.Node, initial State, step Step) (y *G.Node, final State, err error) {
	if err := checkSequence(x); err != nil {
		return nil, nil, err
	}
	if step == nil {
		return nil, nil, errors.Wrap(ErrInput, "step is nil")
	}
	if err := checkInitial(x, initial); err != nil {
		return nil, nil, err
	}
	T := x.Shape()[0]
	ys, tr := make([]*G.Node, T), newTrace(x.Graph())
	state := initial
	for t := range T {
		if ys[t], state, err = one(t, x, state, step, tr); err != nil {
			return nil, nil, errors.Wrapf(err, "step %d of %d", t, T)
		}
		if !alike(ys[t], ys[0]) {
			return nil, nil, errors.Wrapf(ErrStep, "step %d of %d: y is %v of %v, want %v of %v as at step 0",
				t, T, ys[t].Shape(), ys[t].Dtype(), ys[0].Shape(), ys[0].Dtype())
		}
	}
	if y, err = ops.TimeStack(ys...); err != nil {
		return nil, nil, errors.Wrap(err, "outputs of the steps")
	}
	return y, state, nil
}

// one makes a step and checks what it gives.
func one(t int, x *G.Node, state State, step Step, tr *trace) (*G.Node, State, error) {
	xt, err := ops.TimeSlice(x, t)
	if err != nil {
		return nil, nil, err
	}
	given := State{} // a step may write into its map
	for name, n := range state {
		given[name] = n
	}
	y, next, err := step(t, xt, given)
	if err != nil {
		return nil, nil, err
	}
	if err := checkNode("y", y, x.Graph()); err != nil {
		return nil, nil, errors.Wrap(ErrStep, err.Error())
	}
	if got, want := next.names(), state.names(); !slices.Equal(got, want) {
		return nil, nil, errors.Wrapf(ErrStep, "it leaves the states {%s}, want {%s}", strings.Join(got, ", "), strings.Join(want, ", "))
	}
	for _, name := range next.names() {
		if err := checkNode("state "+name, next[name], x.Graph()); err != nil {
			return nil, nil, errors.Wrap(ErrStep, err.Error())
		}
		if !alike(next[name], state[name]) {
			return nil, nil, errors.Wrapf(ErrStep, "state %s is %v of %v, want %v of %v as it was",
				name, next[name].Shape(), next[name].Dtype(), state[name].Shape(), state[name].Dtype())
		}
	}
	return y, next, tr.step(t, xt, state, y, next)
}

func checkSequence(x *G.Node) error {
	if x == nil {
		return errors.Wrap(ErrInput, "x is nil")
	}
	if x.Shape().Dims() < 2 || slices.Contains(x.Shape(), 0) {
		return errors.Wrapf(ErrInput, "x has shape %v, want (T, B, ...)", x.Shape())
	}
	if !isFloat(x) {
		return errors.Wrapf(ErrInput, "x has dtype %v, want float32 or float64", x.Dtype())
	}
	return nil
}

func isFloat(n *G.Node) bool { return n.Dtype() == tensor.Float32 || n.Dtype() == tensor.Float64 }

func checkInitial(x *G.Node, initial State) error {
	for _, name := range initial.names() {
		if err := checkNode("initial state "+name, initial[name], x.Graph()); err != nil {
			return errors.Wrap(ErrInput, err.Error())
		}
	}
	return nil
}

func checkNode(what string, n *G.Node, g *G.ExprGraph) error {
	switch {
	case n == nil:
		return errors.Errorf("%s is nil", what)
	case n.Graph() != g:
		return errors.Errorf("%s belongs to another graph than x", what)
	case n.Shape().Dims() == 0:
		return errors.Errorf("%s is a scalar, want (B, ...)", what)
	case !isFloat(n):
		return errors.Errorf("%s has dtype %v, want float32 or float64", what, n.Dtype())
	}
	return nil
}

// alike is stricter than tensor.Shape.Eq, which takes (n, 1) and (n) for one.
func alike(a, b *G.Node) bool { return slices.Equal(a.Shape(), b.Shape()) && a.Dtype() == b.Dtype() }
