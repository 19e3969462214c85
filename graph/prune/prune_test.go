package prune_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/prune"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// random is a tensor of dt from a normal distribution.
func random(r *rand.Rand, dt tensor.Dtype, shape ...int) *tensor.Dense {
	n := tensor.Shape(shape).TotalSize()
	if dt == tensor.Float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
}

// set changes every number of a tensor.
func set(d *tensor.Dense, f func(i int, x float64) float64) {
	switch x := d.Data().(type) {
	case []float32:
		for i := range x {
			x[i] = float32(f(i, float64(x[i])))
		}
	case []float64:
		for i := range x {
			x[i] = f(i, x[i])
		}
	}
}

// numbers are those of a tensor in float64.
func numbers(d *tensor.Dense) []float64 {
	var all []float64
	set(d.Clone().(*tensor.Dense), func(_ int, x float64) float64 { all = append(all, x); return x })
	return all
}

// run gives the outputs of layers on top of each other, and what top makes of them
// if there is one.
func run(t require, x *tensor.Dense, egrus []*layers.EGRU, top *layers.Linear) (ys []*tensor.Dense) {
	g := G.NewGraph()
	in := G.NewTensor(g, x.Dtype(), 3, G.WithShape(x.Shape()...), G.WithName("x"), G.WithValue(x))
	var values []*G.Value
	read := func(n *G.Node) {
		values = append(values, new(G.Value))
		G.Read(n, values[len(values)-1])
	}
	s := layers.Signal{X: in}
	for _, l := range egrus {
		out, err := l.Run(s, layers.State{}, layers.Run{})
		if err != nil {
			t.Fatal(err)
		}
		s = out.Signal
		read(s.X)
	}
	if top != nil {
		y, err := top.Forward(s.X)
		if err != nil {
			t.Fatal(err)
		}
		read(y)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		ys = append(ys, (*v).(*tensor.Dense))
	}
	return ys
}

// require is what tests and properties have in common.
type require interface {
	Fatal(args ...any)
}

// layer is one of random weights, biases and thresholds, of which some are so high
// that no unit reaches them.
func layer(t *rapid.T, name string, I, H int, dt tensor.Dtype, r *rand.Rand) *layers.EGRU {
	c := layers.DefaultEGRU(I, H)
	c.Dtype, c.Seed = dt, r.Uint64()
	c.Variant = rapid.SampledFrom([]ops.Variant{ops.EvNN, ops.Paper}).Draw(t, name+": variant")
	c.OutputGain = rapid.SampledFrom([]float64{1, 3}).Draw(t, name+": gain")
	c.LearnGain = rapid.Bool().Draw(t, name+": learned")
	c.Zoneout = rapid.SampledFrom([]float64{0, 0.3}).Draw(t, name+": zoneout")
	silent := rapid.SliceOfN(rapid.Bool(), H, H).Draw(t, name+": silent")
	l := must(layers.NewEGRU(name, c))
	for _, p := range l.Params() {
		if !strings.HasSuffix(p.Name(), "kernel") {
			set(p.Value(), func(_ int, x float64) float64 { return x + 0.1*r.NormFloat64() })
		}
	}
	set(l.Threshold().Value(), func(i int, _ float64) float64 {
		if silent[i] {
			return 1.5 // states stay below 1
		}
		return 0.2 * r.Float64()
	})
	return l
}

func TestWhatIsLeftComputesTheSameNumbers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const T, B, I = 7, 3, 4
		H, H2 := rapid.IntRange(1, 40).Draw(rt, "H"), rapid.IntRange(1, 10).Draw(rt, "H2")
		dt := rapid.SampledFrom([]tensor.Dtype{tensor.Float32, tensor.Float64}).Draw(rt, "dtype")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		below, above := layer(rt, "below", I, H, dt, r), layer(rt, "above", H, H2, dt, r)
		top := must(layers.NewLinear("top", layers.LinearConfig{Inputs: H2, Outputs: 3, Dtype: dt, NoBias: rapid.Bool().Draw(rt, "no bias"), Seed: 1}))
		for _, p := range top.Params() {
			set(p.Value(), func(int, float64) float64 { return r.NormFloat64() })
		}
		x := random(r, dt, T, B, I)
		want := run(rt, x, []*layers.EGRU{below, above}, top)

		units, units2 := prune.Active(must(prune.CountEvents(want[0]))), prune.Active(must(prune.CountEvents(want[1])))
		if len(units) == 0 || len(units2) == 0 {
			rt.Skip("a layer is silent as a whole")
		}
		small, err := prune.EGRU(below, nil, units)
		if err != nil {
			rt.Fatal(err)
		}
		next, err := prune.EGRU(above, units, units2)
		if err != nil {
			rt.Fatal(err)
		}
		last, err := prune.Linear(top, units2)
		if err != nil {
			rt.Fatal(err)
		}
		got := run(rt, x, []*layers.EGRU{small, next}, last)
		for i, kept := range [][]int{units, units2, {0, 1, 2}} {
			whole, n := numbers(want[i]), want[i].Shape()[2]
			var columns []float64
			for row := range T * B {
				for _, unit := range kept {
					columns = append(columns, whole[row*n+unit])
				}
			}
			if g := numbers(got[i]); !slices.Equal(g, columns) {
				rt.Fatalf("layer %d: outputs %v, want %v", i, g, columns)
			}
		}
	})
}

func TestNothingToRemoveGivesACopy(t *testing.T) {
	c := layers.DefaultEGRU(2, 3)
	c.LearnGain = true
	l := must(layers.NewEGRU("rnn", c))
	small := must(prune.EGRU(l, nil, nil))
	for i, p := range l.Params() {
		q := small.Params()[i]
		if q.Name() != p.Name() || !slices.Equal(numbers(q.Value()), numbers(p.Value())) {
			t.Errorf("%s differs", p.Name())
		}
		set(q.Value(), func(int, float64) float64 { return 7 })
		if numbers(p.Value())[0] == 7 {
			t.Errorf("%s shares memory", p.Name())
		}
	}
}

// model has so high thresholds in some units that they are silent: those of odd
// number in layer 0, all but the first three of layer 1.
func model(change func(*layers.LanguageModelConfig)) *layers.LanguageModel {
	c := layers.DefaultLanguageModel(11, 6, 12, 3)
	c.EmbedLimit, c.Seed = 1, 3
	change(&c)
	m := must(layers.NewLanguageModel(c))
	r := rand.New(rand.NewPCG(4, 0))
	for _, p := range m.Params() {
		if strings.HasSuffix(p.Name(), "bias") {
			set(p.Value(), func(int, float64) float64 { return 0.3 * r.NormFloat64() })
		}
	}
	for i, l := range m.Stack().Layers() {
		if l, ok := l.(*layers.EGRU); ok {
			set(l.Threshold().Value(), func(unit int, _ float64) float64 {
				if i == 0 && unit%2 == 1 || i == 1 && unit > 2 {
					return 1.5
				}
				return 0.02
			})
		}
	}
	return m
}

func text() []int {
	r := rand.New(rand.NewPCG(5, 0))
	ids := make([]int, 400)
	for i := range ids {
		ids[i] = r.IntN(11)
	}
	return ids
}

// losses are those of each window of a text.
func losses(t *testing.T, m *layers.LanguageModel) (all []float64) {
	t.Helper()
	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: m}, graph.Config{}))
	windows, stream := must(graph.NewWindows(text(), 3, 20)), session.NewStream(3)
	for windows.Next() {
		all = append(all, must(session.Evaluate(stream, windows.Feeds())).Loss)
	}
	return all
}

func TestALanguageModelLosesItsSilentUnitsAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*layers.LanguageModelConfig)
		units  []int // after, at most
	}{
		{"tied", func(*layers.LanguageModelConfig) {}, []int{6, 6, 6}},
		{"untied", func(c *layers.LanguageModelConfig) { c.Tied = false }, []int{12, 12, 12}},
		{"untied, two layers", func(c *layers.LanguageModelConfig) { c.Tied, c.Layers = false, 2 }, []int{6, 6}},
		{"tied, one layer", func(c *layers.LanguageModelConfig) { c.Layers = 1 }, []int{6}},
		{"of Paper, in float64, with dropout", func(c *layers.LanguageModelConfig) {
			c.EGRU.Variant, c.Dtype, c.LayerDropout, c.EGRU.Zoneout, c.EGRU.LearnGain = ops.Paper, tensor.Float64, 0.3, 0.1, false
		}, []int{6, 6, 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := model(c.change)
			events := must(prune.Events(m, must(graph.NewWindows(text(), 3, 20))))
			small := must(prune.LanguageModel(m, events))
			for i, l := range small.Stack().Layers() {
				if n := l.Units(); n > c.units[i] {
					t.Errorf("%s has %d units, want at most %d; events %v", l.Name(), n, c.units[i], events[i])
				}
			}
			want, got := losses(t, m), losses(t, small)
			for i := range want {
				if !(math.Abs(got[i]-want[i]) <= 1e-12*want[i]) {
					t.Errorf("window %d: loss %v, want %v", i, got[i], want[i])
				}
			}
			if again := must(prune.LanguageModel(small, must(prune.Events(small, must(graph.NewWindows(text(), 3, 20)))))); layers.Size(again.Params()) != layers.Size(small.Params()) {
				t.Error("pruned once more it becomes smaller still")
			}
		})
	}
}

func TestASilentModelKeepsOneUnitALayer(t *testing.T) {
	m := model(func(c *layers.LanguageModelConfig) { c.Layers = 2 })
	small := must(prune.LanguageModel(m, [][]int{make([]int, 12), make([]int, 6)}))
	if n := small.Config().Hidden; n != 1 {
		t.Errorf("%d units, want 1", n)
	}
}

func TestEventsAreCountedByUnit(t *testing.T) {
	y := tensor.New(tensor.WithShape(2, 2, 3), tensor.WithBacking([]float32{0, 1, 0, -2, 0, 0, 0, 3, 0, 0, 4, 0}))
	events := must(prune.CountEvents(y))
	if !slices.Equal(events, []int{1, 3, 0}) || !slices.Equal(prune.Active(events), []int{0, 1}) {
		t.Errorf("events %v, active %v", events, prune.Active(events))
	}
}

func TestWhatCannotBePrunedIsNamed(t *testing.T) {
	l := must(layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3)))
	top := must(layers.NewLinear("top", layers.DefaultLinear(3, 2)))
	m := model(func(*layers.LanguageModelConfig) {})
	gru := model(func(c *layers.LanguageModelConfig) { c.Cell = layers.CellGRU })
	windows := must(graph.NewWindows(text(), 3, 20))
	wide := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{1, 2, 3, 4, 5, math.NaN()}))
	view, err := wide.Slice(nil, tensor.S(0, 2))
	if err != nil {
		t.Fatal(err)
	}
	columns := tensor.New(tensor.WithShape(2, 3), tensor.AsFortran([]float64{1, 1, 0, 0, 0, 0}))
	for _, c := range []struct {
		says     string
		sentinel error
		got      func() (any, error)
	}{
		{"EGRU layer is nil", prune.ErrModel, func() (any, error) { return prune.EGRU(nil, nil, nil) }},
		{"linear layer is nil", prune.ErrModel, func() (any, error) { return prune.Linear(nil, nil) }},
		{"rnn: no units are to stay, want at least one of the 3", prune.ErrUnits, func() (any, error) { return prune.EGRU(l, nil, []int{}) }},
		{"rnn: units[1] is 0, want it above 0 and below 3", prune.ErrUnits, func() (any, error) { return prune.EGRU(l, nil, []int{0, 0}) }},
		{"rnn: units[0] is 3, want it above -1 and below 3", prune.ErrUnits, func() (any, error) { return prune.EGRU(l, nil, []int{3}) }},
		{"rnn: inputs[1] is 2, want it above 1 and below 2", prune.ErrUnits, func() (any, error) { return prune.EGRU(l, []int{1, 2}, nil) }},
		{"rnn: inputs[0] is -1", prune.ErrUnits, func() (any, error) { return prune.EGRU(l, []int{-1}, nil) }},
		{"top: inputs[0] is 5, want it above -1 and below 3", prune.ErrUnits, func() (any, error) { return prune.Linear(top, []int{5}) }},
		{"language model is nil", prune.ErrModel, func() (any, error) { return prune.LanguageModel(nil, nil) }},
		{"language model is of the cell gru, whose units send no events", prune.ErrModel, func() (any, error) { return prune.Events(gru, windows) }},
		{"language model is nil", prune.ErrModel, func() (any, error) { return prune.Events(nil, windows) }},
		{"windows are nil", graph.ErrFeed, func() (any, error) { return prune.Events(m, nil) }},
		{"events of 1 layers, want 3", prune.ErrUnits, func() (any, error) { return prune.LanguageModel(m, make([][]int, 1)) }},
		{"events of 0 units of rnn.0, want 12", prune.ErrUnits, func() (any, error) { return prune.LanguageModel(m, make([][]int, 3)) }},
		{"y is nil", prune.ErrOutput, func() (any, error) { return prune.CountEvents(nil) }},
		{"y is NaN in row 1 for unit 2", prune.ErrOutput, func() (any, error) { return prune.CountEvents(wide) }},
		{"y is masked or a view", prune.ErrOutput, func() (any, error) { return prune.CountEvents(view.(*tensor.Dense)) }},
		{"y is masked or a view, or stored column by column", prune.ErrOutput, func() (any, error) { return prune.CountEvents(columns) }},
		{"y is a scalar", prune.ErrOutput, func() (any, error) { return prune.CountEvents(tensor.New(tensor.FromScalar(1.0))) }},
		{"y is of int, want float32 or float64", prune.ErrOutput, func() (any, error) { return prune.CountEvents(tensor.New(tensor.WithBacking([]int{1, 2}))) }},
	} {
		if _, err := c.got(); !errors.Is(err, c.sentinel) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want %q and %s", err, c.sentinel, c.says)
		}
	}
}

// The second unit of a layer is out of reach of its threshold. Without it the layer
// and the one above it compute the same.
func Example() {
	layer := must(layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3)))
	copy(layer.Threshold().Value().Float32s(), []float32{0.01, 1, 0.01})
	top := must(layers.NewLinear("top", layers.DefaultLinear(3, 1)))
	x := random(rand.New(rand.NewPCG(1, 0)), tensor.Float32, 20, 4, 2)
	before := run(stop{}, x, []*layers.EGRU{layer}, top)

	events := must(prune.CountEvents(before[0]))
	units := prune.Active(events)
	small := must(prune.EGRU(layer, nil, units))
	after := run(stop{}, x, []*layers.EGRU{small}, must(prune.Linear(top, units)))

	fmt.Println("units", units)
	fmt.Println("numbers", layers.Size(layer.Params()), "and then", layers.Size(small.Params()))
	fmt.Println("the same:", slices.Equal(numbers(before[1]), numbers(after[1])))
	// Output:
	// units [0 2]
	// numbers 66 and then 38
	// the same: true
}

// stop ends the program.
type stop struct{}

func (stop) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
