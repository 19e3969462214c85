package unroll_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/gradcheck"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/graph/unroll"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops/surrogate"
)

// cell is what the cells of these tests have in common.
type cell interface {
	Params() []*layers.Param
	Sizes() unroll.Sizes
	Run(x *G.Node, initial unroll.State) (y *G.Node, final unroll.State, err error)
}

// cells are those of the tests, with I inputs and H units.
var cells = map[string]func(I, H int, of tensor.Dtype, s surrogate.Surrogate) cell{
	"EGRU EvNN":  func(I, H int, of tensor.Dtype, s surrogate.Surrogate) cell { return newEGRU(false, I, H, of, s) },
	"EGRU Paper": func(I, H int, of tensor.Dtype, s surrogate.Surrogate) cell { return newEGRU(true, I, H, of, s) },
	"LIF":        func(I, H int, of tensor.Dtype, s surrogate.Surrogate) cell { return newLIF(I, H, of, s) },
	"SRC":        func(I, H int, of tensor.Dtype, s surrogate.Surrogate) cell { return newSRC(I, H, of, s) },
	"delta GRU":  func(I, H int, of tensor.Dtype, s surrogate.Surrogate) cell { return newDeltaGRU(I, H, 0.2, of, s) },
}

// weight draws from N(mean, spread^2), by its name.
func weight(name string, of tensor.Dtype, mean, spread float64, shape ...int) *layers.Param {
	var seed uint64
	for _, c := range name {
		seed = 31*seed + uint64(c)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range x {
		x[i] = mean + spread*r.NormFloat64()
	}
	return layers.NewParam(name, dense(of, x, shape...))
}

// kernel draws from N(0, gain^2/in).
func kernel(name string, of tensor.Dtype, gain float64, in, out int) *layers.Param {
	return weight(name, of, 0, gain/math.Sqrt(float64(in)), in, out)
}

func dense(of tensor.Dtype, x []float64, shape ...int) *tensor.Dense {
	if of == tensor.Float32 {
		narrow := make([]float32, len(x))
		for i, v := range x {
			narrow[i] = float32(v)
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(narrow))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
}

// latch is a model of a cell and a linear readout: x (T, B, 2) has rare spikes
// in two channels, and the target (T, B, 1) is 1 from a spike in the first on,
// until one in the second, else 0. Loss is the mean square.
type latch struct {
	cell    cell
	readout *layers.Linear
	of      tensor.Dtype
}

func newLatch(name string, H int, of tensor.Dtype, s surrogate.Surrogate) latch {
	c := layers.DefaultLinear(H, 1)
	c.Dtype = of
	readout, err := layers.NewLinear("readout", c)
	if err != nil {
		panic(err)
	}
	return latch{cells[name](2, H, of, s), readout, of}
}

func (l latch) Params() []*layers.Param { return append(l.cell.Params(), l.readout.Params()...) }

func (l latch) Build(w *graph.Window) error {
	x := w.Input("x", l.of, w.T, w.B, 2)
	target := w.Input("target", l.of, w.T, w.B, 1)
	y, final, err := l.cell.Run(x, unroll.States(w, "cell", l.of, l.cell.Sizes()))
	if err != nil {
		return err
	}
	unroll.Carry(w, "cell", final)
	var c unroll.Calc
	out := c.One(l.readout.Forward, y)
	loss := c.One(func(n *G.Node) (*G.Node, error) { return G.Mean(n) }, c.One(G.Square, c.Two(G.Sub, out, target)))
	if c.Err() != nil {
		return c.Err()
	}
	w.Loss(loss)
	w.Output("y", y)
	return nil
}

// spikes makes windows of the latch's task that go on where the last one ended.
type spikes struct {
	r  *rand.Rand
	on []float64 // the latch of each row
	of tensor.Dtype
}

func newSpikes(seed uint64, B int, of tensor.Dtype) *spikes {
	return &spikes{rand.New(rand.NewPCG(seed, 2)), make([]float64, B), of}
}

func (s *spikes) window(T int) graph.Feeds {
	B := len(s.on)
	var x, target []float64
	for range T {
		for b := range B {
			set, reset := 0.0, 0.0
			switch s.r.IntN(4) {
			case 0:
				set, s.on[b] = 1, 1
			case 1:
				reset, s.on[b] = 1, 0
			}
			x, target = append(x, set, reset), append(target, s.on[b])
		}
	}
	return graph.Feeds{"x": dense(s.of, x, T, B, 2), "target": dense(s.of, target, T, B, 1)}
}

// learn trains a latch on windows of 8 steps and 8 rows.
func learn(m latch, windows int, rate float64) (first, last, activity float64, err error) {
	const T, B = 8, 8
	data := newSpikes(1, B, m.of)
	return train(m, B, func() graph.Feeds { return data.window(T) }, windows, rate)
}

// train is the mean loss of the first and of the last 20 of so many windows of B
// rows, and the activity at the end.
func train(m graph.Model, B int, data func() graph.Feeds, windows int, rate float64) (first, last, activity float64, err error) {
	session, err := graph.NewSession(m, graph.Config{Seed: 1})
	if err != nil {
		return 0, 0, 0, err
	}
	config := optim.DefaultAdam()
	config.LearnRate = rate
	solver, err := optim.NewAdam(config)
	if err != nil {
		return 0, 0, 0, err
	}
	const some = 20
	stream := session.NewStream(B)
	for i := range windows {
		r, err := session.Train(stream, data())
		if err != nil {
			return 0, 0, 0, err
		}
		if i < some {
			first += r.Loss / some
		}
		if i >= windows-some {
			last += r.Loss / some
			activity += active(r.Outputs["y"]) / some
		}
		if err := solver.Step(r.Grads); err != nil {
			return 0, 0, 0, err
		}
	}
	return first, last, activity, nil
}

// active is the share of numbers that are not zero.
func active(v G.Value) float64 {
	n := 0
	xs := numbers(v)
	for _, x := range xs {
		if x != 0 {
			n++
		}
	}
	return float64(n) / float64(len(xs))
}

func numbers(v G.Value) []float64 {
	switch x := v.Data().(type) {
	case []float64:
		return slices.Clone(x)
	case []float32:
		wide := make([]float64, len(x))
		for i, f := range x {
			wide[i] = float64(f)
		}
		return wide
	case float64:
		return []float64{x}
	case float32:
		return []float64{float64(x)}
	}
	return nil
}

// stateMean is that of random states: a unit of src fires from states of about
// -1 only.
func stateMean(cell string) float64 {
	if cell == "SRC" {
		return -1
	}
	return 0
}

// compare wants arrays within tolerance of the largest number.
func compare(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	scale := 0.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	if len(got) != len(want) || scale == 0 {
		t.Errorf("%s: %d numbers, want %d, the largest %v", what, len(got), len(want), scale)
		return
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tolerance*scale) {
			t.Errorf("%s[%d] is %v, want %v", what, i, got[i], w)
			return
		}
	}
}

// result runs a cell over random x from random states, and gives the output and
// all gradients of
//
//	loss = sum y^2 + sum of all final states^2
func result(t *testing.T, name, machine string, of tensor.Dtype) map[string][]float64 {
	t.Helper()
	const T, B, I, H = 3, 2, 3, 4
	l := cells[name](I, H, of, surrogate.Triangle{Dampening: 0.7, Support: 0.8})
	g := G.NewGraph()
	in := func(name string, mean float64, shape ...int) *G.Node {
		p := weight(name, of, mean, 1, shape...)
		n, err := p.Node(g)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	x, initial := in("x", 0, T, B, I), unroll.State{}
	wrt := G.Nodes{x}
	for state, n := range l.Sizes() {
		initial[state] = in("initial "+state, stateMean(name), B, n)
		wrt = append(wrt, initial[state])
	}
	ws, err := layers.Nodes(g, l.Params())
	if err != nil {
		t.Fatal(err)
	}
	wrt = append(wrt, ws...)
	y, final, err := l.Run(x, initial)
	if err != nil {
		t.Fatal(err)
	}
	var c unroll.Calc
	sum := func(n *G.Node) (*G.Node, error) { return G.Sum(n) }
	loss := c.One(sum, c.One(G.Square, y))
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range final {
			if !yield(name) {
				return
			}
		}
	}) {
		loss = c.Sum(loss, c.One(sum, c.One(G.Square, final[name])))
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	var out G.Value
	G.Read(y, &out)
	var vm G.VM
	if machine == "LispMachine" {
		vm = G.NewLispMachine(g)
	} else {
		if _, err := G.Grad(loss, wrt...); err != nil {
			t.Fatal(err)
		}
		vm = G.NewTapeMachine(g, G.BindDualValues(wrt...))
	}
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	got := map[string][]float64{"y": numbers(out)}
	for _, n := range wrt {
		d, err := n.Grad()
		if err != nil {
			t.Fatal(err)
		}
		got["gradient of "+n.Name()] = numbers(d)
	}
	return got
}

// Gorgonia's two machines differentiate in ways that share no code.
func TestMachinesAgreeInBothPrecisions(t *testing.T) {
	for name := range cells {
		want := result(t, name, "TapeMachine", tensor.Float64)
		for _, c := range []struct {
			machine   string
			of        tensor.Dtype
			tolerance float64
		}{{"LispMachine", tensor.Float64, 1e-13}, {"TapeMachine", tensor.Float32, 1e-4}, {"LispMachine", tensor.Float32, 1e-4}} {
			got := result(t, name, c.machine, c.of)
			for what, w := range want {
				compare(t, name+" on "+c.machine+" in "+c.of.String()+": "+what, got[what], w, c.tolerance)
			}
		}
	}
}

func TestGradientsOfCellsAreDerivatives(t *testing.T) {
	for name := range cells {
		m := newLatch(name, 3, tensor.Float64, surrogate.Smoothed{Of: surrogate.Triangle{Dampening: 0.7, Support: 0.8}})
		c := gradcheck.Default(2)
		c.PerWeight = 3
		c.States = map[string]*tensor.Dense{}
		for state, n := range m.cell.Sizes() {
			c.States["cell."+state] = weight("initial "+state, tensor.Float64, stateMean(name), 1, 2, n).Value()
		}
		if r, err := gradcheck.Check(m, newSpikes(2, 2, tensor.Float64).window(3), c); err != nil {
			t.Errorf("%s: %v\n%v", name, err, r)
		}
	}
}

// A window is the same as its two halves, one after the other.
func TestStatesGoOnFromWindowToWindow(t *testing.T) {
	for name := range cells {
		m := newLatch(name, 4, tensor.Float64, surrogate.DefaultTriangle())
		session, err := graph.NewSession(m, graph.Config{})
		if err != nil {
			t.Fatal(err)
		}
		run := func(s *graph.Stream, f graph.Feeds) []float64 {
			r, err := session.Evaluate(s, f)
			if err != nil {
				t.Fatal(err)
			}
			return numbers(r.Outputs["y"])
		}
		whole, halves := session.NewStream(2), session.NewStream(2)
		initial := map[string]*tensor.Dense{}
		for state, n := range m.cell.Sizes() {
			initial["cell."+state] = weight("initial "+state, tensor.Float64, stateMean(name), 1, 2, n).Value()
		}
		for _, s := range []*graph.Stream{whole, halves} {
			if err := s.SetStates(initial); err != nil {
				t.Fatal(err)
			}
		}
		data := newSpikes(3, 2, tensor.Float64)
		first, second := data.window(3), data.window(3)
		both := graph.Feeds{}
		for input, v := range first {
			d, err := v.Concat(0, second[input])
			if err != nil {
				t.Fatal(err)
			}
			both[input] = d
		}
		compare(t, name, append(run(halves, first), run(halves, second)...), run(whole, both), 0)
		for state, v := range whole.States() {
			if got := numbers(halves.States()[state]); !slices.Equal(got, numbers(v)) {
				t.Errorf("%s: %s is %v, want %v", name, state, got, v)
			}
		}
	}
}

func wantError(t *testing.T, name string, err, sentinel error, says string) {
	t.Helper()
	if !errors.Is(err, sentinel) || !containsAll(err.Error(), says) {
		t.Errorf("%s: got error %v, want it to wrap %q and say %q", name, err, sentinel, says)
	}
}
