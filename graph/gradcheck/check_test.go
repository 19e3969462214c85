package gradcheck_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/gradcheck"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// model sends events of a sequence x (T, B, 3) behind a weight:
//
//	c = x w, y = Event(c, thr), loss = sum y^2
type model struct {
	w, thr *layers.Param
	s      surrogate.Surrogate
}

func newModel(s surrogate.Surrogate) model {
	of := func(name string, x []float64, shape ...int) *layers.Param {
		return layers.NewParam(name, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x)))
	}
	return model{w: of("w", []float64{0.5, -0.3, 0.2, 0.8, -0.6, 0.4}, 3, 2), thr: of("thr", []float64{0.1, 0.2}, 2), s: s}
}

func (m model) Params() []*layers.Param { return []*layers.Param{m.w, m.thr} }

func (m model) Build(w *graph.Window) error {
	x := w.Input("x", tensor.Float64, w.T, w.B, 3)
	ns, err := layers.Nodes(w.Graph(), m.Params())
	if err != nil {
		return err
	}
	c, err := ops.GatedMatMul(x, ns[0])
	if err != nil {
		return err
	}
	y, err := ops.Event(c, ns[1], m.s)
	if err != nil {
		return err
	}
	square, err := G.Square(y)
	if err != nil {
		return err
	}
	loss, err := G.Sum(square)
	w.Loss(loss)
	return err
}

func feeds() graph.Feeds {
	x := []float64{1, 0.5, -0.2, 0.3, 0, 1, -0.4, 0.9, 0.7, 1.2, -1, 0.1}
	return graph.Feeds{"x": tensor.New(tensor.WithShape(2, 2, 3), tensor.WithBacking(x))}
}

var triangle = surrogate.Triangle{Dampening: 0.9, Support: 0.8}

// lying is a surrogate whose derivative is too large at one place.
type lying struct{ at float64 }

func (l lying) String() string                   { return fmt.Sprintf("lying(%v)", l.at) }
func (l lying) Antiderivative(v float64) float64 { return triangle.Antiderivative(v) }
func (l lying) HalfWidth() float64               { return triangle.HalfWidth() }
func (l lying) Validate() error                  { return nil }
func (l lying) Derivative(v float64) float64 {
	if math.Abs(v-l.at) < 1e-2 {
		return triangle.Derivative(v) + 0.01
	}
	return triangle.Derivative(v)
}

func TestTrueGradientsPass(t *testing.T) {
	m := newModel(surrogate.Smoothed{Of: triangle})
	before := slices.Clone(m.w.Value().Data().([]float64))
	r, err := gradcheck.Check(m, feeds(), gradcheck.Default(2))
	if err != nil {
		t.Fatalf("%v\n%v", err, r)
	}
	if len(r.Weights) != 2 || r.Weights[0].Checked != 6 || r.Weights[1].Checked != 2 || r.Loss <= 0 {
		t.Errorf("not all was checked:\n%v", r)
	}
	for _, w := range r.Weights {
		if w.Numeric == 0 {
			t.Errorf("the gradient of %s is zero: nothing was compared", w.Name)
		}
	}
	if !slices.Equal(m.w.Value().Data().([]float64), before) {
		t.Error("the weights were changed")
	}
}

// c at step 1, row 1 is 1.2*0.5 - 0.2 + 0.1*-0.6 = 0.34 for unit 0, whose
// threshold is 0.1.
func TestPlantedWrongGradientIsFound(t *testing.T) {
	m := newModel(surrogate.Smoothed{Of: lying{at: 0.34 - 0.1}})
	r, err := gradcheck.Check(m, feeds(), gradcheck.Default(2))
	if !errors.Is(err, gradcheck.ErrGradient) || r == nil {
		t.Fatalf("got error %v, want %v beside the report", err, gradcheck.ErrGradient)
	}
	if w := r.Weights[0]; w.Wrong != 3 || !slices.Equal(w.Index, []int{0, 0}) {
		t.Errorf("got %d wrong, the worst at %v, want the 3 inputs of unit 0, the worst where x is 1.2:\n%v", w.Wrong, w.Index, r)
	}
	if w := r.Weights[1]; w.Wrong != 1 || !slices.Equal(w.Index, []int{0}) {
		t.Errorf("got %d wrong at %v, want the threshold of unit 0:\n%v", w.Wrong, w.Index, r)
	}
	for _, says := range []string{"w, thr", "[0 0] of w", "are the events smoothed?"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("got error %q, want it to say %q", err, says)
		}
	}
}

// Without smoothing a surrogate gradient is no derivative, and that is said.
func TestStepsAreNoDerivatives(t *testing.T) {
	if _, err := gradcheck.Check(newModel(triangle), feeds(), gradcheck.Default(2)); !errors.Is(err, gradcheck.ErrGradient) {
		t.Errorf("got error %v, want %v", err, gradcheck.ErrGradient)
	}
}

// All that a layer has to offer, masks and penalties among it.
func TestLanguageModelPasses(t *testing.T) {
	for _, variant := range []ops.Variant{ops.EvNN, ops.Paper} {
		c := layers.DefaultLanguageModel(5, 3, 4, 2)
		c.EmbedLimit, c.Dtype, c.Seed = 1, tensor.Float64, 1
		c.EmbedDropout, c.LayerDropout, c.EGRU.Zoneout = 0.2, 0.2, 0.2
		c.ActivityPenalty = ops.MeanPenaltyConfig{Weight: 2, Target: 0.1}
		c.EGRU.Variant, c.EGRU.Surrogate = variant, surrogate.Smoothed{Of: triangle}
		m, err := layers.NewLanguageModel(c)
		if err != nil {
			t.Fatal(err)
		}
		windows, err := graph.NewWindows([]int{0, 3, 1, 4, 2, 2, 0, 1, 3}, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		windows.Next()
		config := gradcheck.Default(2)
		config.PerWeight, config.Seed = 2, 3
		r, err := gradcheck.Check(graph.LanguageModel{LanguageModel: m}, windows.Feeds(), config)
		if err != nil {
			t.Fatalf("%v: %v\n%v", variant, err, r)
		}
		if r.Weights[0].Checked != 2 {
			t.Errorf("%d numbers were checked, want 2", r.Weights[0].Checked)
		}
	}
}

func TestUnusableChecksAreErrors(t *testing.T) {
	narrow := newModel(surrogate.Smoothed{Of: triangle})
	narrow.thr = layers.NewParam("thr", tensor.New(tensor.WithShape(2), tensor.Of(tensor.Float32)))
	huge := newModel(surrogate.Smoothed{Of: triangle})
	huge.w.Value().Set(0, 1e200)
	config := func(change func(c *gradcheck.Config)) gradcheck.Config {
		c := gradcheck.Default(2)
		change(&c)
		return c
	}
	good := newModel(surrogate.Smoothed{Of: triangle})
	for _, c := range []struct {
		name   string
		model  graph.Model
		config gradcheck.Config
		want   error
		says   string
	}{
		{"float32", narrow, gradcheck.Default(2), nil, "float"},
		{"no number", huge, gradcheck.Default(2), gradcheck.ErrConfig, "the loss is +Inf"},
		{"settings", good, gradcheck.Config{PerWeight: -1}, gradcheck.ErrConfig,
			"Batch is 0, want at least 1; Step is 0, want it finite and above 0; Tolerance is 0, want it finite and above 0; Floor is 0, want it finite and above 0; PerWeight is -1"},
		{"another batch", good, config(func(c *gradcheck.Config) { c.Batch = 3 }), graph.ErrFeed, "(T, 3, ...)"},
		{"states", good, config(func(c *gradcheck.Config) {
			c.States = map[string]*tensor.Dense{"h": tensor.New(tensor.WithShape(2, 1), tensor.Of(tensor.Float64))}
		}), graph.ErrStream, "0 of the stream's 1 states"},
		{"no model", nil, gradcheck.Default(2), graph.ErrBuild, "model is nil"},
	} {
		r, err := gradcheck.Check(c.model, feeds(), c.config)
		if err == nil || r != nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got report %v and error %v, want it to wrap %v and say %q", c.name, r, err, c.want, c.says)
		}
	}
}

func ExampleCheck() {
	config := layers.DefaultLanguageModel(5, 3, 2, 1)
	config.Dtype, config.EmbedLimit, config.Seed = tensor.Float64, 1, 1
	config.EGRU.Surrogate = surrogate.Smoothed{Of: surrogate.DefaultTriangle()}
	model, err := layers.NewLanguageModel(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	windows, err := graph.NewWindows([]int{0, 3, 1, 4, 2, 2, 0}, 2, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	windows.Next()
	report, err := gradcheck.Check(graph.LanguageModel{LanguageModel: model}, windows.Feeds(), gradcheck.Default(2))
	fmt.Println("error:", err)
	for _, w := range report.Weights {
		fmt.Println(w.Name, w.Shape, "wrong:", w.Wrong, "of", w.Checked)
	}
	// Output:
	// error: <nil>
	// embedding.weight (5, 3) wrong: 0 of 15
	// rnn.0.kernel (3, 9) wrong: 0 of 27
	// rnn.0.recurrent_kernel (3, 9) wrong: 0 of 27
	// rnn.0.bias (9) wrong: 0 of 9
	// rnn.0.recurrent_bias (9) wrong: 0 of 9
	// rnn.0.threshold (3) wrong: 0 of 3
	// rnn.0.gain (3) wrong: 0 of 3
	// decoder.bias (5) wrong: 0 of 5
}
