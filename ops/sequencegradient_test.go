package ops

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// outputGradients are the gradients of the inputs of an EGRU, given a loss made of
// some of its outputs.
func outputGradients(t *testing.T, kind string, loss func(*Sequence) *G.Node) (o *opGraph, grads [][]float64) {
	t.Helper()
	c := opCase{inputs: sequenceInputs(evnnRoles[:8]...)}
	o = &opGraph{g: G.NewGraph()}
	o.in = c.nodes(o.g, c.values(1, tensor.Float64), tensor.Float64)
	o.wrt = o.in
	of := byRole(evnnRoles[:8], o.in)
	s, err := EGRU(EGRUInputs{X: of[roleX], W: of[roleW], R: of[roleR], Bx: of[roleBx], Br: of[roleBr], Thr: of[roleThr], State: of[roleState], Y: of[roleY]}, DefaultEGRU())
	if err != nil {
		t.Fatal(err)
	}
	o.loss = loss(s)
	vm := o.machine(t, kind)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, n := range o.in {
		grads = append(grads, gradient(t, n))
	}
	return o, grads
}

func TestGradientsOfSeveralOutputsAddUp(t *testing.T) {
	weighed := func(by float64, part func(*Sequence) (*G.Node, error)) func(*Sequence) *G.Node {
		return func(s *Sequence) *G.Node {
			n := must(t)(part(s))
			return total(G.Must(G.HadamardProd(n, G.Must(G.Mul(n, G.NewConstant(by))))))
		}
	}
	parts := []func(*Sequence) *G.Node{
		weighed(1, (*Sequence).Y), weighed(-2, (*Sequence).States), weighed(0.5, (*Sequence).FinalState), weighed(3, (*Sequence).FinalY),
	}
	for _, kind := range []string{tape, lisp} {
		_, got := outputGradients(t, kind, func(s *Sequence) *G.Node {
			sum := parts[0](s)
			for _, part := range parts[1:] {
				sum = G.Must(G.Add(sum, part(s)))
			}
			return sum
		})
		for _, part := range parts {
			_, grads := outputGradients(t, kind, part)
			for i, g := range grads {
				for j, v := range g {
					got[i][j] -= v
				}
			}
		}
		for i, g := range got {
			for j, rest := range g {
				if math.Abs(rest) > 1e-12 {
					t.Fatalf("%s: number %d of the gradient of %s is %v off the sum of those of each output", kind, j, roleOperands[evnnRoles[i]].name, rest)
				}
			}
		}
	}
}

// The machines would keep the gradient of all outputs until the end of a run.
func TestOutputsThatNothingUsesCostNoGradient(t *testing.T) {
	var head int
	o, _ := outputGradients(t, tape, func(s *Sequence) *G.Node {
		head = s.layout.head()
		return total(must(t)(s.Y()))
	})
	var large []string
	for _, n := range o.g.AllNodes() {
		if n.Shape().TotalSize() == head {
			large = append(large, fmt.Sprint(n))
		}
	}
	if len(large) != 1 {
		t.Errorf("%d nodes have the size of all outputs, want the outputs alone: %q", len(large), large)
	}
}

func TestAnOutputIsOneNodeHoweverOftenItIsAskedFor(t *testing.T) {
	outputGradients(t, tape, func(s *Sequence) *G.Node {
		a, b := must(t)(s.Y()), must(t)(s.Y())
		if a != b {
			t.Errorf("Y is %v first and %v then", a, b)
		}
		return total(a)
	})
}
