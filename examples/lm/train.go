package main

import (
	"context"
	"math"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/memory"
	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

// trainer trains one model on a task.
type trainer struct {
	settings *settings
	config   config
	recipe   recipe
	cell     string
	task     *task

	model    *layers.LanguageModel
	meters   probe.Meters
	session  *graph.Session
	stream   *graph.Stream // of the training text
	solver   *solver
	lengths  *graph.Lengths // nil where all windows have one length
	schedule optim.Schedule // over the tokens of a row
	row      int            // tokens of a row of the training text

	progress progress
	counted  probe.Counts         // of the epoch before the program began
	best     *checkpoint.Snapshot // weights of the best epoch, and the progress at its end; nil before
	files    *runFiles            // nil where nothing is written
	savedAt  time.Time

	savedWindows int   // windows in all at the last checkpoint
	bestUnsaved  bool  // best is not on the disk
	unsavedLast  error // why the last checkpoint was not written; nil if it was
}

// trainAll trains the models one after the other, and tests each. A cancelled
// context ends the training of all after the step in hand; what was trained by
// then is saved and reported.
func trainAll(ctx context.Context, s *settings, t *task, r *reporter) error {
	for _, cell := range s.config.cells() {
		tr, err := newTrainer(s, cell, t)
		if err != nil {
			return unusable{err}
		}
		err = tr.run(ctx, r)
		if e := tr.files.close(); err == nil {
			err = e
		}
		if err != nil {
			return errors.Wrap(err, cell)
		}
	}
	return nil
}

func newTrainer(s *settings, cell string, t *task) (*trainer, error) {
	c := s.config
	tr := &trainer{settings: s, config: c, recipe: c.recipe(cell), cell: cell, task: t, savedAt: time.Now()}
	err := tr.newModel()
	if err != nil {
		return nil, err
	}
	if tr.session, err = graph.NewSession(graph.LanguageModel{LanguageModel: tr.model}, graph.Config{Seed: c.Seed}); err != nil {
		return nil, err
	}
	memory.CollectFor(tr.model.Params())
	tr.meters = probe.LanguageModel(tr.model)
	tr.stream = tr.session.NewStream(c.Batch)
	w, err := graph.NewWindows(t.Train, c.Batch, c.Window)
	if err != nil {
		return nil, err
	}
	tr.row = w.Row()
	if tr.solver, err = newSolver(c, cell, tr.row); err != nil {
		return nil, err
	}
	tr.schedule = tr.recipe.schedule(c.Epochs, tr.row)
	if c.RandomWindows {
		lengths := graph.DefaultLengths(c.Window)
		lengths.Seed = c.Seed
		if tr.lengths, err = graph.NewLengths(lengths); err != nil {
			return nil, err
		}
	}
	tr.progress = progress{
		Config: c, Cell: cell, Vocabulary: t.Vocabulary.Hash(), Text: t.hash(),
		Epoch: 1, Warned: map[string]bool{},
	}
	if err := tr.open(); err != nil {
		_ = tr.files.close() // nothing was written
		return nil, err
	}
	return tr, nil
}

// run trains what is left of the run and tests its best epoch.
func (tr *trainer) run(ctx context.Context, r *reporter) error {
	if err := r.start(tr); err != nil {
		return err
	}
	for p := &tr.progress; p.Epoch <= tr.config.Epochs && ctx.Err() == nil; {
		e, err := tr.epoch(ctx, r)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return tr.leave(ctx, r, &e)
		}
		if err := tr.finishEpoch(e, r); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return tr.leave(ctx, r, nil)
	}
	tr.keep(r)
	e, err := tr.test(ctx)
	if err != nil {
		return err
	}
	if err := r.test(ctx, tr, e); err != nil {
		return err
	}
	return ctx.Err()
}

// leave saves what an interrupt would lose, before anything else, and then reports the
// epoch that had begun, if one had.
func (tr *trainer) leave(ctx context.Context, r *reporter, begun *epochResult) error {
	r.closeBar()
	if tr.progress.Windows != tr.savedWindows {
		if err := tr.save(r); err != nil {
			return err
		}
	}
	if begun != nil {
		r.line(*begun)
	}
	r.left(tr)
	return ctx.Err()
}

// epoch goes through what is left of the training text, or until the context
// ends, and then through the validation text.
func (tr *trainer) epoch(ctx context.Context, r *reporter) (epochResult, error) {
	p := &tr.progress
	w, err := graph.NewWindows(tr.task.Train, tr.config.Batch, tr.config.Window)
	if err != nil {
		return epochResult{}, err
	}
	if err := w.Seek(p.Position); err != nil {
		return epochResult{}, err
	}
	if p.Position == 0 {
		tr.stream.Reset()
	}
	tr.meters.Reset()
	tr.counted = p.Counts
	before, start := p.Seconds, time.Now()
	for ctx.Err() == nil && w.NextOf(tr.steps()) {
		if err := tr.window(w); err != nil {
			return epochResult{}, tr.stopped(err)
		}
		p.Seconds = before + time.Since(start).Seconds()
		if p.Counts, err = tr.counts(); err != nil {
			return epochResult{}, err
		}
		p.Curve.add(tr)
		r.progress(tr)
		if err := tr.saveInTime(r); err != nil {
			return epochResult{}, err
		}
	}
	e := epochResult{
		Cell: tr.cell, Epoch: p.Epoch,
		TrainPPL: p.Loss.perplexity(), Seconds: p.Seconds,
		TokensPerSecond: float64(p.Loss.Count) / max(p.Seconds, 1e-9),
		LearnRate:       tr.recipe.LearnRate * tr.schedule.Factor((p.Epoch-1)*tr.row), Norm: p.Norms / float64(max(1, p.Window)),
		Clipped: float64(p.Clipped) / float64(max(1, p.Window)),
		Density: tr.solver.density(),
	}
	report, err := p.Counts.Report(p.Loss.Count)
	if err != nil {
		return e, err
	}
	e.measure(report)
	p.Work = &report
	e.PeakRSSMB = memory.PeakMB()
	if ctx.Err() != nil {
		return e, nil
	}
	valid, err := tr.evaluate(ctx, tr.task.Valid)
	e.ValidPPL = valid.perplexity()
	return e, err
}

// steps is the length of the next window.
func (tr *trainer) steps() int {
	if tr.lengths == nil {
		return tr.config.Window
	}
	return tr.lengths.Of(tr.progress.Epoch, tr.progress.Window)
}

// window trains one window.
func (tr *trainer) window(w *graph.Windows) error {
	p := &tr.progress
	result, err := tr.session.Train(tr.stream, w.Feeds())
	if err != nil {
		return err
	}
	if whole := result.Loss + result.Penalty; math.IsNaN(whole) || math.IsInf(whole, 0) {
		return errors.Errorf("the loss is %v", whole)
	}
	scale := tr.schedule.Factor((p.Epoch-1)*tr.row + p.Position)
	if tr.lengths != nil {
		scale *= tr.lengths.Scale(w.Steps())
	}
	if tr.solver.prune != nil {
		tr.solver.prune.SetTime((p.Epoch-1)*tr.row + p.Position + w.Steps())
	}
	if err := optim.StepScaled(tr.solver, result.Grads, scale); err != nil {
		return err
	}
	p.Window++
	p.Windows++
	p.Position += w.Steps()
	p.Runs = tr.session.Runs()
	p.Loss.add(result.Loss, w.Count())
	p.Norms += tr.solver.clip.Norm()
	if tr.solver.clip.Clipped() {
		p.Clipped++
	}
	tr.files.window(windowLine{
		Cell: tr.cell, Epoch: p.Epoch, Window: p.Window, Steps: w.Steps(), Loss: result.Loss,
		Norm: tr.solver.clip.Norm(), LearnRate: tr.recipe.LearnRate * scale,
	})
	return nil
}

// stopped says where training failed, and what there still is.
func (tr *trainer) stopped(err error) error {
	p := &tr.progress
	err = errors.Wrapf(err, "epoch %d, window %d", p.Epoch, p.Window+1)
	if at := tr.files.last(); at != "" {
		return errors.Wrapf(err, "training stopped, a smaller -lr or -clip may help; the last good checkpoint is %s", at)
	}
	return errors.Wrap(err, "training stopped, a smaller -lr or -clip may help")
}

// counts is what was counted in the epoch, also before the program began.
func (tr *trainer) counts() (probe.Counts, error) { return tr.meters.Read().Add(tr.counted) }

// finishEpoch takes an epoch into the history, and saves.
func (tr *trainer) finishEpoch(e epochResult, r *reporter) error {
	p := &tr.progress
	p.Results = append(p.Results, e)
	p.Curve.validate(e)
	warnings := watch(p, e)
	p.Warnings = append(p.Warnings, warnings...)
	// Of a model that is pruned, the best is one that has been.
	better := e.ValidPPL != nil && tr.isPruned() && (p.best() == nil || *e.ValidPPL < *p.best().ValidPPL)
	if better {
		p.Best = e.Epoch
	}
	p.beginEpoch(p.Epoch + 1)
	if better {
		var err error
		if tr.best, err = checkpoint.Take(tr.model.Params(), nil, nil, p); err != nil {
			return err
		}
		tr.bestUnsaved = true
	}
	if err := tr.save(r); err != nil {
		return err
	}
	return r.epoch(e, warnings)
}

// test is the result of the best epoch with its perplexity on the test text and
// the work of one pass over it.
func (tr *trainer) test(ctx context.Context) (epochResult, error) {
	e := epochResult{Cell: tr.cell}
	if n := len(tr.progress.Results); n > 0 {
		e = tr.progress.Results[n-1]
	}
	if best := tr.progress.best(); best != nil {
		e = *best
		if err := tr.best.RestoreWeights(tr.model.Params()); err != nil {
			return e, err
		}
	}
	tr.meters.Reset()
	loss, err := tr.evaluate(ctx, tr.task.Test)
	if err != nil || loss.Count == 0 {
		return e, err // interrupted: the figures of training stay
	}
	e.TestPPL = loss.perplexity()
	report, err := tr.meters.Read().Report(loss.Count)
	e.measure(report)
	e.PeakRSSMB = memory.PeakMB()
	return e, err
}

func (tr *trainer) evaluate(ctx context.Context, text []int) (meanLoss, error) {
	return evaluate(ctx, tr.session, text, tr.config.EvalBatch, tr.config.Window)
}

// evaluate runs through a text without training. If the context ends first,
// there is no mean loss.
func evaluate(ctx context.Context, session *graph.Session, text []int, batch, window int) (meanLoss, error) {
	var loss meanLoss
	w, err := graph.NewWindows(text, batch, window)
	if err != nil {
		return loss, err
	}
	stream := session.NewStream(batch)
	for w.Next() {
		if ctx.Err() != nil {
			return meanLoss{}, nil
		}
		result, err := session.Evaluate(stream, w.Feeds())
		if err != nil {
			return loss, err
		}
		loss.add(result.Loss, w.Count())
	}
	return loss, nil
}
