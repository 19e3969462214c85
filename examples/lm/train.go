package main

import (
	"context"
	"math"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/memory"
	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

// trainer trains one model on a task.
type trainer struct {
	config  config
	cell    string
	task    *task
	model   *layers.LanguageModel
	meters  probe.Meters
	session *graph.Session
	solver  optim.Solver
	steps   int // windows an epoch
}

// trainAll trains the models one after the other, and tests each. A cancelled
// context ends the training of all after the step in hand; what was trained by
// then is still reported.
func trainAll(ctx context.Context, c config, t *task, r *reporter) error {
	c.useThreads()
	for _, cell := range c.cells() {
		tr, err := newTrainer(c, cell, t)
		if err != nil {
			return err
		}
		if err := tr.run(ctx, r); err != nil {
			return errors.Wrap(err, cell)
		}
	}
	return nil
}

func newTrainer(c config, cell string, t *task) (*trainer, error) {
	tr := &trainer{config: c, cell: cell, task: t}
	var err error
	if tr.model, err = layers.NewLanguageModel(c.model(cell, t.Vocabulary.Size())); err != nil {
		return nil, err
	}
	if tr.session, err = graph.NewSession(graph.LanguageModel{LanguageModel: tr.model}, graph.Config{Seed: c.seed}); err != nil {
		return nil, err
	}
	memory.CollectFor(tr.model.Params())
	tr.meters = probe.LanguageModel(tr.model)
	w, err := graph.NewWindows(t.Train, c.batch, c.bptt)
	if err != nil {
		return nil, err
	}
	tr.steps = w.Len()
	tr.solver, err = tr.newSolver()
	return tr, err
}

// newSolver is Adam with a clipped global norm, a rate that falls, and
// thresholds kept in [0, 1].
func (tr *trainer) newSolver() (optim.Solver, error) {
	config := optim.DefaultAdam()
	config.LearnRate = tr.config.rate(tr.cell)
	var s optim.Solver
	s, err := optim.NewAdam(config)
	if err != nil {
		return nil, err
	}
	if s, err = optim.NewScheduled(s, tr.schedule()); err != nil {
		return nil, err
	}
	if s, err = optim.NewClip(s, tr.config.clip); err != nil {
		return nil, err
	}
	return optim.NewProject(s, optim.Bound{Names: []string{"*.threshold"}, Low: 0, High: 1})
}

// firstDecay is the epoch from which on the rate is halved every epoch.
const firstDecay = 5

func (tr *trainer) schedule() optim.Schedule {
	if tr.config.data == "" {
		return optim.Cosine{End: tr.config.epochs * tr.steps}
	}
	var at []int
	for e := firstDecay; e <= tr.config.epochs; e++ {
		at = append(at, (e-1)*tr.steps)
	}
	return optim.Milestones{Steps: at, Gamma: 0.5}
}

func (tr *trainer) run(ctx context.Context, r *reporter) error {
	r.start(tr)
	last := epochResult{Cell: tr.cell}
	for epoch := 1; epoch <= tr.config.epochs; epoch++ {
		var err error
		if last, err = tr.epoch(ctx, epoch, r); err != nil {
			return err
		}
		if err := r.epoch(last); err != nil {
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	if ctx.Err() == nil {
		if err := tr.test(ctx, &last); err != nil {
			return err
		}
	}
	if err := r.test(tr, last); err != nil {
		return err
	}
	return ctx.Err()
}

// epoch goes through the training text once, or until the context ends, and
// then through the validation text.
func (tr *trainer) epoch(ctx context.Context, number int, r *reporter) (epochResult, error) {
	e := epochResult{Cell: tr.cell, Epoch: number}
	w, err := graph.NewWindows(tr.task.Train, tr.config.batch, tr.config.bptt)
	if err != nil {
		return e, err
	}
	tr.meters.Reset()
	stream := tr.session.NewStream(tr.config.batch)
	start := time.Now()
	var loss meanLoss
	for ctx.Err() == nil && w.Next() {
		result, err := tr.session.Train(stream, w.Feeds())
		if err != nil {
			return e, err
		}
		if err := tr.solver.Step(result.Grads); err != nil {
			return e, err
		}
		if loss.add(result.Loss, w.Count()); math.IsNaN(result.Loss) || math.IsInf(result.Loss, 0) {
			return e, errors.Errorf("epoch %d: the loss of the window at %d is %v; a smaller -lr may help", number, w.Position(), result.Loss)
		}
		r.progress(tr, number, loss, time.Since(start))
	}
	e.Seconds = time.Since(start).Seconds()
	e.TrainPPL = loss.perplexity()
	e.TokensPerSecond = float64(loss.count) / max(e.Seconds, 1e-9)
	e.measure(tr.meters.Read().Total(), loss.count)
	e.PeakRSSMB = memory.PeakMB()
	if ctx.Err() != nil {
		return e, nil
	}
	valid, err := tr.evaluate(ctx, tr.task.Valid)
	e.ValidPPL = valid.perplexity()
	return e, err
}

// test adds the perplexity on the test text and the work of one pass over it.
func (tr *trainer) test(ctx context.Context, e *epochResult) error {
	tr.meters.Reset()
	loss, err := tr.evaluate(ctx, tr.task.Test)
	if err != nil || loss.count == 0 {
		return err // interrupted: the figures of training stay
	}
	e.TestPPL = loss.perplexity()
	e.measure(tr.meters.Read().Total(), loss.count)
	e.PeakRSSMB = memory.PeakMB()
	return nil
}

// evaluate runs through a text without training. If the context ends first,
// there is no mean loss.
func (tr *trainer) evaluate(ctx context.Context, text []int) (meanLoss, error) {
	var loss meanLoss
	w, err := graph.NewWindows(text, tr.config.evalBatch, tr.config.bptt)
	if err != nil {
		return loss, err
	}
	stream := tr.session.NewStream(tr.config.evalBatch)
	for w.Next() {
		if ctx.Err() != nil {
			return meanLoss{}, nil
		}
		result, err := tr.session.Evaluate(stream, w.Feeds())
		if err != nil {
			return loss, err
		}
		loss.add(result.Loss, w.Count())
	}
	return loss, nil
}

// meanLoss gathers the mean loss of windows of different lengths.
type meanLoss struct {
	sum   float64
	count int
}

func (l *meanLoss) add(mean float64, count int) {
	l.sum += mean * float64(count)
	l.count += count
}

// perplexity is nil before the first window, and where it is beyond all
// numbers.
func (l meanLoss) perplexity() *float64 {
	ppl := math.Exp(l.sum / float64(l.count))
	if l.count == 0 || math.IsNaN(ppl) || math.IsInf(ppl, 0) {
		return nil
	}
	return &ppl
}
