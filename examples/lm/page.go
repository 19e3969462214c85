package main

import (
	"path/filepath"
	"strings"

	"gorgonia.org/tensor"

	"github.com/egru/egru/examples/lm/report"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

const pageFile = "report.html"

// publish writes the page of the run, as far as it has come.
func (r *reporter) publish() error {
	if r.settings.out == "" {
		return nil
	}
	page, err := r.page()
	if err != nil {
		return err
	}
	err = page.WriteFile(filepath.Join(r.settings.out, pageFile))
	r.published = err == nil
	return r.written(err)
}

func (r *reporter) page() (*probe.Page, error) {
	config, err := r.settings.config.encode()
	if err != nil {
		return nil, err
	}
	t := r.task
	run := report.Run{
		Title:    "Learning " + t.Name,
		Started:  r.started,
		Finished: r.finished,
		Corpus:   &report.Corpus{Name: t.Name, Train: len(t.Train), Valid: len(t.Valid), Test: len(t.Test), Vocabulary: t.Vocabulary.Size()},
		Config:   config,
	}
	for _, b := range t.baselines {
		run.Baselines = append(run.Baselines, report.Baseline{Name: b.name, Valid: &b.valid, Test: &b.test})
	}
	run.Published = published(t.Name)
	for _, m := range r.models {
		run.Models = append(run.Models, m.onPage())
		for _, w := range m.progress.Warnings {
			run.Warnings = append(run.Warnings, m.progress.Cell+", "+w)
		}
	}
	return report.Page(run)
}

// onPage is what the page tells of a model.
func (m *modelReport) onPage() report.Model {
	p := m.progress
	of := report.Model{
		Name:       p.Cell,
		Parameters: layers.Size(m.model.Params()),
		Curve:      report.Curve{Epochs: p.Curve.At, Loss: p.Curve.Loss, Activity: p.Curve.Activity},
		Work:       p.Work,
		WorkOf:     "the last epoch of training",
		Raster:     m.raster,
	}
	for _, e := range p.Results {
		epoch := report.Epoch{
			Number: e.Epoch, TrainPerplexity: e.TrainPPL, ValidPerplexity: e.ValidPPL,
			Activity: &e.Activity, BackwardActivity: &e.BackwardActivity,
			LearnRate: &e.LearnRate, GradientNorm: &e.Norm, Clipped: &e.Clipped,
			Seconds: &e.Seconds, TokensPerSecond: &e.TokensPerSecond,
		}
		for _, l := range e.Layers {
			epoch.Layers = append(epoch.Layers, report.Layer{Name: l.Name, Activity: &l.Activity, BackwardActivity: &l.BackwardActivity})
		}
		of.Epochs = append(of.Epochs, epoch)
	}
	if m.test != nil {
		of.Test = &report.Test{Perplexity: m.test.TestPPL, Activity: &m.test.Activity}
	}
	for _, l := range m.model.Stack().Layers() {
		if e, ok := l.(*layers.EGRU); ok {
			of.Thresholds = append(of.Thresholds, probe.Sample{Name: l.Name(), Values: numbers64(e.Threshold().Value())})
		}
	}
	return of
}

func numbers64(t *tensor.Dense) []float64 {
	var fs []float64
	for _, f := range t.Float32s() {
		fs = append(fs, float64(f))
	}
	return fs
}

// published are the papers' figures on a text. Theirs are models of other sizes,
// trained for hundreds of epochs: beside the results of minutes they say what
// there is to reach, no more.
func published(text string) []report.Published {
	const (
		source = "Subramoney et al., ICLR 2023"
		awd    = "Merity et al., ICLR 2018"
	)
	result := func(name, source string, test float64, activity ...float64) report.Published {
		p := report.Published{Name: name, Source: source, Test: &test}
		if len(activity) > 0 {
			p.Activity = &activity[0]
		}
		return p
	}
	switch name := strings.ToLower(text); {
	case strings.HasPrefix(name, "ptb"):
		return []report.Published{
			result("EGRU 3 x 1350, 1000 epochs", source, 57.2, 1-0.797),
			result("GRU 3 x 1350, 1000 epochs", source, 66.3),
			result("AWD-LSTM", awd, 57.3),
		}
	case strings.HasPrefix(name, "wiki"):
		return []report.Published{
			result("EGRU, 800 epochs", source, 68.9),
			result("AWD-LSTM", awd, 65.8),
		}
	}
	return nil
}
