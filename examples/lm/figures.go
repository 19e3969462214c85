package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"gorgonia.org/tensor"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

// The figures of a run, by the names of their files.
const (
	perplexityFigure = "perplexity"
	rasterFigure     = "raster"
)

// curvePoints is about how many points of training an epoch has in a figure.
const curvePoints = 40

// curve is the training of a model over time, in epochs. It is part of the
// progress of a run.
type curve struct {
	At       []float64 `json:"at"`
	Loss     []float64 `json:"loss"`     // of the windows since the point before, in nats a word
	Activity []float64 `json:"activity"` // of the epoch so far, in percent
	ValidAt  []float64 `json:"valid_at"`
	Valid    []float64 `json:"valid"`

	Before meanLoss `json:"before"` // of the epoch up to the last point
}

// add takes in a window.
func (c *curve) add(tr *trainer) {
	p := &tr.progress
	if p.Window == 1 {
		c.Before = meanLoss{}
	}
	if every := max(1, tr.row/tr.config.Window/curvePoints); p.Window%every != 0 {
		return
	}
	since := (p.Loss.Sum - c.Before.Sum) / float64(p.Loss.Count-c.Before.Count)
	c.Before = p.Loss
	c.At = append(c.At, float64(p.Epoch-1)+float64(p.Position)/float64(tr.row))
	c.Loss = append(c.Loss, since)
	c.Activity = append(c.Activity, 100*p.Counts.Activity())
}

func (c *curve) validate(e epochResult) {
	if e.ValidPPL == nil {
		return
	}
	c.ValidAt = append(c.ValidAt, float64(e.Epoch))
	c.Valid = append(c.Valid, *e.ValidPPL)
}

// plot draws perplexity and activity over the training of all models.
func (r *reporter) plot() error {
	if r.settings.out == "" {
		return nil
	}
	ppl := probe.Lines{Title: "perplexity", YLabel: "perplexity", LogY: true}
	activity := probe.Lines{Title: "activity", YLabel: "active units (%)", FromZero: true}
	for _, m := range r.models {
		c := m.progress.Curve
		if len(c.At) == 0 {
			continue
		}
		ppl.Series = append(ppl.Series, probe.Series{Name: m.progress.Cell + " training", X: c.At, Y: exponentials(c.Loss)})
		if len(c.Valid) > 0 {
			ppl.Series = append(ppl.Series, probe.Series{Name: m.progress.Cell + " validation", X: c.ValidAt, Y: c.Valid})
		}
		activity.Series = append(activity.Series, probe.Series{Name: m.progress.Cell + " training", X: c.At, Y: c.Activity})
	}
	if len(ppl.Series) == 0 {
		return nil
	}
	for _, b := range r.task.baselines {
		if b.name != unigrams {
			ppl.References = append(ppl.References, probe.Reference{Label: b.name, Y: b.valid})
		}
	}
	f, err := probe.Panels{
		Title:  fmt.Sprintf("Learning %s", r.task.Name),
		XLabel: "epochs",
		Panels: []probe.Lines{ppl, activity},
	}.Figure()
	if err != nil {
		return err
	}
	return r.save(f, perplexityFigure)
}

func exponentials(xs []float64) []float64 {
	ys := make([]float64, len(xs))
	for i, x := range xs {
		ys[i] = math.Exp(x)
	}
	return ys
}

// drawRaster draws the events of a sentence of the test text.
func (r *reporter) drawRaster(m *modelReport) error {
	if m.progress.Cell != layers.CellEGRU {
		return nil
	}
	raster, err := events(m.model, r.task.Corpus)
	if err != nil {
		return err
	}
	m.raster = raster
	f, err := raster.Figure()
	if err != nil {
		return err
	}
	return r.save(f, rasterFigure)
}

// events runs a model over a sentence of the test text.
func events(model *layers.LanguageModel, c *corpus.Corpus) (*probe.Raster, error) {
	ids, words := rasterSentence(c)
	session, err := graph.NewSession(graph.LanguageModel{LanguageModel: model, Trace: true}, graph.Config{})
	if err != nil {
		return nil, err
	}
	column := func() *tensor.Dense {
		return tensor.New(tensor.WithShape(len(ids), 1), tensor.WithBacking(slices.Clone(ids)))
	}
	result, err := session.Evaluate(session.NewStream(1), graph.Feeds{graph.Tokens: column(), graph.Targets: column()})
	if err != nil {
		return nil, err
	}
	raster := &probe.Raster{Title: "Events of one sentence", XLabel: "word read", Tokens: words}
	for _, l := range model.Stack().Layers() {
		sent, err := probe.Events(result.Outputs[graph.Events(l)], 0)
		if err != nil {
			return nil, err
		}
		raster.Layers = append(raster.Layers, probe.RasterLayer{Name: l.Name(), Events: sent})
	}
	return raster, nil
}

// A sentence of a raster is long enough to show something and short enough for
// its words to stay legible.
const minRasterWords, maxRasterWords = 14, 40

// rasterSentence is the first whole sentence of the test text of a good length,
// or the text's beginning if there is none.
func rasterSentence(c *corpus.Corpus) (ids []int, words []string) {
	end, _ := c.Vocabulary.ID(corpus.EndOfSentence)
	ids = c.Test[:min(len(c.Test), maxRasterWords)]
	start := slices.Index(c.Test, end) + 1 // the text may begin amid a sentence
	for i, id := range c.Test {
		if id != end || i < start {
			continue
		}
		if n := i + 1 - start; n >= minRasterWords && n <= maxRasterWords {
			ids = c.Test[start : i+1]
			break
		}
		start = i + 1
	}
	for _, id := range ids {
		word, _ := c.Vocabulary.Word(id)
		words = append(words, word)
	}
	return ids, words
}

// save writes a figure as PNG and SVG.
func (r *reporter) save(f *probe.Figure, name string) error {
	err := writeFigure(f, r.settings.out, name)
	if err == nil {
		fmt.Fprintf(r.out, "  wrote %s\n", filepath.Join(r.settings.out, name+figureTypes))
	}
	return r.written(err)
}

// figureTypes are the types that writeFigure writes.
const figureTypes = ".{png,svg}"

func writeFigure(f *probe.Figure, dir, name string) error {
	for _, ext := range []string{".png", ".svg"} {
		if err := f.WriteFile(filepath.Join(dir, name+ext)); err != nil {
			return err
		}
	}
	return nil
}
