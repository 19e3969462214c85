package ops

import (
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// same wants two outcomes to hold the same bits.
func same(t *testing.T, c opCase, got, want outcome) {
	t.Helper()
	near(t, c, got, want, 0)
}

// near wants each array of two outcomes within tolerance of its largest number.
func near(t *testing.T, c opCase, got, want outcome, tolerance float64) {
	t.Helper()
	compare(t, "output", got.out, want.out, tolerance)
	for i, in := range c.inputs {
		compare(t, "gradient of "+in.name, got.grads[i], want.grads[i], tolerance)
	}
}

// tolerance is for results that are rounded differently.
func tolerance(dt tensor.Dtype) float64 {
	if dt == tensor.Float32 {
		return 1e-5
	}
	return 1e-13
}

func must(t *testing.T) func(*G.Node, error) *G.Node {
	return func(n *G.Node, err error) *G.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// wantError wants an error that wraps a sentinel and says something.
func wantError(t *testing.T, name string, sentinel error, says string) func(*G.Node, error) {
	return func(n *G.Node, err error) {
		t.Helper()
		switch {
		case err == nil:
			t.Errorf("%s: got no error, want %q", name, sentinel)
		case n != nil:
			t.Errorf("%s: got a node beside the error %v", name, err)
		case !errors.Is(err, sentinel):
			t.Errorf("%s: got error %q, want it to wrap %q", name, err, sentinel)
		case !strings.Contains(err.Error(), says):
			t.Errorf("%s: got error %q, want it to say %q", name, err, says)
		}
	}
}

// wantRunError wants a run with these values to stop with an error that wraps a
// sentinel and says something.
func wantRunError(t *testing.T, c opCase, values []opValue, sentinel error, says string) {
	t.Helper()
	o := c.graph(t, values, tensor.Float64)
	var in []G.Value
	for _, v := range values {
		in = append(in, v.of(tensor.Float64))
	}
	_, err := o.do(in...)
	wantError(t, "Do", sentinel, says)(nil, err)
	// Gorgonia's own errors do not unwrap. After one its LispMachine would go on
	// to the backward pass while the caller has the error, and race with itself.
	for kind, vm := range map[string]G.VM{
		tape: c.graph(t, values, tensor.Float64).machine(t, tape),
		lisp: G.NewLispMachine(c.graph(t, values, tensor.Float64).g, G.ExecuteFwdOnly()),
	} {
		if err := vm.RunAll(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v, want it to say %q", kind, err, says)
		}
	}
}

// nodeMaker makes inputs without values in a graph of their own; a scalar for
// no axes.
func nodeMaker(dt tensor.Dtype) func(name string, shape ...int) *G.Node {
	g := G.NewGraph()
	return func(name string, shape ...int) *G.Node {
		if len(shape) == 0 {
			return G.NewScalar(g, dt, G.WithName(name))
		}
		return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name))
	}
}
