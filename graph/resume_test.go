package graph

import (
	"fmt"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// training is all that has a state while a model is trained by the published
// recipe, with everything random turned on.
type training struct {
	model   *layers.LanguageModel
	session *Session
	solver  optim.Solver
	stream  *Stream
	windows *Windows
	lengths *Lengths
	epoch   int
	number  int // of the next window of the epoch
}

const trainedEpochs = 2

// newTraining starts with weights of a seed; all other seeds are the same.
func newTraining(change func(*layers.LanguageModelConfig), weights uint64) *training {
	tr := &training{}
	tr.model = languageModel(masked, change, func(c *layers.LanguageModelConfig) {
		c.Seed, c.Dtype, c.Variational = weights, tensor.Float32, true
		c.ActivityPenalty = ops.MeanPenaltyConfig{Weight: 1, Target: 0.2}
		c.StatePenalty = ops.MeanPenaltyConfig{Weight: 1, Target: 0.1}
	})
	tr.session = must(NewSession(LanguageModel{LanguageModel: tr.model}, Config{Seed: 3}))
	c := optim.DefaultAdamW()
	c.Beta1, c.LearnRate, c.WeightDecay = 0.5, 0.01, 0.1
	c.Groups = []optim.Group{optim.Frozen("*.threshold")}
	clip := must(optim.NewClip(must(optim.NewAdamW(c)), 0.1))
	tr.solver = must(optim.NewScheduled(clip, optim.Cosine{Start: 5, End: 30}))
	tr.lengths = must(NewLengths(LengthsConfig{Base: 7, Full: 0.8, Spread: 2, Min: 2, Seed: 5}))
	tr.startEpoch()
	return tr
}

func (tr *training) startEpoch() {
	tr.windows = must(NewWindows(text(161), testB, 7))
	tr.stream, tr.number = tr.session.NewStream(testB), 0
}

// step trains a window; it is false after the last of the last epoch.
func (tr *training) step(t *testing.T) bool {
	t.Helper()
	for !tr.windows.NextOf(tr.lengths.Of(tr.epoch, tr.number)) {
		if tr.epoch++; tr.epoch == trainedEpochs {
			return false
		}
		tr.startEpoch()
	}
	tr.number++
	r := train(t, tr.session, tr.stream, tr.windows.Feeds())
	if err := optim.StepScaled(tr.solver, r.Grads, tr.lengths.Scale(tr.windows.Steps())); err != nil {
		t.Fatal(err)
	}
	return true
}

// kept is what stop gives, and what resume goes on from in a training that
// started otherwise: the weights and all state there is.
type kept struct {
	weights             map[string][]float32
	solver              optim.State
	states              map[string]*tensor.Dense
	runs                int
	epoch, number, from int
}

func (tr *training) stop() kept {
	k := kept{
		weights: map[string][]float32{}, solver: tr.solver.State(), states: tr.stream.States(), runs: tr.session.Runs(),
		epoch: tr.epoch, number: tr.number, from: tr.windows.Position() + tr.windows.Steps(),
	}
	for _, p := range tr.model.Params() {
		k.weights[p.Name()] = slices.Clone(p.Value().Float32s())
	}
	return k
}

func (tr *training) resume(t *testing.T, k kept) {
	t.Helper()
	for _, p := range tr.model.Params() {
		copy(p.Value().Float32s(), k.weights[p.Name()])
	}
	tr.session.SetRuns(k.runs)
	tr.epoch, tr.number = k.epoch, k.number
	for _, err := range []error{tr.solver.Restore(k.solver), tr.stream.SetStates(k.states), tr.windows.Seek(k.from)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (tr *training) weights() map[string][]float32 { return tr.stop().weights }

// Nothing random and nothing else that later steps depend on is hidden: a
// training that was stopped anywhere ends at the same bits.
func TestTrainingGoesOnToTheSameBits(t *testing.T) {
	for name, change := range map[string]func(*layers.LanguageModelConfig){
		"EvNN": func(*layers.LanguageModelConfig) {}, "Paper": ofPaper, "GRU": ofGRU,
	} {
		whole := newTraining(change, 1)
		var stops []kept
		for more := true; more; more = whole.step(t) {
			stops = append(stops, whole.stop())
		}
		want := whole.weights()
		for i := 1; i < len(stops); i += 5 {
			tr := newTraining(change, 2)
			tr.resume(t, stops[i])
			for tr.step(t) {
			}
			for weight, got := range tr.weights() {
				if !slices.Equal(got, want[weight]) {
					t.Errorf("%s: %s differs after a stop before window %d of epoch %d", name, weight, stops[i].number, stops[i].epoch)
				}
			}
		}
		if len(stops) < 10 || fmt.Sprint(stops[0].weights) == fmt.Sprint(want) {
			t.Fatalf("%s: %d windows: the test trains nothing", name, len(stops))
		}
	}
}
