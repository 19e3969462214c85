package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"gorgonia.org/tensor"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

// curvePoints is about how many points of training an epoch has in a figure.
const curvePoints = 40

// cellCurves are the training of a model over time, in epochs.
type cellCurves struct {
	cell string

	at, perplexity, activity []float64 // of the windows since the point before
	validAt, valid           []float64

	windows int
	before  meanLoss
}

// add takes in a window; loss is the mean since the epoch began.
func (c *cellCurves) add(tr *trainer, loss meanLoss) {
	c.windows++
	if loss.count <= c.before.count { // another epoch has begun
		c.before = meanLoss{}
	}
	if every := max(1, tr.steps/curvePoints); c.windows%every != 0 {
		return
	}
	since := meanLoss{loss.sum - c.before.sum, loss.count - c.before.count}.perplexity()
	c.before = loss
	if since == nil {
		return
	}
	c.at = append(c.at, float64(c.windows)/float64(tr.steps))
	c.perplexity = append(c.perplexity, *since)
	c.activity = append(c.activity, 100*tr.meters.Read().Activity())
}

func (c *cellCurves) validate(e epochResult) {
	if e.ValidPPL == nil {
		return
	}
	c.validAt = append(c.validAt, float64(e.Epoch))
	c.valid = append(c.valid, *e.ValidPPL)
}

// plot draws perplexity and activity over the training of all models.
func (r *reporter) plot() error {
	if r.config.out == "" {
		return nil
	}
	ppl := probe.Lines{Title: "perplexity", YLabel: "perplexity", LogY: true}
	activity := probe.Lines{Title: "activity", YLabel: "active units (%)", FromZero: true}
	for _, c := range r.curves {
		if len(c.at) == 0 {
			continue
		}
		ppl.Series = append(ppl.Series, probe.Series{Name: c.cell + " training", X: c.at, Y: c.perplexity})
		if len(c.valid) > 0 {
			ppl.Series = append(ppl.Series, probe.Series{Name: c.cell + " validation", X: c.validAt, Y: c.valid})
		}
		activity.Series = append(activity.Series, probe.Series{Name: c.cell + " training", X: c.at, Y: c.activity})
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
	return r.save(f, "perplexity")
}

// raster draws the events of a sentence of the test text.
func (r *reporter) raster(tr *trainer) error {
	if r.config.out == "" || tr.cell != layers.CellEGRU {
		return nil
	}
	ids, words := rasterSentence(r.task.Corpus)
	session, err := graph.NewSession(graph.LanguageModel{LanguageModel: tr.model, Trace: true}, graph.Config{})
	if err != nil {
		return err
	}
	column := func() *tensor.Dense {
		return tensor.New(tensor.WithShape(len(ids), 1), tensor.WithBacking(slices.Clone(ids)))
	}
	result, err := session.Evaluate(session.NewStream(1), graph.Feeds{graph.Tokens: column(), graph.Targets: column()})
	if err != nil {
		return err
	}
	raster := probe.Raster{Title: "Events of one sentence", XLabel: "word read", Tokens: words}
	for _, l := range tr.model.Stack().Layers() {
		events, err := probe.Events(result.Outputs[graph.Events(l)], 0)
		if err != nil {
			return err
		}
		raster.Layers = append(raster.Layers, probe.RasterLayer{Name: l.Name(), Events: events})
	}
	f, err := raster.Figure()
	if err != nil {
		return err
	}
	return r.save(f, "raster")
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
	for _, ext := range []string{".png", ".svg"} {
		path := filepath.Join(r.config.out, name+ext)
		if err := f.WriteFile(path); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.out, "  wrote %s\n", filepath.Join(r.config.out, name+".{png,svg}"))
	return nil
}
