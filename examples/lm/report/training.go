package report

import (
	"fmt"
	"math"

	"github.com/egru/egru/graph/probe"
)

// training is how learning went: over the epochs, over the windows, and all
// numbers of each epoch.
func (r Run) training() ([]probe.Block, error) {
	var blocks []probe.Block
	for _, c := range []chart{r.perplexities(), r.losses(), r.steps()} {
		made, err := c.blocks()
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, made...)
	}
	for _, m := range r.Models {
		if len(m.Epochs) > 0 {
			blocks = append(blocks, m.epochs())
		}
	}
	return blocks, nil
}

func (r Run) perplexities() chart {
	p := probe.Lines{Title: "perplexity", YLabel: "perplexity", LogY: true}
	for _, m := range r.Models {
		p.Series = append(p.Series,
			over(m.Name+" training", m.Epochs, 1, func(e Epoch) *float64 { return e.TrainPerplexity }),
			over(m.Name+" validation", m.Epochs, 1, func(e Epoch) *float64 { return e.ValidPerplexity }))
	}
	caption := "Perplexity on the training text, as it was learned, and on the validation text after each epoch."
	if p.References = r.references(p); len(p.References) > 0 {
		caption += " Dotted: baselines on the validation text."
	}
	return chart{"Perplexity", "epoch", []chartPanel{{p, caption}}}
}

// references are the baselines near the curves. Others would squeeze these.
func (r Run) references(p probe.Lines) []probe.Reference {
	const near = 2 // times the highest, or of the lowest
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range p.Series {
		for _, y := range s.Y {
			if p.Shows(y) {
				low, high = min(low, y), max(high, y)
			}
		}
	}
	var rs []probe.Reference
	for _, b := range r.Baselines {
		if v := b.Valid; v != nil && p.Shows(*v) && *v >= low/near && *v <= high*near {
			rs = append(rs, probe.Reference{Label: b.Name, Y: *v})
		}
	}
	return rs
}

func (r Run) losses() chart {
	p := probe.Lines{Title: "loss", YLabel: "loss (nats a token)"}
	for _, m := range r.Models {
		p.Series = append(p.Series, probe.Series{Name: m.Name, X: m.Curve.Epochs, Y: m.Curve.Loss})
	}
	return chart{"Loss of the windows", "epochs", []chartPanel{{p, "Loss on the training text, window by window."}}}
}

// steps are the solver's.
func (r Run) steps() chart {
	rate := probe.Lines{Title: "learn rate", YLabel: "learn rate", FromZero: true}
	norm := probe.Lines{Title: "gradient norm", YLabel: "global norm", LogY: true}
	clipped := probe.Lines{Title: "clipped steps", YLabel: "steps (%)", FromZero: true}
	for _, m := range r.Models {
		rate.Series = append(rate.Series, over(m.Name, m.Epochs, 1, func(e Epoch) *float64 { return e.LearnRate }))
		norm.Series = append(norm.Series, over(m.Name, m.Epochs, 1, func(e Epoch) *float64 { return e.GradientNorm }))
		clipped.Series = append(clipped.Series, over(m.Name, m.Epochs, 100, func(e Epoch) *float64 { return e.Clipped }))
	}
	return chart{"Steps of the solver", "epoch", []chartPanel{
		{rate, "The learn rate."},
		{norm, "The global norm of the gradients before clipping."},
		{clipped, "The share of the steps that were clipped."},
	}}
}

func (m Model) epochs() probe.Table {
	of := func(head string, of func(Epoch) *float64, as func(float64) string) column[Epoch] {
		return column[Epoch]{head, func(e Epoch) string { return written(of(e), as) }}
	}
	return table(fmt.Sprintf("%s, epoch by epoch", m.Name), m.Epochs,
		column[Epoch]{"epoch", func(e Epoch) string { return whole(e.Number) }},
		of("train perplexity", func(e Epoch) *float64 { return e.TrainPerplexity }, perplexity),
		of("valid perplexity", func(e Epoch) *float64 { return e.ValidPerplexity }, perplexity),
		of("activity", func(e Epoch) *float64 { return e.Activity }, percent),
		of("backward activity", func(e Epoch) *float64 { return e.BackwardActivity }, percent),
		of("learn rate", func(e Epoch) *float64 { return e.LearnRate }, short),
		of("gradient norm", func(e Epoch) *float64 { return e.GradientNorm }, short),
		of("clipped", func(e Epoch) *float64 { return e.Clipped }, percent),
		of("tokens/s", func(e Epoch) *float64 { return e.TokensPerSecond }, rounded),
		of("seconds", func(e Epoch) *float64 { return e.Seconds }, seconds),
	)
}
