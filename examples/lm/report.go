package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pkg/errors"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/egru/egru/examples/internal/rows"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

// show writes a perplexity.
func show(ppl *float64) string {
	if ppl == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *ppl)
}

// reporter shows how training goes and what came out of it.
type reporter struct {
	settings *settings
	task     *task
	out      io.Writer
	json     *rows.File // nil without -json

	screen  io.Writer // of the progress bar; nil where it is no terminal
	bar     *progressbar.ProgressBar
	results []epochResult // of the best epoch of each model, with the test
	samples []string
	models  []*modelReport

	published bool  // the page is on the disk
	unkept    error // of the first result that is lost; nil where all are on the disk

	started, finished time.Time // finished is zero before the end
}

// modelReport is what the figures and the page of a model are made of.
type modelReport struct {
	progress *progress
	model    *layers.LanguageModel
	test     *epochResult  // nil before
	raster   *probe.Raster // nil before the test, and for a GRU
}

func newReporter(s *settings, t *task, stdout, stderr io.Writer) (*reporter, error) {
	r := &reporter{settings: s, task: t, out: stdout, started: time.Now()}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		r.screen = f
	}
	var err error
	if r.json, err = rows.Open(s.json); err != nil {
		return nil, errors.Wrap(err, "-json")
	}
	fmt.Fprintf(stdout, "%s: %d words to train on, %d to validate, %d to test, vocabulary %d\n",
		t.Name, len(t.Train), len(t.Valid), len(t.Test), t.Vocabulary.Size())
	return r, nil
}

// start announces a model, and tells again what a resumed run did before.
func (r *reporter) start(tr *trainer) error {
	var units []string
	for _, l := range tr.model.Stack().Layers() {
		units = append(units, fmt.Sprint(l.Units()))
	}
	fmt.Fprintf(r.out, "\n%s: layers of %s units, %d parameters\n", tr.cell, strings.Join(units, ", "), layers.Size(tr.model.Params()))
	p := &tr.progress
	if len(r.models) == 0 {
		if err := r.clear(); err != nil {
			return err
		}
	}
	r.models = append(r.models, &modelReport{progress: p, model: tr.model})
	for _, e := range p.Results {
		r.line(e)
		if err := r.write(e); err != nil {
			return err
		}
	}
	switch epochs := tr.config.Epochs; {
	case p.Windows == 0 && r.settings.resume:
		fmt.Fprintf(r.out, "  nothing saved yet in %s, begins at epoch 1\n", tr.files.dir)
	case p.Windows == 0:
	case p.Epoch > epochs:
		fmt.Fprintf(r.out, "  finished, %d of %d epochs; -epochs N goes further\n", epochs, epochs)
	default:
		fmt.Fprintf(r.out, "  going on with window %d of epoch %d\n", p.Window+1, p.Epoch)
	}
	for _, w := range p.Warnings {
		r.warn(w)
	}
	return nil
}

// clear empties the file of -json, which is still that of an earlier run until
// this one is sure to begin.
func (r *reporter) clear() error { return errors.Wrap(r.json.Clear(), "-json") }

// progress moves the bar of an epoch.
func (r *reporter) progress(tr *trainer) {
	if r.screen == nil {
		return
	}
	p := &tr.progress
	if r.bar == nil {
		r.bar = progressbar.NewOptions(tr.row,
			progressbar.OptionSetWriter(r.screen),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetWidth(24),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	r.bar.Describe(fmt.Sprintf("%s epoch %d/%d  ppl %s  activity %.1f %%  %.0f tokens/s",
		tr.cell, p.Epoch, tr.config.Epochs, show(p.Loss.perplexity()), 100*p.Counts.Activity(), float64(p.Loss.Count)/p.Seconds))
	// A bar that cannot be drawn is no reason to stop.
	_ = r.bar.Set(p.Position)
}

// epoch reports an epoch that is over.
func (r *reporter) epoch(e epochResult, warnings []string) error {
	r.closeBar()
	r.line(e)
	for _, w := range warnings {
		r.warn(w)
	}
	if err := r.write(e); err != nil {
		return err
	}
	return r.publish()
}

// left says where an interrupted run can go on.
func (r *reporter) left(tr *trainer) {
	switch {
	case tr.files == nil || tr.progress.Windows == 0:
	case tr.savedWindows == tr.progress.Windows:
		fmt.Fprintf(r.out, "  -resume goes on from %s\n", tr.files.last())
	case tr.files.last() == "":
		r.warn("nothing could be saved")
	default:
		r.warn("the last windows could not be saved; -resume goes on from " + tr.files.last())
	}
}

// written is the error of a file that is not needed to go on: under -on-full
// continue no more than a warning.
func (r *reporter) written(err error) error {
	if err != nil && r.settings.onFull == onFullContinue {
		r.warn(err.Error())
		return nil
	}
	return err
}

func (r *reporter) closeBar() {
	if r.bar != nil {
		_ = r.bar.Finish()
		r.bar = nil
	}
}

func (r *reporter) line(e epochResult) {
	density := ""
	if e.Density != nil {
		density = fmt.Sprintf("density %.1f %%  ", 100**e.Density)
	}
	fmt.Fprintf(r.out, "  epoch %d  train %s  valid %s  activity %.1f %%  backward %.1f %%  %s%.0f tokens/s  %.1f s\n",
		e.Epoch, show(e.TrainPPL), show(e.ValidPPL), 100*e.Activity, 100*e.BackwardActivity, density, e.TokensPerSecond, e.Seconds)
}

// weights says how many are left of a model that was pruned.
func (r *reporter) weights(c config, m *layers.LanguageModel) {
	if left := c.densities(m.Params()); left != "" {
		fmt.Fprintf(r.out, "  left of the weights: %s\n", left)
	}
}

func (r *reporter) warn(text string) { fmt.Fprintf(r.out, "  warning: %s\n", text) }

// test keeps the result of a model, with its sample of text, and draws its
// events.
func (r *reporter) test(ctx context.Context, tr *trainer, e epochResult) error {
	r.results = append(r.results, e)
	if err := r.write(e); err != nil || e.TestPPL == nil {
		return err
	}
	r.weights(tr.config, tr.model)
	m := r.models[len(r.models)-1]
	m.test = &e
	r.finished = time.Now()
	if r.settings.out != "" {
		if err := r.drawRaster(m); err != nil {
			return err
		}
		if err := r.publish(); err != nil {
			return err
		}
	}
	return r.sample(ctx, tr.model)
}

// sample keeps a text that the model writes.
func (r *reporter) sample(ctx context.Context, m *layers.LanguageModel) error {
	if r.settings.sampling.Words == 0 {
		return nil
	}
	text, err := r.settings.sampling.Text(ctx, m, r.task.Vocabulary, r.settings.config.Seed)
	r.samples = append(r.samples, text)
	return err
}

// write adds a line to -json.
func (r *reporter) write(row any) error {
	return r.written(errors.Wrap(r.json.Write(row), "-json"))
}

// finish prints the table and the samples.
func (r *reporter) finish() error {
	if len(r.results) == 0 {
		return nil
	}
	fmt.Fprintln(r.out)
	if err := r.table(); err != nil {
		return err
	}
	if err := r.plot(); err != nil {
		return err
	}
	if r.published && len(r.models) > 0 {
		fmt.Fprintf(r.out, "  wrote %s\n", filepath.Join(r.settings.out, pageFile))
	}
	for i, s := range r.samples {
		fmt.Fprintf(r.out, "\n%s writes:\n%s\n", r.results[i].Cell, s)
	}
	return nil
}

// table prints the results beside the baselines. What is of training alone has no
// column where nothing was trained.
func (r *reporter) table() error {
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	trained := r.settings.mode == modeTrain
	line := func(name, valid, test, activity, backward, macs, share, rate string) {
		cells := []string{name, valid, test, activity}
		if trained {
			cells = append(cells, backward)
		}
		cells = append(cells, macs, share)
		if trained {
			cells = append(cells, rate)
		}
		fmt.Fprintln(w, strings.Join(cells, "\t")+"\t")
	}
	line("", "valid ppl", "test ppl", "activity", "backward", "MACs/token", "of dense", "tokens/s")
	share := func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }
	for _, e := range r.results {
		line(e.Cell, show(e.ValidPPL), show(e.TestPPL), share(e.Activity), share(e.BackwardActivity),
			fmt.Sprintf("%.0fk", e.MACsPerToken/1e3), share(e.MACsPerToken/max(1, e.DenseMACsPerToken)), fmt.Sprintf("%.0f", e.TokensPerSecond))
	}
	for _, b := range r.task.baselines {
		line(b.name, show(&b.valid), show(&b.test), "", "", "", "", "")
	}
	return w.Flush()
}

func (r *reporter) close() { _ = r.json.Close() }
