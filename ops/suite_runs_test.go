package ops

import (
	"math"
	"reflect"
	"runtime"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/pool"
)

// inputsStay: an op must not write into what it reads.
func (s opRun) inputsStay(t *testing.T) {
	for _, kind := range []string{tape, lisp} {
		o := s.graph(t, s.values, s.dt)
		vm := o.machine(t, kind)
		o.run(t, vm)
		vm.Close()
		for i, n := range o.in {
			want := G.Value(s.values[i].of(s.dt))
			if !reflect.DeepEqual(n.Value().Data(), want.Data()) {
				t.Errorf("%s changed %s to %v", kind, s.inputs[i].name, n.Value().Data())
			}
		}
	}
}

// oldNumbersDoNotShow: an op that says it fills its output gets memory with numbers
// of others.
func (s opRun) oldNumbersDoNotShow(t *testing.T) {
	o := s.graph(t, s.values, s.dt)
	switch op := o.op().Op().(type) {
	case forwardOp[float32]:
		showsNoOldNumbers(t, s, o, op)
	case forwardOp[float64]:
		showsNoOldNumbers(t, s, o, op)
	}
}

func showsNoOldNumbers[F kernel.Float](t *testing.T, s opRun, o *opGraph, op forwardOp[F]) {
	if !fills(op.operation) {
		return
	}
	var values []G.Value
	for _, v := range s.values {
		values = append(values, v.of(s.dt))
	}
	in, err := op.arrays(o.withAnchors(values))
	if err != nil {
		t.Fatal(err)
	}
	fresh, used := make([]F, op.out.TotalSize()), make([]F, op.out.TotalSize())
	for i := range used {
		used[i] = F(math.NaN())
	}
	for _, out := range [][]F{fresh, used} {
		if err := op.forward(in, out); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range fresh {
		if got := used[i]; got != want {
			t.Fatalf("number %d of %d is %v in used memory, %v in fresh", i, len(fresh), got, want)
		}
	}
}

// runsInUsedMemory: whatever an op and its gradient take from the pools holds numbers
// of others.
func (s opRun) runsInUsedMemory(t *testing.T) {
	want := s.result(t, tape, s.values, s.dt)
	spoilPools()
	same(t, s.opCase, s.result(t, tape, s.values, s.dt), want)
}

// spoilPools fills them with NaN and true. Slices of earlier runs would be shorter,
// and taken before: two collections free them.
func spoilPools() {
	runtime.GC()
	runtime.GC()
	for bits := range 13 {
		for range 12 {
			n := 1<<bits - 1 // enough for all of as many bits
			narrow, wide, bools := make([]float32, n), make([]float64, n), make([]bool, n)
			for i := range n {
				narrow[i], wide[i], bools[i] = float32(math.NaN()), math.NaN(), true
			}
			pool.Give(narrow)
			pool.Give(wide)
			pool.Give(bools)
		}
	}
}

// nextRunTakesNewValues in the same machine, as training does.
func (s opRun) nextRunTakesNewValues(t *testing.T) {
	o := s.graph(t, s.values, s.dt)
	vm := o.machine(t, tape)
	defer vm.Close()
	o.run(t, vm)
	next := s.opCase.values(3, s.dt)
	for i, n := range o.in {
		if err := G.Let(n, next[i].of(s.dt)); err != nil {
			t.Fatal(err)
		}
	}
	o.forget(t)
	vm.Reset()
	same(t, s.opCase, o.run(t, vm), s.result(t, tape, next, s.dt))
}

// machinesShareGraph, one after the other.
func (s opRun) machinesShareGraph(t *testing.T) {
	o := s.graph(t, s.values, s.dt)
	first := o.machine(t, tape)
	defer first.Close()
	want := o.run(t, first)
	o.forget(t)
	second := G.NewTapeMachine(o.g, G.BindDualValues(o.wrt...))
	defer second.Close()
	same(t, s.opCase, o.run(t, second), want)
}

// forget sets gradients to zero: Gorgonia adds those of the next run to them.
func (o *opGraph) forget(t *testing.T) {
	t.Helper()
	for _, n := range o.wrt {
		v, err := n.Grad()
		if err != nil {
			t.Fatal(err)
		}
		G.ZeroValue(v)
	}
}

// clonesRunAtOnce would show a state that an op keeps between runs: clones of a
// graph share its ops.
func (s opRun) clonesRunAtOnce(t *testing.T) {
	want := s.result(t, tape, s.values, s.dt)
	o := s.unreadGraph(t, s.values, s.dt)
	if _, err := G.Grad(o.loss, o.wrt...); err != nil {
		t.Fatal(err)
	}
	const clones = 3
	clone := make([]*opGraph, clones)
	errs := make([]error, clones)
	var done sync.WaitGroup
	for i := range clones {
		clone[i] = o.clone()
		vm := G.NewTapeMachine(clone[i].g, G.BindDualValues(clone[i].wrt...))
		done.Go(func() {
			defer vm.Close()
			errs[i] = vm.RunAll()
		})
	}
	done.Wait()
	for i, c := range clone {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		// Clones would read their outputs into one place, but the gradient of dout
		// is the output too.
		*c.read = opValue{shape: c.out.Shape(), floats: gradient(t, c.dout)}.of(c.out.Dtype())
		same(t, s.opCase, c.outcome(t), want)
	}
}

// clone finds the nodes again by their names.
func (o *opGraph) clone() *opGraph {
	g := o.g.Clone().(*G.ExprGraph)
	find := func(n *G.Node) *G.Node { return g.ByName(n.Name())[0] }
	c := &opGraph{g: g, out: o.out, dout: find(o.dout), read: new(G.Value)}
	for _, n := range o.in {
		c.in = append(c.in, find(n))
	}
	for _, n := range o.wrt {
		c.wrt = append(c.wrt, find(n))
	}
	return c
}

// everyValueCanBeTraced, and have its gradient kept.
func (s opRun) everyValueCanBeTraced(t *testing.T) {
	want := s.result(t, tape, s.values, s.dt)
	o := s.graph(t, s.values, s.dt)
	if _, err := G.Grad(o.loss, o.wrt...); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(o.g, G.BindDualValues(), G.TraceExec())
	defer vm.Close()
	same(t, s.opCase, o.run(t, vm), want)
	compare(t, "traced output", flat(o.out.Value()), want.out, 0)
}
