package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pkg/errors"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/egru/egru/ops"
)

// epochResult is a line of -json: one for each epoch, and a last one of each
// cell with the perplexity on the test text and the work of the test.
type epochResult struct {
	Cell  string `json:"cell"`
	Epoch int    `json:"epoch"`

	// Null where there is none: the test is in the last line, and after an
	// interrupt nothing is evaluated any more.
	TrainPPL *float64 `json:"train_ppl"`
	ValidPPL *float64 `json:"valid_ppl"`
	TestPPL  *float64 `json:"test_ppl"`

	Activity         float64 `json:"activity"`          // of the recurrent layers
	BackwardActivity float64 `json:"backward_activity"` // of the last epoch of training

	// Forward multiply-accumulates of the recurrent layers and the decoder,
	// and those of the backward pass in training.
	MACsPerToken              float64 `json:"macs_per_token"`
	DenseMACsPerToken         float64 `json:"dense_macs_per_token"`
	BackwardMACsPerToken      float64 `json:"backward_macs_per_token"`
	DenseBackwardMACsPerToken float64 `json:"dense_backward_macs_per_token"`

	TokensPerSecond float64 `json:"tokens_per_s"` // in training
	Seconds         float64 `json:"seconds"`      // of training in the epoch
	PeakRSSMB       float64 `json:"peak_rss_mb"`
}

// measure takes over what the meters counted in a pass over some tokens. A pass
// without training leaves the figures of the last backward passes.
func (e *epochResult) measure(n ops.Counts, tokens int) {
	each := func(macs int64) float64 { return float64(macs) / float64(max(1, tokens)) }
	e.Activity = n.Activity()
	e.MACsPerToken, e.DenseMACsPerToken = each(n.ForwardMACs), each(n.DenseForwardMACs)
	if n.BackwardUnits > 0 {
		e.BackwardActivity = n.BackwardActivity()
		e.BackwardMACsPerToken, e.DenseBackwardMACsPerToken = each(n.BackwardMACs), each(n.DenseBackwardMACs)
	}
}

// show writes a perplexity.
func show(ppl *float64) string {
	if ppl == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *ppl)
}

// reporter shows how training goes and what came out of it.
type reporter struct {
	config config
	task   *task
	out    io.Writer
	json   *os.File // nil without -json

	screen  io.Writer // of the progress bar; nil where it is no terminal
	bar     *progressbar.ProgressBar
	tests   []epochResult
	samples []string
	curves  []cellCurves
}

func newReporter(c config, t *task, stdout, stderr io.Writer) (*reporter, error) {
	r := &reporter{config: c, task: t, out: stdout}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		r.screen = f
	}
	if c.out != "" {
		if err := os.MkdirAll(c.out, 0o755); err != nil {
			return nil, errors.Wrap(err, "-out")
		}
	}
	if c.json != "" {
		f, err := os.Create(c.json)
		if err != nil {
			return nil, errors.Wrap(err, "-json")
		}
		r.json = f
	}
	fmt.Fprintf(stdout, "%s: %d words to train on, %d to validate, %d to test, vocabulary %d\n",
		t.Name, len(t.Train), len(t.Valid), len(t.Test), t.Vocabulary.Size())
	return r, nil
}

// start announces a model.
func (r *reporter) start(tr *trainer) {
	r.curves = append(r.curves, cellCurves{cell: tr.cell})
	parameters := 0
	for _, p := range tr.model.Params() {
		parameters += p.Value().Shape().TotalSize()
	}
	var units []string
	for _, l := range tr.model.Stack().Layers() {
		units = append(units, fmt.Sprint(l.Units()))
	}
	fmt.Fprintf(r.out, "\n%s: layers of %s units, %d parameters\n", tr.cell, strings.Join(units, ", "), parameters)
}

// progress moves the bar of an epoch.
func (r *reporter) progress(tr *trainer, epoch int, loss meanLoss, seconds time.Duration) {
	r.curves[len(r.curves)-1].add(tr, loss)
	if r.screen == nil {
		return
	}
	if r.bar == nil {
		r.bar = progressbar.NewOptions(tr.steps,
			progressbar.OptionSetWriter(r.screen),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetWidth(24),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	r.bar.Describe(fmt.Sprintf("%s epoch %d/%d  ppl %s  activity %.1f %%  %.0f tokens/s",
		tr.cell, epoch, r.config.epochs, show(loss.perplexity()), 100*tr.meters.Read().Activity(), float64(loss.count)/seconds.Seconds()))
	// A bar that cannot be drawn is no reason to stop.
	_ = r.bar.Add(1)
}

func (r *reporter) epoch(e epochResult) error {
	if r.bar != nil {
		_ = r.bar.Finish()
		r.bar = nil
	}
	r.curves[len(r.curves)-1].validate(e)
	fmt.Fprintf(r.out, "  epoch %d  train %s  valid %s  activity %.1f %%  backward %.1f %%  %.0f tokens/s  %.1f s\n",
		e.Epoch, show(e.TrainPPL), show(e.ValidPPL), 100*e.Activity, 100*e.BackwardActivity, e.TokensPerSecond, e.Seconds)
	return r.write(e)
}

// test keeps the result of a model, with its sample of text, and draws its
// events.
func (r *reporter) test(tr *trainer, e epochResult) error {
	r.tests = append(r.tests, e)
	if err := r.write(e); err != nil || e.TestPPL == nil {
		return err
	}
	if err := r.raster(tr); err != nil {
		return err
	}
	if r.config.sample > 0 {
		text, err := tr.sample(r.config.sample)
		if err != nil {
			return err
		}
		r.samples = append(r.samples, text)
	}
	return nil
}

func (r *reporter) write(e epochResult) error {
	if r.json == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = r.json.Write(append(line, '\n'))
	return errors.Wrap(err, "-json")
}

// finish prints the table and the samples.
func (r *reporter) finish() error {
	if len(r.tests) == 0 {
		return nil
	}
	fmt.Fprintln(r.out)
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tvalid ppl\ttest ppl\tactivity\tbackward\tMACs/token\tof dense\ttokens/s\t")
	for _, e := range r.tests {
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f %%\t%.1f %%\t%.0fk\t%.1f %%\t%.0f\t\n", e.Cell, show(e.ValidPPL), show(e.TestPPL),
			100*e.Activity, 100*e.BackwardActivity, e.MACsPerToken/1e3, 100*e.MACsPerToken/max(1, e.DenseMACsPerToken), e.TokensPerSecond)
	}
	for _, b := range r.task.baselines {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t\t\t\t\t\t\n", b.name, b.valid, b.test)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := r.plot(); err != nil {
		return err
	}
	for i, s := range r.samples {
		fmt.Fprintf(r.out, "\n%s writes:\n%s\n", r.tests[i].Cell, s)
	}
	return nil
}

func (r *reporter) close() {
	if r.json != nil {
		r.json.Close()
	}
}
