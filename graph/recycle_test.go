package graph

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// plain is a graph without a session: the mean square of what is built on the outputs
// of a layer, whose initial state is an input.
type plain struct {
	graph         *G.ExprGraph
	x, start, end *G.Node
	y, on, loss   *G.Node
	weights       G.Nodes
}

const plainT, plainB, plainI, plainH = 5, 3, 4, 16

func newPlain(of tensor.Dtype, on func(y *G.Node) (*G.Node, error)) (p plain) {
	c := layers.DefaultGRU(plainI, plainH)
	c.Dtype = of
	l := must(layers.NewGRU("rnn", c))
	p.graph = G.NewGraph()
	p.x = G.NewTensor(p.graph, of, 3, G.WithShape(plainT, plainB, plainI), G.WithName("x"))
	p.start = G.NewMatrix(p.graph, of, G.WithShape(plainB, plainH), G.WithName("start"), G.WithInit(G.Zeroes()))
	out := must(l.Run(layers.Signal{X: p.x}, layers.State{H: p.start}, layers.Run{}))
	p.y, p.end = out.X, must(out.Final()).H
	p.on = must(on(p.y))
	p.loss = must(G.Mean(must(G.Square(p.on))))
	p.weights = must(l.Nodes(p.graph))
	must(G.Grad(p.loss, p.weights...))
	p.let(1)
	return p
}

func asItIs(y *G.Node) (*G.Node, error) { return y, nil }

// let gives the inputs of a run.
func (p plain) let(run uint64) {
	r := rand.New(rand.NewPCG(run, 0))
	v := tensor.New(tensor.WithShape(p.x.Shape()...), tensor.Of(p.x.Dtype()))
	for i := range v.DataSize() {
		if x := r.NormFloat64(); v.Dtype() == tensor.Float32 {
			v.Set(i, float32(x))
		} else {
			v.Set(i, x)
		}
	}
	if err := G.Let(p.x, v); err != nil {
		panic(err)
	}
}

// gradients are those of the last run, which are set to zero for the next.
func (p plain) gradients() (all [][]float64) {
	for _, n := range p.weights {
		g := must(n.Grad())
		all = append(all, numbers(g))
		G.ZeroValue(g)
	}
	return all
}

// runs are the numbers of some runs: what is read, and gradients.
func (p plain) runs(between func()) (all [][]float64, err error) {
	var loss, y, on G.Value
	G.Read(p.loss, &loss)
	G.Read(p.y, &y)
	G.Read(p.on, &on)
	vm := G.NewTapeMachine(p.graph, G.BindDualValues(p.weights...))
	defer vm.Close()
	for run := range uint64(4) {
		p.let(run)
		loss, y, on = nil, nil, nil
		if err := vm.RunAll(); err != nil {
			return nil, err
		}
		all = append(append(all, numbers(loss), numbers(y), numbers(inRows(on))), p.gradients()...)
		vm.Reset()
		between()
	}
	return all, nil
}

// shapes are what Gorgonia's ops make of our values: some share their memory, some
// write to it.
var shapes = []struct {
	name string
	on   func(y *G.Node) (*G.Node, error)
}{
	{"as it is", asItIs},
	{"one step", func(y *G.Node) (*G.Node, error) { return G.Slice(y, G.S(1)) }},
	{"two rows", func(y *G.Node) (*G.Node, error) { return G.Slice(y, nil, G.S(0, 2)) }},
	{"transposed", func(y *G.Node) (*G.Node, error) { return G.Transpose(y, 1, 0, 2) }},
	{"reshaped", func(y *G.Node) (*G.Node, error) {
		return G.Reshape(must(G.Exp(y)), tensor.Shape{plainT * plainB, plainH})
	}},
	{"overwritten", func(y *G.Node) (*G.Node, error) { return G.Add(must(G.Tanh(y)), must(G.Sigmoid(y))) }},
}

func TestRunsInRecycledMemoryGiveTheSameBits(t *testing.T) {
	for _, s := range shapes {
		for _, of := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			want := must(newPlain(of, s.on).runs(func() {}))
			p := newPlain(of, s.on)
			got := must(p.runs(func() { Recycle(p.graph) }))
			for i := range want {
				near(t, fmt.Sprintf("%s, %v, array %d", s.name, of, i), got[i], want[i], 0)
			}
		}
	}
}

// What later runs write to is no memory that a caller may still read.
func TestWhatIsReadAndGradientsOutliveRecycle(t *testing.T) {
	for _, s := range shapes {
		p := newPlain(tensor.Float64, s.on)
		var y, on G.Value
		G.Read(p.y, &y)
		G.Read(p.on, &on)
		vm := G.NewTapeMachine(p.graph, G.BindDualValues(p.weights...))
		defer vm.Close()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		held := []G.Value{y, on}
		for _, n := range p.weights {
			held = append(held, must(n.Grad()))
		}
		var want [][]float64
		for _, v := range held {
			want = append(want, numbers(v))
		}
		vm.Reset()
		Recycle(p.graph)
		other := newPlain(tensor.Float64, s.on)
		must(other.runs(func() { Recycle(other.graph) }))
		for i, v := range held {
			near(t, fmt.Sprintf("%s: value %d", s.name, i), numbers(v), want[i], 0)
		}
	}
}

// The end of one run may be the beginning of the next without a copy, as a whole or
// in part.
func TestAStateThatWasLetOutlivesRecycle(t *testing.T) {
	for name, end := range map[string]func(plain) G.Value{
		"whole": func(p plain) G.Value { return p.end.Value() },
		"part": func(p plain) G.Value {
			return must(p.y.Value().(*tensor.Dense).Slice(tensor.S(plainT - 1))).(*tensor.Dense)
		},
	} {
		run := func(recycle func(*G.ExprGraph)) (all []float64) {
			p := newPlain(tensor.Float64, asItIs)
			vm := G.NewTapeMachine(p.graph, G.BindDualValues(p.weights...))
			defer vm.Close()
			for range 4 {
				if err := vm.RunAll(); err != nil {
					t.Fatal(err)
				}
				all = append(append(all, numbers(p.loss.Value())...), slices.Concat(p.gradients()...)...)
				if err := G.Let(p.start, end(p)); err != nil {
					t.Fatal(err)
				}
				vm.Reset()
				recycle(p.graph)
			}
			return all
		}
		near(t, name+": losses and gradients", run(Recycle), run(func(*G.ExprGraph) {}), 0)
	}
}

func TestRecycleMayComeTwiceOrBeforeARun(t *testing.T) {
	want := must(newPlain(tensor.Float64, asItIs).runs(func() {}))
	p := newPlain(tensor.Float64, asItIs)
	Recycle(G.NewGraph())
	Recycle(p.graph)
	got := must(p.runs(func() {
		Recycle(p.graph)
		Recycle(p.graph)
	}))
	for i := range want {
		near(t, fmt.Sprintf("array %d", i), got[i], want[i], 0)
	}
}

// A run that stops half-way leaves values of its own and of the run before.
func TestRecycleMayFollowAFailedRun(t *testing.T) {
	build := func() (p plain, ids *G.Node, loss *G.Value) {
		p.graph = G.NewGraph()
		w := G.NewMatrix(p.graph, tensor.Float64, G.WithShape(6, 4), G.WithName("w"), G.WithInit(G.RangedFrom(0)))
		first := must(ops.Embedding(w, idsOf(p.graph, "first", 1, 2, 3)))
		ids = idsOf(p.graph, "second", 3, 4, 5)
		second := must(ops.Embedding(w, ids))
		loss = new(G.Value)
		p.loss, p.weights = must(G.Sum(must(G.HadamardProd(first, second)))), G.Nodes{w}
		must(G.Grad(p.loss, w))
		G.Read(p.loss, loss)
		return p, ids, loss
	}
	var want []float64
	for _, fails := range []bool{false, true} {
		p, ids, loss := build()
		vm := G.NewTapeMachine(p.graph, G.BindDualValues(p.weights...))
		defer vm.Close()
		run := func(id int) error {
			ids.Value().Data().([]int)[2] = id
			err := vm.RunAll()
			vm.Reset()
			return err
		}
		if fails {
			if err := run(5); err != nil {
				t.Fatal(err)
			}
			p.gradients()
			if err := run(6); !errors.Is(open(err), ops.ErrIndex) {
				t.Fatalf("got error %v, want %v", err, ops.ErrIndex)
			}
			p.gradients()
			Recycle(p.graph)
		}
		*loss = nil
		if err := run(0); err != nil {
			t.Fatal(err)
		}
		got := append(numbers(*loss), p.gradients()[0]...)
		if !fails {
			want = got
		} else if !slices.Equal(got, want) {
			t.Errorf("after a failed run loss and gradient are %v, want %v", got, want)
		}
	}
}

func idsOf(g *G.ExprGraph, name string, ids ...int) *G.Node {
	return G.NewTensor(g, tensor.Int, 1, G.WithShape(len(ids)), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(len(ids)), tensor.WithBacking(ids))))
}

// Sessions and machines of one's own take from the same pools.
func TestRecycledGraphsAndSessionsRunAtOnce(t *testing.T) {
	want := must(newPlain(tensor.Float32, asItIs).runs(func() {}))
	alone := newSession(languageModel())
	loss := train(t, alone, alone.NewStream(testB), window(0, 4)).Loss
	var plains []plain
	var sessions []*Session
	for range 4 {
		plains, sessions = append(plains, newPlain(tensor.Float32, asItIs)), append(sessions, newSession(languageModel()))
	}
	var done sync.WaitGroup
	for i, p := range plains {
		done.Go(func() {
			got, err := p.runs(func() { Recycle(p.graph) })
			if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf("graph %d: error %v, or other numbers than alone", i, err)
			}
		})
		done.Go(func() {
			for range 4 {
				r, err := sessions[i].Train(sessions[i].NewStream(testB), window(0, 4))
				if err != nil || r.Loss != loss {
					t.Errorf("session %d: loss %v and error %v, want %v", i, r.Loss, err, loss)
				}
			}
		})
	}
	done.Wait()
}

// It would copy into the values that are gone.
func TestMachinesThatTraceFailOnARecycledGraph(t *testing.T) {
	p := newPlain(tensor.Float64, asItIs)
	vm := G.NewTapeMachine(p.graph, G.TraceExec())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	vm.Reset()
	Recycle(p.graph)
	if err := vm.RunAll(); err == nil {
		t.Error("a run that is traced gives no error")
	}
}

func TestLispMachinesRunInRecycledMemory(t *testing.T) {
	losses := func(recycle bool) (all []float64) {
		for run := range uint64(3) { // a machine has one run in it
			c := layers.DefaultGRU(plainI, plainH)
			c.Dtype = tensor.Float64
			l := must(layers.NewGRU("rnn", c))
			g := G.NewGraph()
			p := plain{graph: g, x: G.NewTensor(g, tensor.Float64, 3, G.WithShape(plainT, plainB, plainI), G.WithName("x"))}
			p.let(run)
			loss := must(G.Mean(must(G.Square(must(l.Forward(p.x))))))
			vm := G.NewLispMachine(g)
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			all = append(all, numbers(loss.Value())...)
			for _, n := range must(l.Nodes(g)) {
				all = append(all, numbers(must(n.Grad()))...)
			}
			vm.Close()
			if recycle {
				Recycle(g)
			}
		}
		return all
	}
	near(t, "losses and gradients", losses(true), losses(false), 0)
}

func TestRecycledMemoryIsUsed(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collections empty pools
	const T, B, I, H = 20, 4, 8, 64
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float64, 3, G.WithShape(T, B, I), G.WithName("x"), G.WithInit(G.Zeroes()))
	c := layers.DefaultEGRU(I, H)
	c.Dtype = tensor.Float64
	must(must(layers.NewEGRU("rnn", c)).Forward(x))
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	allocated := func() uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
		Recycle(g)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	first := allocated()
	if later := allocated(); later > first/3 {
		t.Errorf("a first run takes %d bytes, a second %d, want no more than a third", first, later)
	}
}

// A graph that has no values yet, or none any more, runs as it would have.
func TestRecyclingAGraphWithoutValuesChangesNothing(t *testing.T) {
	for name, before := range map[string]func(g *G.ExprGraph){
		"before a run": func(*G.ExprGraph) {},
		"of values that are unbound": func(g *G.ExprGraph) {
			if err := G.NewLispMachine(g).RunAll(); err != nil {
				t.Fatal(err)
			}
			g.UnbindAllNonInputs()
		},
	} {
		g := G.NewGraph()
		tensorOf := func(name string, shape ...int) *G.Node {
			return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name), G.WithInit(G.Ones()))
		}
		y := must(ops.AddBias(tensorOf("x", 2, 3), tensorOf("b", 3)))
		must(G.Sum(must(ops.Gain(y, tensorOf("c", 3)))))
		before(g)
		Recycle(g)
		if err := G.NewLispMachine(g).RunAll(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
