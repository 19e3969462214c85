package optim

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/internal/kernel"
)

// goldenFile is testdata/golden.json; golden.py beside it says how it is made.
type goldenFile struct {
	After     []int
	Shapes    map[string][]int
	Start     map[string]nested
	Gradients []map[string]nested
	Cases     []goldenCase
}

type goldenCase struct {
	Name, Solver string
	Config       struct {
		LR, Momentum, Eps float64
		Betas             []float64
		Decay             *float64 `json:"weight_decay"`
		Nesterov          bool
	}
	Options struct {
		Clip    float64
		Factors string
		Groups  map[string]struct {
			LR    float64
			Decay float64 `json:"weight_decay"`
		}
	}
	Float32, Float64 struct {
		Params       []map[string]nested
		Norms, Rates []float64
	}
}

// nested is a JSON array of any rank, read row by row.
type nested []float64

func (n *nested) UnmarshalJSON(b []byte) error {
	var x float64
	if json.Unmarshal(b, &x) == nil {
		*n = nested{x}
		return nil
	}
	var rows []nested
	if err := json.Unmarshal(b, &rows); err != nil {
		return err
	}
	*n = slices.Concat(rows...)
	return nil
}

func TestSolversAgreeWithTorch(t *testing.T) {
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var file goldenFile
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 16 {
		t.Fatalf("%d cases", len(file.Cases))
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Run("float32", func(t *testing.T) {
				agreeWithTorch[float32](t, file, c, c.Float32.Params, c.Float32.Norms, c.Float32.Rates, 1e-6)
			})
			t.Run("float64", func(t *testing.T) {
				agreeWithTorch[float64](t, file, c, c.Float64.Params, c.Float64.Norms, c.Float64.Rates, 1e-12)
			})
		})
	}
}

func agreeWithTorch[F kernel.Float](t *testing.T, file goldenFile, c goldenCase, params []map[string]nested, norms, rates []float64, tolerance float64) {
	solver := c.solver()
	var clip *Clip
	if c.Options.Clip != 0 {
		clip = must(NewClip(solver, c.Options.Clip))
		solver = clip
	}
	scheduled := must(NewScheduled(solver, c.schedule()))
	solver = scheduled

	weights := map[string]*weight{}
	var model []G.ValueGrad
	for name, shape := range file.Shapes {
		weights[name] = &weight{name: name, value: dense(shape, to[F](file.Start[name])...)}
		model = append(model, weights[name])
	}
	for i, gradients := range file.Gradients {
		for name, g := range gradients {
			weights[name].grad = dense(file.Shapes[name], to[F](g)...)
		}
		wantNumbers(t, "rate", []float64{scheduled.Rate()}, rates[i:i+1], 1e-12)
		step(t, solver, model)
		if clip != nil {
			wantNumbers(t, "norm", []float64{clip.Norm()}, norms[i:i+1], tolerance)
			if want := norms[i] > c.Options.Clip; clip.Clipped() != want {
				t.Errorf("step %d: clipped %v, want %v", i, clip.Clipped(), want)
			}
		}
		if k := slices.Index(file.After, i+1); k >= 0 {
			for name, w := range weights {
				wantNumbers(t, name, numbers(t, w.value), params[k][name], tolerance)
			}
		}
	}
}

func (c goldenCase) solver() Solver {
	var groups []Group
	for name, g := range c.Options.Groups {
		groups = append(groups, Group{Names: []string{name}, LearnRateScale: g.LR / c.Config.LR, WeightDecay: g.Decay})
	}
	adam := DefaultAdam()
	if c.Solver == "AdamW" {
		adam = AdamConfig(DefaultAdamW())
	}
	adam.LearnRate, adam.Groups = c.Config.LR, groups
	if c.Config.Eps != 0 {
		adam.Epsilon = c.Config.Eps
	}
	if b := c.Config.Betas; b != nil {
		adam.Beta1, adam.Beta2 = b[0], b[1]
	}
	sgd := SGDConfig{LearnRate: c.Config.LR, Momentum: c.Config.Momentum, Nesterov: c.Config.Nesterov, Groups: groups}
	if d := c.Config.Decay; d != nil {
		adam.WeightDecay, sgd.WeightDecay = *d, *d
	}
	switch c.Solver {
	case "SGD":
		return must(NewSGD(sgd))
	case "Adam":
		return must(NewAdam(adam))
	case "AdamW":
		return must(NewAdamW(AdamWConfig(adam)))
	}
	panic("unknown solver " + c.Solver)
}

func (c goldenCase) schedule() Schedule {
	switch c.Options.Factors {
	case "cosine":
		return Cosine{Start: 5, End: 17, Floor: 0.1}
	case "step":
		return StepDecay{Every: 6, Gamma: 0.5}
	case "milestones":
		return Milestones{Steps: []int{3, 4, 11}, Gamma: 0.3}
	}
	return Constant{}
}

func to[F kernel.Float](x []float64) []F {
	y := make([]F, len(x))
	for i := range x {
		y[i] = F(x[i])
	}
	return y
}
