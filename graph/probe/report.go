package probe

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/ops"
)

// Report is what Counts come to, a row for each layer and product. It encodes
// to JSON under field names that stay.
type Report struct {
	Tokens   int   `json:"tokens"` // 0 for unknown: figures per token are 0
	Layers   []Row `json:"layers"`
	Products []Row `json:"products"` // their units and events are their input's
	Total    Row   `json:"total"`    // see Counts.Total
}

// Row is the report on one layer or product, or on all.
type Row struct {
	Name string `json:"name"`

	Units          int64   `json:"units"`  // outputs computed
	Events         int64   `json:"events"` // outputs that were not zero
	EventsPerToken float64 `json:"events_per_token"`
	Activity       float64 `json:"activity"` // Events / Units

	BackwardUnits    int64   `json:"backward_units"`    // outputs a backward pass went through
	Live             int64   `json:"live"`              // of those, outputs that a gradient could pass
	BackwardActivity float64 `json:"backward_activity"` // Live / BackwardUnits

	Forward  Work `json:"forward"`
	Backward Work `json:"backward"`
}

// Work is a number of multiply-accumulates (MACs) beside that of dense
// products of the same shapes.
type Work struct {
	MACs              int64   `json:"macs"`
	DenseMACs         int64   `json:"dense_macs"`
	MACsPerToken      float64 `json:"macs_per_token"`
	DenseMACsPerToken float64 `json:"dense_macs_per_token"`
	Savings           float64 `json:"savings"` // 1 - MACs/DenseMACs; 0 without any work
}

// Report puts counts into rows. Figures per token are for the number of tokens,
// over all rows of the batch, that the counts were taken over; 0 leaves them
// out, a negative number gives ErrCounts.
func (c Counts) Report(tokens int) (Report, error) {
	if tokens < 0 {
		return Report{}, errors.Wrapf(ErrCounts, "tokens is %d, want at least 0", tokens)
	}
	return Report{
		Tokens:   tokens,
		Layers:   rows(c.Layers, tokens),
		Products: rows(c.Products, tokens),
		Total:    row("total", c.Total(), tokens),
	}, nil
}

// Bars describes the work in a figure: for each layer and product the MACs done
// beside dense ones, forward and, where there was one, in the backward pass; a
// token's, or all if the tokens are unknown.
func (r Report) Bars() Bars {
	work := append(append([]Row(nil), r.Layers...), r.Products...)
	panel := func(title string, of func(Row) Work) BarPanel {
		p := BarPanel{Title: title, Series: []BarSeries{{Name: "done"}, {Name: "dense"}}}
		for _, row := range work {
			w := of(row)
			done, dense := w.MACsPerToken, w.DenseMACsPerToken
			if r.Tokens == 0 {
				done, dense = float64(w.MACs), float64(w.DenseMACs)
			}
			p.Groups = append(p.Groups, row.Name)
			p.Series[0].Values = append(p.Series[0].Values, done)
			p.Series[1].Values = append(p.Series[1].Values, dense)
		}
		return p
	}
	b := Bars{XLabel: "MACs a token", Panels: []BarPanel{panel("forward", func(row Row) Work { return row.Forward })}}
	if r.Tokens == 0 {
		b.XLabel = "MACs"
	}
	if r.Total.Backward.DenseMACs > 0 {
		b.Panels = append(b.Panels, panel("backward", func(row Row) Work { return row.Backward }))
	}
	return b
}

func rows(cs []Count, tokens int) []Row {
	rs := make([]Row, len(cs)) // not nil: an empty list in JSON
	for i, c := range cs {
		rs[i] = row(c.Name, c.Counts, tokens)
	}
	return rs
}

func row(name string, c ops.Counts, tokens int) Row {
	return Row{
		Name:             name,
		Units:            c.Units,
		Events:           c.Events,
		EventsPerToken:   per(c.Events, tokens),
		Activity:         c.Activity(),
		BackwardUnits:    c.BackwardUnits,
		Live:             c.Live,
		BackwardActivity: c.BackwardActivity(),
		Forward:          work(c.ForwardMACs, c.DenseForwardMACs, tokens),
		Backward:         work(c.BackwardMACs, c.DenseBackwardMACs, tokens),
	}
}

func work(macs, dense int64, tokens int) Work {
	w := Work{
		MACs:              macs,
		DenseMACs:         dense,
		MACsPerToken:      per(macs, tokens),
		DenseMACsPerToken: per(dense, tokens),
	}
	if dense > 0 {
		w.Savings = 1 - float64(macs)/float64(dense)
	}
	return w
}

func per(n int64, tokens int) float64 {
	if tokens == 0 {
		return 0
	}
	return float64(n) / float64(tokens)
}
