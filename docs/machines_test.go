package docs_test

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func TestTapeMachineRunsOnceUntilItIsReset(t *testing.T) {
	g := G.NewGraph()
	x := G.NewScalar(g, G.Float64, G.WithName("x"), G.WithValue(2.0))
	y := read(must(G.Square(x)))
	vm := G.NewTapeMachine(g)
	check(vm.RunAll())
	check(G.Let(x, 3.0))
	check(vm.RunAll()) // does nothing, and says so to nobody
	proves(t, finding{got: (*y).Data(), wrong: 4.0, right: 9.0, workaround: "the Reset after every run in graph/machine.go"})
	vm.Reset()
	check(vm.RunAll())
	gives(t, (*y).Data(), 9.0)
}

func TestLispMachineIsNotResetByReset(t *testing.T) {
	g := G.NewGraph()
	x := G.NewScalar(g, G.Float64, G.WithName("x"), G.WithValue(2.0))
	y := must(G.Neg(must(G.Square(x))))
	vm := G.NewLispMachine(g)
	check(vm.RunAll())
	check(G.Let(x, 3.0))
	vm.Reset()
	check(vm.RunAll()) // only the last node, of a square that is still 4
	proves(t, finding{got: y.Value().Data(), wrong: -4.0, right: -9.0, workaround: "one of the reasons for the TapeMachine in graph/machine.go"})
}

func TestLispMachineRefusesOutputsThatNothingUses(t *testing.T) {
	t.Chdir(t.TempDir())
	g := G.NewGraph()
	x := of(g, "x", []float64{1, 2}, 2)
	must(G.Sum(must(G.Square(x)))) // the loss
	must(G.Tanh(x))                // a look at something
	err := G.NewLispMachine(g).RunAll()
	proves(t, finding{got: err != nil, wrong: true, right: false, workaround: "the nodes made when asked for in ops/sequence.go"})
	_, err = os.Stat("err.dot") // into the folder of whoever runs it
	proves(t, finding{got: err == nil, wrong: true, right: false, workaround: "the line on err.dot"})

	g = G.NewGraph()
	rnn := must(layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3)))
	must(G.Sum(must(rnn.Forward(of(g, "x", make([]float32, 8), 4, 1, 2)))))
	check(G.NewLispMachine(g).RunAll()) // with states, events and final states that nobody asked for
}

func TestLispMachineGoesOnAfterAnError(t *testing.T) {
	var backward atomic.Int32
	sum := lisped{custom{"same", times(1)}, func() error { backward.Add(1); return nil }}
	fail := custom{"fail", func(*tensor.Dense) (G.Value, error) { return nil, errors.New("failed") }}
	g := G.NewGraph()
	x := of(g, "x", []float64{1, 2}, 2)
	must(G.Sum(must(G.ApplyOp(fail, must(G.ApplyOp(sum, x))))))

	before := lispMachines()
	if G.NewLispMachine(g).RunAll() == nil {
		t.Fatal("no error")
	}
	for end := time.Now().Add(5 * time.Second); backward.Load() == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	proves(t, finding{got: int(backward.Load()), wrong: 1, right: 0, workaround: "one of the reasons for the TapeMachine in graph/machine.go"})
	left := lispMachines() - before
	proves(t, finding{got: left, wrong: 1, right: 0, workaround: "one of the reasons for the TapeMachine in graph/machine.go"})
}

// lispMachines counts those that run.
func lispMachines() int {
	time.Sleep(10 * time.Millisecond) // for those that are at their end
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("(*lispMachine).runall("))
}

func TestLispMachineGivesOpsWithoutADerivativeTheGradientZero(t *testing.T) {
	g := G.NewGraph()
	x := of(g, "x", []float64{1, 2}, 2)
	must(G.Sum(must(G.ApplyOp(custom{"double", times(2)}, x))))
	check(G.NewLispMachine(g).RunAll())
	proves(t, finding{got: gradient(x), wrong: []float64{0, 0}, right: "an error", workaround: "the assertions in ops/forwardop.go"})

	g = G.NewGraph()
	x = of(g, "x", []float64{1, 2}, 2)
	must(G.Sum(must(ops.Reshape(x, tensor.Shape{2, 1}))))
	check(G.NewLispMachine(g).RunAll())
	gives(t, gradient(x), []float64{1, 1})
}

func TestGradPanicsOnAnOpWithoutADerivative(t *testing.T) {
	g := G.NewGraph()
	x := of(g, "x", []float64{1, 2}, 2)
	loss := must(G.Sum(must(G.ApplyOp(custom{"double", times(2)}, x))))
	p := caught(func() { must(G.Grad(loss, x)) })
	proves(t, finding{
		got: p, wrong: "runtime error: index out of range [0] with length 0", right: nil,
		workaround: "the recover in graph/machine.go",
	})
	gives(t, errors.Is(inSession(func(w *graph.Window, weight *G.Node) (*G.Node, error) {
		return G.Sum(must(G.ApplyOp(custom{"double", times(2)}, weight)))
	}), graph.ErrBuild), true)
}

func TestNewTapeMachinePanicsOnGraphsItCannotCompile(t *testing.T) {
	p := caught(func() { G.NewTapeMachine(G.NewGraph()) })
	proves(t, finding{got: p, wrong: "Cannot compile an empty graph", right: nil, workaround: "the recover in graph/machine.go"})

	gives(t, errors.Is(inSession(func(w *graph.Window, weight *G.Node) (*G.Node, error) {
		G.NewTapeMachine(G.NewGraph())
		return G.Sum(weight)
	}), graph.ErrBuild), true)
}

func TestAPanicInAnOpEndsTheProcess(t *testing.T) {
	output, here := alone(t)
	if here {
		g := G.NewGraph()
		x := of(g, "x", []float64{1, 2}, 2)
		must(G.ApplyOp(custom{"careless", func(*tensor.Dense) (G.Value, error) { panic("of an op") }}, x))
		vm := G.NewTapeMachine(g)
		caught(func() { check(vm.RunAll()) }) // catches nothing: the op runs in a goroutine of the machine
		return
	}
	if !strings.Contains(output, "panic: of an op") && !strings.Contains(output, "PASS") {
		t.Fatal(output)
	}
	proves(t, finding{
		got: strings.Contains(output, "panic: of an op"), wrong: true, right: false,
		workaround: "the rule that ops give errors in ops/op.go",
	})

	g := G.NewGraph()
	words := of(g, "words", []int{7}, 1)
	must(ops.Embedding(of(g, "table", make([]float64, 6), 3, 2), words))
	gives(t, errors.Is(cause(G.NewTapeMachine(g).RunAll()), ops.ErrIndex), true)
}

func TestMachinesHideTheCauseOfAnError(t *testing.T) {
	sentinel := errors.New("what went wrong")
	fail := custom{"fail", func(*tensor.Dense) (G.Value, error) { return nil, sentinel }}
	g := G.NewGraph()
	must(G.ApplyOp(fail, of(g, "x", []float64{1, 2}, 2)))
	err := G.NewTapeMachine(g).RunAll()
	proves(t, finding{got: errors.Is(err, sentinel), wrong: false, right: true, workaround: "graph/errors.go"})

	gives(t, errors.Is(inSession(func(w *graph.Window, weight *G.Node) (*G.Node, error) {
		return G.Sum(must(G.ApplyOp(taped{fail, fail}, weight)))
	}), sentinel), true)
}

// cause opens the error of a machine.
func cause(err error) error {
	if c, ok := err.(interface{ Err() error }); ok {
		return c.Err()
	}
	return err
}

func TestUnbindAllNonInputsGivesOneTensorAwaySeveralTimes(t *testing.T) {
	// repeated tells whether two of the next tensors are one.
	repeated := func() bool {
		seen := map[*tensor.Dense]bool{}
		for range 2 * tensor.PoolSize {
			d := tensor.New(tensor.WithShape(4), tensor.Of(tensor.Float64))
			if seen[d] {
				return true
			}
			seen[d] = true
		}
		return false
	}
	repeated()

	g := G.NewGraph()
	x := of(g, "x", []float64{0.1, 0.5, -1, 2}, 4)
	descend(g, must(G.Square(must(G.Tanh(x)))), x)
	g.UnbindAllNonInputs() // several nodes have the value that the last of them wrote
	proves(t, finding{got: repeated(), wrong: true, right: false, workaround: "letGoComputed in graph/recycle.go"})

	for repeated() {
	} // until the pool is clean
	check(inSession(func(w *graph.Window, weight *G.Node) (*G.Node, error) {
		return G.Sum(must(G.Square(must(G.Tanh(weight)))))
	}))
	gives(t, repeated(), false)
}
