package gradcheck

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/internal/random"
	"github.com/egru/egru/internal/rowmajor"
	"github.com/egru/egru/layers"
)

// Check runs a window of a model in training, and holds the gradient of every
// weight of what training minimises against differences. The model's weights are
// float64; they are changed meanwhile, and are the same to the bit afterwards.
// Each number checked takes two runs.
//
// A gradient that is not the derivative gives ErrGradient, beside the report. A
// setting outside its domain, a weight of another dtype, a weight that is a
// view and a loss that is no number give ErrConfig; what the session returns is
// passed on.
func Check(m graph.Model, feeds graph.Feeds, c Config) (*Report, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	session, err := graph.NewSession(m, graph.Config{Seed: c.Seed})
	if err != nil {
		return nil, err
	}
	k := &checker{config: c, session: session, feeds: feeds}
	first, err := k.run()
	if err != nil {
		return nil, err
	}
	r := &Report{Loss: first.Loss + first.Penalty, Tolerance: c.Tolerance}
	if math.IsNaN(r.Loss) || math.IsInf(r.Loss, 0) {
		return nil, errors.Wrapf(ErrConfig, "gradient check: the loss is %v", r.Loss)
	}
	params := m.Params()
	if len(params) == 0 {
		return nil, errors.Wrap(ErrConfig, "gradient check: the model has no weights")
	}
	analytic, err := gradients(first, params)
	if err != nil {
		return nil, err
	}
	for _, p := range params {
		w, err := k.weight(p, analytic[p.Name()])
		if err != nil {
			return nil, errors.Wrapf(err, "weight %s", p.Name())
		}
		r.Weights = append(r.Weights, w)
	}
	return r, r.err()
}

func (r *Report) err() error {
	wrong := r.Wrong()
	if len(wrong) == 0 {
		return nil
	}
	names := make([]string, len(wrong))
	for i, w := range wrong {
		names[i] = w.Name
	}
	w := wrong[0]
	return errors.Wrapf(ErrGradient, "%s: at %v of %s it is %v, the difference is %v (relative error %.1e, want at most %.0e); are the events smoothed?",
		strings.Join(names, ", "), w.Index, w.Name, w.Analytic, w.Numeric, w.Relative, r.Tolerance)
}

// checker runs one window of a model again and again.
type checker struct {
	config  Config
	session *graph.Session
	feeds   graph.Feeds
}

// run is always the same run: the first of a new stream.
func (k *checker) run() (graph.Result, error) {
	k.session.SetRuns(0)
	stream := k.session.NewStream(k.config.Batch)
	if k.config.States != nil {
		if err := stream.SetStates(k.config.States); err != nil {
			return graph.Result{}, err
		}
	}
	return k.session.Train(stream, k.feeds)
}

func (k *checker) loss() (float64, error) {
	r, err := k.run()
	return r.Loss + r.Penalty, err
}

// gradients are those of a run by the weights' names, copied.
func gradients(r graph.Result, params []*layers.Param) (map[string][]float64, error) {
	for _, p := range params {
		if v := p.Value(); v.Dtype() != tensor.Float64 || v.IsMaterializable() {
			return nil, errors.Wrapf(ErrConfig, "gradient check: weight %s is of %v, want float64 and no view", p.Name(), v.Dtype())
		}
	}
	grads := map[string][]float64{}
	for _, g := range r.Grads {
		v, err := g.Grad()
		if err != nil {
			return nil, errors.Wrap(err, "gradient check")
		}
		numbers, ok := v.Data().([]float64)
		if !ok {
			numbers = []float64{v.Data().(float64)}
		}
		grads[g.(*G.Node).Name()] = slices.Clone(numbers)
	}
	return grads, nil
}

// weight checks the numbers of one weight.
func (k *checker) weight(p *layers.Param, analytic []float64) (Weight, error) {
	w := Weight{Name: p.Name(), Shape: p.Value().Shape().Clone()}
	at := k.chosen(p.Name(), len(analytic))
	numeric := make([]float64, len(at))
	largest := k.config.Floor
	for i, j := range at {
		n, err := k.difference(p, j, k.config.Step)
		if err != nil {
			return w, err
		}
		numeric[i] = n
		largest = max(largest, math.Abs(n), math.Abs(analytic[j]))
	}
	for i, j := range at {
		off := math.Abs(analytic[j]-numeric[i]) / largest
		if !(off <= k.config.Tolerance) {
			n, err := k.difference(p, j, k.config.Step/16)
			if err != nil {
				return w, err
			}
			if again := math.Abs(analytic[j]-n) / largest; !(again >= off) {
				off, numeric[i] = again, n
			}
		}
		w.Checked++
		if !(off <= k.config.Tolerance) {
			w.Wrong++
		}
		if i == 0 || !(off <= w.Relative) {
			w.Index, w.Analytic, w.Numeric, w.Relative = rowmajor.Coordinates(w.Shape, j), analytic[j], numeric[i], off
		}
	}
	return w, nil
}

// chosen are the numbers of a weight that are checked.
func (k *checker) chosen(name string, n int) []int {
	r := rand.New(random.NewSource(k.config.Seed, "gradient check of "+name))
	at := r.Perm(n)
	if k.config.PerWeight > 0 {
		at = at[:min(n, k.config.PerWeight)]
	}
	slices.Sort(at)
	return at
}

func (k *checker) difference(p *layers.Param, j int, h float64) (float64, error) {
	v := p.Value()
	before := v.Get(j)
	x := before.(float64)
	defer v.Set(j, before)
	above, below := x+h, x-h
	v.Set(j, above)
	up, err := k.loss()
	if err != nil {
		return 0, err
	}
	v.Set(j, below)
	down, err := k.loss()
	return (up - down) / (above - below), err
}
