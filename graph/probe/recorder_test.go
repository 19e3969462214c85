package probe_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// training is a tiny language model on its way through some tokens.
type training struct {
	t       *testing.T
	model   *layers.LanguageModel
	session *graph.Session
	stream  *graph.Stream
	solver  optim.Solver
	tokens  []int
	at      int // of the next window in each row
}

func newTraining(t *testing.T, edit func(*layers.LanguageModelConfig)) *training {
	t.Helper()
	config := layers.DefaultLanguageModel(vocabulary, embed, hidden, 2)
	config.EGRU.ThresholdMean = 0.05
	config.EGRU.KernelGain = 3
	config.EGRU.Surrogate = surrogate.Triangle{Dampening: 1, Support: 6}
	config.EmbedLimit = 1
	config.Seed = 7
	if edit != nil {
		edit(&config)
	}
	model, err := layers.NewLanguageModel(config)
	if err != nil {
		t.Fatal(err)
	}
	session, err := graph.NewSession(exposed{model}, graph.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	adam := optim.DefaultAdam()
	adam.LearnRate = 0.01
	solver, err := optim.NewAdam(adam)
	if err != nil {
		t.Fatal(err)
	}
	tokens := make([]int, 1000)
	for i := range tokens {
		tokens[i] = i * i % vocabulary
	}
	return &training{t, model, session, session.NewStream(rows), solver, tokens, 0}
}

func (r *training) feeds(n int) graph.Feeds {
	ids, targets := make([]int, 0, n*rows), make([]int, 0, n*rows)
	for t := range n {
		for b := range rows {
			at := b*len(r.tokens)/rows + r.at + t
			ids, targets = append(ids, r.tokens[at]), append(targets, r.tokens[at+1])
		}
	}
	r.at += n
	of := func(numbers []int) *tensor.Dense {
		return tensor.New(tensor.WithShape(n, rows), tensor.WithBacking(numbers))
	}
	return graph.Feeds{graph.Tokens: of(ids), graph.Targets: of(targets)}
}

// train trains on a window of n steps, and gives the bits of all gradients too.
func (r *training) train(n int) (graph.Result, []uint64) {
	r.t.Helper()
	result, err := r.session.Train(r.stream, r.feeds(n))
	if err != nil {
		r.t.Fatal(err)
	}
	var bits []uint64
	for _, g := range result.Grads {
		v, err := g.Grad()
		if err != nil {
			r.t.Fatal(err)
		}
		for _, x := range numbers(r.t, v.Data()) {
			bits = append(bits, math.Float64bits(x))
		}
	}
	if err := r.solver.Step(result.Grads); err != nil {
		r.t.Fatal(err)
	}
	return result, bits
}

func (r *training) evaluate(n int) graph.Result {
	r.t.Helper()
	result, err := r.session.Evaluate(r.stream, r.feeds(n))
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

// exposed is a language model that gives events, states and outputs of its layers.
type exposed struct{ *layers.LanguageModel }

func (m exposed) Build(w *graph.Window) error {
	out, err := m.Run(w.Input(graph.Tokens, tensor.Int, w.T, w.B), graph.States(w, m.Stack()), w.Run)
	if err != nil {
		return err
	}
	for i, l := range m.Stack().Layers() {
		of := out.Layers[i].Sequence()
		parts := map[string]func() (*G.Node, error){"y": of.Y}
		if m.Config().Cell == layers.CellEGRU {
			parts["events"], parts["states"] = of.Events, of.States
		}
		for name, part := range parts {
			n, err := part()
			if err != nil {
				return err
			}
			w.Output(l.Name()+" "+name, n)
		}
	}
	loss, err := m.Loss(out.Signal, w.Input(graph.Targets, tensor.Int, w.T, w.B))
	if err != nil {
		return err
	}
	n, err := loss.Loss()
	if err != nil {
		return err
	}
	w.Loss(n)
	return graph.CarryStates(w, m.Stack(), out)
}

func numbers(t *testing.T, v any) []float64 {
	t.Helper()
	d := reflect.ValueOf(v)
	all := make([]float64, d.Len())
	for i := range all {
		all[i] = d.Index(i).Float()
	}
	return all
}

func record(t *testing.T, c probe.RecorderConfig, of ...layers.Recurrent) *probe.Recorder {
	t.Helper()
	r, err := probe.NewRecorder(c, of...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var models = map[string]func(*layers.LanguageModelConfig){
	"evnn": nil,
	"paper with dropout and zoneout": func(c *layers.LanguageModelConfig) {
		c.EGRU.Variant = ops.Paper
		c.EGRU.Zoneout, c.LayerDropout, c.EGRU.DropConnect = 0.2, 0.3, 0.1
	},
	"gru in float64": func(c *layers.LanguageModelConfig) { c.Cell, c.Dtype = layers.CellGRU, tensor.Float64 },
	"evnn in float64": func(c *layers.LanguageModelConfig) {
		c.Dtype = tensor.Float64
		c.EGRU.Zoneout = 0.2
	},
}

// bitsOf are the bits of all weights.
func bitsOf(t *testing.T, ps []*layers.Param) []uint64 {
	var all []uint64
	for _, p := range ps {
		for _, v := range numbers(t, p.Value().Data()) {
			all = append(all, math.Float64bits(v))
		}
	}
	return all
}

func TestARecordedTrainingIsTheSameToTheBit(t *testing.T) {
	for name, edit := range models {
		t.Run(name, func(t *testing.T) {
			type run struct {
				losses    []uint64
				gradients [][]uint64
				weights   []uint64
				counts    probe.Counts
			}
			of := func(recorded bool) (run, []probe.Record) {
				r := newTraining(t, edit)
				c := probe.DefaultRecorder()
				c.Rows = []int{2, 0}
				recorder := record(t, c, r.model.Stack().Layers()...)
				var all run
				for i, n := range []int{5, 7, 5, 1, 5} {
					if recorded && i > 0 {
						recorder.Start()
					}
					result, grads := r.train(n)
					all.losses = append(all.losses, math.Float64bits(result.Loss), math.Float64bits(r.evaluate(3).Loss))
					all.gradients = append(all.gradients, grads)
					if i == 3 {
						recorder.Stop()
					}
				}
				recorder.Stop()
				all.weights = bitsOf(t, r.model.Params())
				all.counts = probe.LanguageModel(r.model).Read()
				return all, recorder.Records()
			}
			want, none := of(false)
			got, records := of(true)
			if !reflect.DeepEqual(got, want) {
				t.Error("losses, gradients, weights or counts differ")
			}
			for i, r := range records {
				if none[i].Steps() != 0 || r.Steps() == 0 {
					t.Errorf("layer %s: %d steps were recorded, %d while off", r.Layer, r.Steps(), none[i].Steps())
				}
			}
		})
	}
}

func TestARecordHoldsWhatTheLayersComputed(t *testing.T) {
	for name, edit := range models {
		t.Run(name, func(t *testing.T) {
			r := newTraining(t, edit)
			c := probe.DefaultRecorder()
			c.Rows = []int{2, 0}
			recorder := record(t, c, r.model.Stack().Layers()...)
			recorder.Start()
			windows := []int{5, 3, 7}
			want := map[string][]float64{} // (T, H) of each output and row, over all windows
			for _, n := range windows {
				result, _ := r.train(n)
				for name, out := range result.Outputs {
					all, H := numbers(t, out.Data()), out.Shape()[2]
					for step := range n {
						for b := range rows {
							key := fmt.Sprintf("%s of row %d", name, b)
							at := (step*rows + b) * H
							want[key] = append(want[key], all[at:at+H]...)
						}
					}
				}
			}
			for i, rec := range recorder.Records() {
				if len(rec.Pieces) != 2 || rec.Pieces[0].Row != 2 || rec.Pieces[1].Row != 0 {
					t.Fatalf("layer %s has pieces %+v, want one of row 2 and one of row 0", rec.Layer, rec.Pieces)
				}
				gru := rec.Cell == "GRU"
				for _, p := range rec.Pieces {
					if p.Start != 0 || p.Steps() != 15 {
						t.Fatalf("the piece has %d steps from %d on, want 15 from 0 on: the stream goes on", p.Steps(), p.Start)
					}
					of := func(what string) []float64 { return want[fmt.Sprintf("%s %s of row %d", rec.Layer, what, p.Row)] }
					var events, outputs []float64
					for step := range p.Steps() {
						for j := range rec.Units {
							o := 0.0
							if p.Events[step][j] {
								o = 1
							}
							events = append(events, o)
							outputs = append(outputs, o*p.States[step][j])
						}
					}
					if !slices.Equal(outputs, of("y")) {
						t.Errorf("outputs are %v, want %v", outputs, of("y"))
					}
					if gru {
						if p.Thresholds != nil || p.Surrogates != nil {
							t.Error("a GRU has thresholds or surrogates")
						}
						continue
					}
					if !slices.Equal(events, of("events")) || !slices.Contains(events, 1) || !slices.Contains(events, 0) {
						t.Errorf("events are %v, want %v", events, of("events"))
					}
					if got := slices.Concat(p.Carried...); !slices.Equal(got, of("states")) {
						t.Errorf("states carried on are %v, want %v", got, of("states"))
					}
					for step := range p.Steps() {
						for j := range rec.Units {
							if p.Events[step][j] != (p.States[step][j] > p.Thresholds[step][j]) {
								t.Errorf("step %d unit %d: event %v of %v at %v", step, j, p.Events[step][j], p.States[step][j], p.Thresholds[step][j])
							}
						}
					}
				}
				if want := map[bool][3]string{true: {"r", "z", "n"}}[gru]; gru && rec.GateNames != want {
					t.Errorf("layer %d: gates are %v, want %v", i, rec.GateNames, want)
				}
			}
		})
	}
}

// With all rows recorded a record counts what the meters count.
func TestARecordAgreesWithTheMeters(t *testing.T) {
	for name, edit := range models {
		t.Run(name, func(t *testing.T) {
			r := newTraining(t, edit)
			c := probe.DefaultRecorder()
			c.Rows = []int{0, 1, 2}
			recorder := record(t, c, r.model.Stack().Layers()...)
			recorder.Start()
			for range 3 {
				r.train(5)
			}
			for i, counted := range probe.LanguageModel(r.model).Read().Layers {
				rec := recorder.Records()[i]
				if got, want := rec.Activity(), counted.Activity(); math.Abs(got-want) > 1e-12 {
					t.Errorf("activity is %v, the meter says %v", got, want)
				}
				p := rec.Passage()
				if got, want := p.Passed(), counted.BackwardActivity(); math.Abs(got-want) > 1e-12 || p.Units != int(counted.BackwardUnits) {
					t.Errorf("%v of %d units passed a gradient, the meter says %v of %d", got, p.Units, want, counted.BackwardUnits)
				}
				if rec.Cell != "GRU" && (p.Cut == 0 || p.Surrogate == 0) {
					t.Errorf("%+v: want some units that cut and some that pass by the surrogate", p)
				}
			}
		})
	}
}

func TestARingKeepsTheLastSteps(t *testing.T) {
	r := newTraining(t, nil)
	all := record(t, probe.DefaultRecorder(), r.model.Stack().Layers()...)
	c := probe.DefaultRecorder()
	c.Keep = probe.Ring{Steps: 12}
	last := record(t, c, r.model.Stack().Layers()...)
	all.Start()
	last.Start()
	for _, n := range []int{5, 9, 1, 20, 4, 4} {
		r.train(n)
		for i, got := range last.Records() {
			whole := all.Records()[i].Pieces[0]
			from := max(0, whole.Steps()-12)
			if len(got.Pieces) != 1 {
				t.Fatalf("%d pieces, want 1", len(got.Pieces))
			}
			p := got.Pieces[0]
			if p.Start != int64(from) || !reflect.DeepEqual(p.Events, whole.Events[from:]) ||
				!reflect.DeepEqual(p.States, whole.States[from:]) || !reflect.DeepEqual(p.Gates[1], whole.Gates[1][from:]) ||
				!reflect.DeepEqual(p.StateGrads, whole.StateGrads[from:]) {
				t.Fatalf("the ring holds %d steps from %d on, other than the last 12 of %d", p.Steps(), p.Start, whole.Steps())
			}
		}
	}
}

func TestAPieceEndsWhereTheStateDoesNotGoOn(t *testing.T) {
	r := newTraining(t, nil)
	recorder := record(t, probe.DefaultRecorder(), r.model.Stack().Layers()...)
	recorder.Start()
	r.train(5)
	r.train(5)
	r.stream.Reset()
	r.train(5)
	recorder.Stop()
	r.train(5) // not seen
	recorder.Start()
	r.train(5)
	r.evaluate(5)
	for _, rec := range recorder.Records() {
		var got []string
		for _, p := range rec.Pieces {
			got = append(got, fmt.Sprintf("%d+%d", p.Start, p.Steps()))
		}
		if want := "[0+10 10+5 15+10]"; fmt.Sprint(got) != want {
			t.Errorf("pieces are %v, want %s", got, want)
		}
		last := rec.Pieces[2]
		for step := range last.Steps() {
			if _, known := last.Passed(step, 0); known != (step < 5) || (last.StateGrads[step] != nil) != known {
				t.Errorf("step %d: gradients known is %v, want those of the training alone", step, known)
			}
		}
	}
}

func TestAReservoirKeepsWholeWindowsTheSameOfAllLayers(t *testing.T) {
	starts := map[int64]bool{}
	for seed := range uint64(20) {
		r := newTraining(t, nil)
		c := probe.DefaultRecorder()
		c.Keep = probe.Reservoir{Windows: 2, Steps: 4, Seed: seed}
		recorder := record(t, c, r.model.Stack().Layers()...)
		recorder.Start()
		for _, n := range []int{3, 4, 6, 2, 3} { // from steps 0, 3, 7 (kept from 9 on), 13, 15
			r.evaluate(n)
		}
		lengths := map[int64]int{0: 3, 3: 4, 9: 4, 13: 2, 15: 3}
		var first string
		for i, rec := range recorder.Records() {
			var kept []string
			for _, p := range rec.Pieces {
				at, left := p.Start, p.Steps()
				for left > 0 { // a piece may be of two windows
					n, ok := lengths[at]
					if !ok || n > left {
						t.Fatalf("a piece of %d steps begins at %d: no whole windows", p.Steps(), p.Start)
					}
					starts[at] = true
					kept = append(kept, fmt.Sprint(at))
					at, left = at+int64(n), left-n
				}
			}
			if len(kept) != 2 {
				t.Errorf("windows %v are kept, want 2", kept)
			}
			if i == 0 {
				first = fmt.Sprint(kept)
			} else if fmt.Sprint(kept) != first {
				t.Errorf("layers keep windows %s and %v", first, kept)
			}
		}
	}
	if len(starts) != 5 {
		t.Errorf("of twenty draws only windows %v were ever kept", starts)
	}
}

func TestUnitsThatWereAskedForAreRecorded(t *testing.T) {
	r := newTraining(t, nil)
	all := record(t, probe.DefaultRecorder(), r.model.Stack().Layers()...)
	c := probe.DefaultRecorder()
	c.Units = []int{4, 0}
	some := record(t, c, r.model.Stack().Layers()...)
	all.Start()
	some.Start()
	r.train(5)
	r.train(5)
	for i, got := range some.Records() {
		whole := all.Records()[i]
		if !reflect.DeepEqual(got.Units, []int{4, 0}) || len(got.Pieces) != 1 {
			t.Fatalf("units %v in %d pieces", got.Units, len(got.Pieces))
		}
		g, w := got.Pieces[0], whole.Pieces[0]
		for step := range w.Steps() {
			for k, u := range got.Units {
				if g.Events[step][k] != w.Events[step][u] || g.States[step][k] != w.States[step][u] || g.OutputGrads[step][k] != w.OutputGrads[step][u] {
					t.Errorf("step %d: unit %d differs from when all are recorded", step, u)
				}
			}
		}
	}
}

func TestOnlyWhatIsAskedForIsRecorded(t *testing.T) {
	r := newTraining(t, nil)
	c := probe.DefaultRecorder()
	whole := record(t, c, r.model.Stack().Layers()...).Bytes()
	c.States, c.Gates, c.Gradients = false, false, false
	recorder := record(t, c, r.model.Stack().Layers()...)
	recorder.Start()
	r.train(5)
	r.train(5)
	p := recorder.Records()[0].Pieces
	if len(p) != 1 || p[0].Steps() != 10 || p[0].States != nil || p[0].Carried != nil || p[0].Thresholds != nil ||
		p[0].Gates[0] != nil || p[0].Surrogates != nil || p[0].OutputGrads != nil || p[0].StateGrads != nil {
		t.Errorf("pieces are %+v, want one of 10 steps with events alone", p)
	}
	if recorder.Bytes() > whole/10 {
		t.Errorf("events alone take %d bytes, everything %d", recorder.Bytes(), whole)
	}
	if n := recorder.Records()[0].Passage().Units; n != 0 {
		t.Errorf("%d units are known to have passed or cut a gradient", n)
	}
}

func TestRecordingStopsGoesOnAndIsForgotten(t *testing.T) {
	r := newTraining(t, nil)
	recorder := record(t, probe.DefaultRecorder(), r.model.Stack().Layers()...)
	steps := func() int { return recorder.Records()[0].Steps() }
	r.evaluate(5)
	before := steps()
	recorder.Start()
	recorder.Start() // once is enough
	r.evaluate(5)
	on := steps()
	copied := recorder.Records()[0]
	copied.Pieces[0].Events[0][0] = !copied.Pieces[0].Events[0][0]
	if reflect.DeepEqual(copied, recorder.Records()[0]) {
		t.Error("a record shares memory with the recorder")
	}
	recorder.Stop()
	recorder.Stop()
	r.evaluate(5)
	off := steps()
	recorder.Clear()
	cleared := steps()
	recorder.Start()
	recorder.Clear()
	r.evaluate(5)
	if got, want := []int{before, on, off, cleared, steps()}, []int{0, 5, 5, 0, 5}; !slices.Equal(got, want) {
		t.Errorf("steps are %v, want %v", got, want)
	}
}

func TestARowThatTheBatchDoesNotHaveIsPassedOver(t *testing.T) {
	r := newTraining(t, nil)
	c := probe.DefaultRecorder()
	c.Rows = []int{1, 64}
	recorder := record(t, c, r.model.Stack().Layers()...)
	recorder.Start()
	r.train(5)
	for _, rec := range recorder.Records() {
		if len(rec.Pieces) != 1 || rec.Pieces[0].Row != 1 || rec.Pieces[0].StateGrads[4] == nil {
			t.Errorf("layer %s: pieces %+v, want one of row 1", rec.Layer, rec.Pieces)
		}
	}
}

// A window without the row is none of its windows.
func TestABatchWithoutTheRowTakesNoPlaceInAReservoir(t *testing.T) {
	r := newTraining(t, nil)
	c := probe.DefaultRecorder()
	c.Keep, c.Rows = probe.Reservoir{Windows: 1, Steps: 5}, []int{2}
	recorder := record(t, c, r.model.Stack().Layers()...)
	recorder.Start()
	r.train(5)
	ids := func() *tensor.Dense { return tensor.New(tensor.WithShape(4, 1), tensor.WithBacking([]int{1, 2, 3, 4})) }
	for range 30 {
		if _, err := r.session.Evaluate(r.session.NewStream(1), graph.Feeds{graph.Tokens: ids(), graph.Targets: ids()}); err != nil {
			t.Fatal(err)
		}
	}
	if n := recorder.Records()[0].Steps(); n != 5 {
		t.Errorf("%d steps are left of the 5 of the one window with the row", n)
	}
}

func TestStepsPastTheEndOfARowAreNotRecorded(t *testing.T) {
	layer, err := layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3))
	if err != nil {
		t.Fatal(err)
	}
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float32, 3, G.WithShape(4, 3, 2), G.WithName("x"), G.WithValue(tensor.New(tensor.WithShape(4, 3, 2), tensor.Of(tensor.Float32))))
	lengths := G.NewTensor(g, tensor.Int, 1, G.WithShape(3), G.WithName("lengths"), G.WithValue(tensor.New(tensor.WithBacking([]int{2, 0, 4}))))
	if _, err := layer.Run(layers.Signal{X: x}, layers.State{}, layers.Run{Lengths: lengths}); err != nil {
		t.Fatal(err)
	}
	c := probe.DefaultRecorder()
	c.Rows = []int{0, 1, 2}
	recorder := record(t, c, layer)
	recorder.Start()
	if err := G.NewTapeMachine(g).RunAll(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range recorder.Records()[0].Pieces {
		got = append(got, fmt.Sprintf("row %d: %d", p.Row, p.Steps()))
	}
	if want := "[row 0: 2 row 2: 4]"; fmt.Sprint(got) != want {
		t.Errorf("steps are %v, want %s", got, want)
	}
}

func TestMachinesAtOnceAreRecorded(t *testing.T) {
	layer, err := layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3))
	if err != nil {
		t.Fatal(err)
	}
	var vms []G.VM
	for range 4 {
		g := G.NewGraph()
		x := G.NewTensor(g, tensor.Float32, 3, G.WithShape(5, 2, 2), G.WithName("x"), G.WithValue(tensor.New(tensor.WithShape(5, 2, 2), tensor.Of(tensor.Float32))))
		if _, err := layer.Forward(x); err != nil {
			t.Fatal(err)
		}
		vms = append(vms, G.NewTapeMachine(g))
	}
	recorder := record(t, probe.DefaultRecorder(), layer)
	recorder.Start()
	var all sync.WaitGroup
	for _, vm := range vms {
		all.Go(func() {
			for range 5 {
				if err := vm.RunAll(); err != nil {
					t.Error(err)
				}
				vm.Reset()
				recorder.Records()
			}
		})
	}
	all.Wait()
	recorder.Stop()
	if n := recorder.Records()[0].Steps(); n != 4*5*5 {
		t.Errorf("%d steps were recorded, want 100", n)
	}
}

func TestRecorderErrors(t *testing.T) {
	layer, err := layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3))
	if err != nil {
		t.Fatal(err)
	}
	one := []layers.Recurrent{layer}
	for _, c := range []struct {
		name   string
		edit   func(*probe.RecorderConfig)
		layers []layers.Recurrent
		want   string
	}{
		{"no keep", func(c *probe.RecorderConfig) { c.Keep = nil }, one, "Keep is nil, want a Ring or a Reservoir"},
		{"empty ring", func(c *probe.RecorderConfig) { c.Keep = probe.Ring{} }, one, "Ring.Steps is 0, want at least 1"},
		{"empty reservoir", func(c *probe.RecorderConfig) { c.Keep = probe.Reservoir{Windows: 1} }, one, "Reservoir has 1 windows of 0 steps"},
		{"no rows", func(c *probe.RecorderConfig) { c.Rows = nil }, one, "Rows are [], want at least one"},
		{"a row twice", func(c *probe.RecorderConfig) { c.Rows = []int{1, 1} }, one, "Rows are [1 1]"},
		{"a row below 0", func(c *probe.RecorderConfig) { c.Rows = []int{-1} }, one, "Rows are [-1]"},
		{"no units", func(c *probe.RecorderConfig) { c.Units = []int{} }, one, "Units are [], want at least one"},
		{"a unit twice", func(c *probe.RecorderConfig) { c.Units = []int{0, 0} }, one, "Units are [0 0]"},
		{"a unit that is not there", func(c *probe.RecorderConfig) { c.Units = []int{1, 3} }, one, "unit 3 is not in layer rnn of 3 units"},
		{"no memory", func(c *probe.RecorderConfig) { c.MaxBytes = 0 }, one, "MaxBytes is 0, want at least 1"},
		{"too little memory", func(c *probe.RecorderConfig) { c.MaxBytes = 1000 }, one, "a ring of 512 steps takes 132608 bytes, more than the 1000 allowed"},
		{"all the memory there is", func(c *probe.RecorderConfig) { c.Keep = probe.Reservoir{Windows: math.MaxInt, Steps: math.MaxInt} }, one, "allowed"},
		{"no layers", func(*probe.RecorderConfig) {}, nil, "there are no layers"},
		{"a nil layer", func(*probe.RecorderConfig) {}, []layers.Recurrent{layer, nil}, "layer 1 is nil"},
		{"a layer twice", func(*probe.RecorderConfig) {}, []layers.Recurrent{layer, layer}, "two layers are named rnn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := probe.DefaultRecorder()
			c.edit(&config)
			r, err := probe.NewRecorder(config, c.layers...)
			if r != nil || !errors.Is(err, probe.ErrRecord) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "recorder: ") {
				t.Errorf("error is %v, want recorder: ...%s...", err, c.want)
			}
		})
	}
}
