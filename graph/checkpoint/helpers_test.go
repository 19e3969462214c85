package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func wantError(t testing.TB, name string, err, kind error, says ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got error %v, want it to wrap %q", name, err, kind)
	}
	for _, s := range says {
		if !strings.Contains(fmt.Sprint(err), s) {
			t.Errorf("%s: error %v does not say %q", name, err, s)
		}
	}
}

// run is a training run on a small language model that draws random masks.
type run struct {
	params  []*layers.Param
	session *graph.Session
	solver  optim.Solver
	stream  *graph.Stream
	windows *graph.Windows
}

// progress is what a run keeps beside a snapshot's tensors.
type progress struct {
	Runs, Position int
	Losses         []float64
}

const rows = 2

func newRun(dt tensor.Dtype, seed uint64) *run {
	c := layers.DefaultLanguageModel(6, 4, 5, 2)
	c.EmbedLimit, c.Dtype, c.Seed = 1, dt, seed
	c.EmbedDropout, c.LayerDropout, c.OutputDropout = 0.2, 0.2, 0.2
	c.EGRU.Zoneout, c.EGRU.DropConnect = 0.2, 0.2
	model := must(layers.NewLanguageModel(c))
	text := make([]int, 200)
	for i := 2; i < len(text); i++ {
		text[i] = (text[i-1] + text[i-2] + 1) % 6
	}
	r := &run{
		params:  model.Params(),
		session: must(graph.NewSession(graph.LanguageModel{LanguageModel: model}, graph.Config{Seed: 3})),
		solver:  newSolver(),
		windows: must(graph.NewWindows(text, rows, 7)),
	}
	r.stream = r.session.NewStream(rows)
	return r
}

// newSolver has all that a solver can remember: moments, counts and schedules.
func newSolver() optim.Solver {
	c := optim.DefaultAdamW()
	c.LearnRate, c.Groups = 0.1/3, []optim.Group{optim.Frozen("*.threshold")}
	clip := must(optim.NewClip(must(optim.NewAdamW(c)), 0.5))
	falling := must(optim.NewScheduled(clip, optim.Cosine{Start: 3, End: 40, Floor: 0.1}))
	stepped := must(optim.NewScheduled(falling, optim.StepDecay{Every: 5, Gamma: 0.9}))
	return must(optim.NewProject(stepped, optim.Bound{Names: []string{"*.threshold"}, Low: 0, High: 1}))
}

// train makes n steps and gives their losses.
func (r *run) train(t testing.TB, n int) []float64 {
	t.Helper()
	var losses []float64
	for range n {
		if !r.windows.Next() {
			if err := r.windows.Seek(0); err != nil {
				t.Fatal(err)
			}
			r.stream.Reset()
			r.windows.Next()
		}
		result, err := r.session.Train(r.stream, r.windows.Feeds())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.solver.Step(result.Grads); err != nil {
			t.Fatal(err)
		}
		losses = append(losses, result.Loss)
	}
	return losses
}

func (r *run) take(t testing.TB, losses []float64) *Snapshot {
	t.Helper()
	s, err := Take(r.params, r.solver, r.stream, progress{r.session.Runs(), r.windows.Position() + r.windows.Steps(), losses})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// restore takes all of a snapshot and gives the losses that it tells of.
func (r *run) restore(t testing.TB, s *Snapshot) []float64 {
	t.Helper()
	var p progress
	for _, err := range []error{s.Restore(r.params, r.solver, r.stream), s.Decode(&p), r.windows.Seek(p.Position)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.session.SetRuns(p.Runs)
	return p.Losses
}

// bits are all bytes of a tensor with its shape and dtype.
func bits(d *tensor.Dense) string {
	return fmt.Sprintf("%v of %v: %x", d.Shape(), d.Dtype(), must(binary.Append(nil, binary.LittleEndian, d.Data())))
}

func bitsOfAll(all map[string]*tensor.Dense) map[string]string {
	m := map[string]string{}
	for name, d := range all {
		m[name] = bits(d)
	}
	return m
}

// wantSnapshot wants two snapshots to be the same to the bit.
func wantSnapshot(t testing.TB, got, want *Snapshot) {
	t.Helper()
	for part, p := range map[string][2]map[string]*tensor.Dense{"weights": {got.Weights, want.Weights}, "states": {got.States, want.States}} {
		g, w := bitsOfAll(p[0]), bitsOfAll(p[1])
		for name := range w {
			if g[name] != w[name] {
				t.Errorf("%s: %s is %.200s, want %.200s", part, name, g[name], w[name])
			}
		}
		if len(g) != len(w) || (p[0] == nil) != (p[1] == nil) {
			t.Errorf("%s: %d tensors, want %d", part, len(g), len(w))
		}
	}
	for name, w := range want.Solver.Tensors {
		g := got.Solver.Tensors[name]
		if !reflect.DeepEqual(g.Shape, w.Shape) || !slices.EqualFunc(g.Float32, w.Float32, sameBits32) || !slices.EqualFunc(g.Float64, w.Float64, sameBits64) {
			t.Errorf("state of the solver: %s is %v, want %v", name, g, w)
		}
	}
	if len(got.Solver.Tensors) != len(want.Solver.Tensors) {
		t.Errorf("state of the solver: %d tensors, want %d", len(got.Solver.Tensors), len(want.Solver.Tensors))
	}
	g, w := got.Solver, want.Solver
	g.Tensors, w.Tensors = nil, nil
	if !reflect.DeepEqual(g, w) {
		t.Errorf("state of the solver: %+v, want %+v", g, w)
	}
	if !bytes.Equal(got.Run, want.Run) {
		t.Errorf("run part %s, want %s", got.Run, want.Run)
	}
}

func sameBits32(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
func sameBits64(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func encoded(t testing.TB, s *Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// small is a snapshot of a few numbers with every part.
func small(step int) *Snapshot {
	x := float32(step)
	return &Snapshot{
		Weights: map[string]*tensor.Dense{"w": tensor.New(tensor.WithShape(2), tensor.WithBacking([]float32{x, -x}))},
		Solver: optim.State{
			Solver: "SGD", LearnRate: 0.1, Steps: map[string]int{"w": step + 1},
			Tensors: map[string]optim.Tensor{"w/velocity": {Shape: []int{2}, Float32: []float32{x, x}}},
		},
		States: map[string]*tensor.Dense{"rnn.h": tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float32{x, 1}))},
		Run:    []byte(fmt.Sprint(step)),
	}
}

// filesIn are the names of the files in a folder.
func filesIn(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}
