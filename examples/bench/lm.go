package main

import (
	"context"
	"fmt"
	"time"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/examples/internal/memory"
	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

// The phases of lm.
const (
	phaseTrain = "train"
	phaseStep  = "step"
)

// A rate so small moves no weight of float32, and the activity stays what it
// was set to; the solver does all its work nevertheless.
const restingRate = 1e-15

const clipNorm = 1

// embedLimit spreads the word vectors as widely as training does, so that the
// states of the first layer are not all within the reach of the surrogate.
const embedLimit = 1

// trainer makes a training step.
type trainer struct {
	gradients func() ([]G.ValueGrad, error) // forward and backward
	solver    optim.Solver
}

func newTrainer(gradients func() ([]G.ValueGrad, error)) (*trainer, error) {
	a := optim.DefaultAdamW()
	a.LearnRate = restingRate
	s, err := optim.NewAdamW(a)
	if err != nil {
		return nil, err
	}
	clip, err := optim.NewClip(s, clipNorm)
	return &trainer{gradients, clip}, err
}

// work has two phases, train and the whole step.
func (t *trainer) work() ([]float64, error) {
	start := time.Now()
	grads, err := t.gradients()
	if err != nil {
		return nil, err
	}
	train := time.Since(start)
	err = t.solver.Step(grads)
	return []float64{train.Seconds(), time.Since(start).Seconds()}, err
}

// newSessionTrainer trains a model of this library on one window from a state
// of zeros.
func newSessionTrainer(c config, m *layers.LanguageModel, window graph.Feeds) (*trainer, error) {
	s, err := graph.NewSession(graph.LanguageModel{LanguageModel: m}, graph.Config{Seed: c.seed})
	if err != nil {
		return nil, err
	}
	memory.CollectFor(m.Params())
	stream := s.NewStream(c.B)
	return newTrainer(func() ([]G.ValueGrad, error) {
		stream.Reset()
		result, err := s.Train(stream, window)
		return result.Grads, err
	})
}

func runLM(ctx context.Context, c config, r *reporter) error {
	window := c.window()
	m, err := layers.NewLanguageModel(c.languageModel(layers.CellEGRU))
	if err != nil {
		return err
	}
	stacks, err := newPartialRuns(c.layers, window[graph.Tokens], func(tokens *G.Node) (*layers.StackOutput, error) {
		return m.Run(tokens, nil, layers.Run{})
	})
	if err != nil {
		return err
	}
	ours, err := newSessionTrainer(c, m, window)
	if err != nil {
		return err
	}
	baseline, err := lmBaseline(c, window)
	if err != nil {
		return err
	}
	meters := probe.LanguageModel(m)
	r.head()
	for _, wanted := range c.activities {
		for i, l := range m.Stack().Layers() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := setActivity(l.(*layers.EGRU), wanted, runOf(stacks[i]), r); err != nil {
				return err
			}
		}
		meters.Reset()
		if _, err := ours.work(); err != nil {
			return err
		}
		n := meters.Read().Total()
		a, b, err := takeTurns(ctx, c.runs, ours.work, baseline)
		if err != nil {
			return err
		}
		backward := n.BackwardActivity()
		row := result{T: c.T, B: c.B, I: c.I, H: c.H, V: c.V, Layers: c.layers,
			WantedActivity: wanted, Activity: n.Activity(), BackwardActivity: &backward}
		for i, p := range []string{phaseTrain, phaseStep} {
			row.Phase = p
			macs := count{n.ForwardMACs + n.BackwardMACs, n.DenseForwardMACs + n.DenseBackwardMACs}
			if err := r.add(row, a[i], phase(b, i), macs); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c config) languageModel(cell string) layers.LanguageModelConfig {
	m := layers.DefaultLanguageModel(c.V, c.I, c.H, c.layers)
	m.Cell, m.Seed, m.EmbedLimit = cell, c.seed, embedLimit
	m.EGRU.Surrogate = c.surrogate
	return m
}

// window is random words with those that follow.
func (c config) window() graph.Feeds {
	r := c.random(streamTokens)
	of := func() *tensor.Dense {
		ids := make([]int, c.T*c.B)
		for i := range ids {
			ids[i] = r.IntN(c.V)
		}
		return tensor.New(tensor.WithShape(c.T, c.B), tensor.WithBacking(ids))
	}
	return graph.Feeds{graph.Tokens: of(), graph.Targets: of()}
}

// newPartialRuns runs the lowest of n layers forward, the lowest two and so on: an
// upper layer's activity depends on the thresholds below it.
func newPartialRuns(n int, input *tensor.Dense, run func(x *G.Node) (*layers.StackOutput, error)) ([]G.VM, error) {
	var vms []G.VM
	for i := range n {
		g := G.NewGraph()
		var err error
		if e := guarded("stack", func() {
			var out *layers.StackOutput
			if out, err = run(held(g, "input", input)); err != nil {
				return
			}
			part := g.SubgraphRoots(out.Layers[i].X)
			vms = append(vms, recycling{G.NewTapeMachine(part), part})
		}); e != nil {
			err = e
		}
		if err != nil {
			return nil, err
		}
	}
	return vms, nil
}

// lmBaseline is nil for none.
func lmBaseline(c config, window graph.Feeds) (work, error) {
	if c.baseline == baselineNone {
		return nil, nil
	}
	m, err := layers.NewLanguageModel(c.languageModel(layers.CellGRU))
	if err != nil {
		return nil, err
	}
	var t *trainer
	if c.baseline == baselineGRU {
		t, err = newSessionTrainer(c, m, window)
	} else {
		t, err = newPlainTrainer(m, window)
	}
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", c.baseline, err)
	}
	return t.work, nil
}
