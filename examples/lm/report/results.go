package report

import (
	"math"

	"github.com/egru/egru/graph/probe"
)

// results are a table of the models, and one of them beside others.
func (r Run) results() ([]probe.Block, error) {
	var blocks []probe.Block
	if len(r.Models) > 0 {
		blocks = append(blocks, table("Models", r.Models,
			column[Model]{"model", func(m Model) string { return m.Name }},
			column[Model]{"parameters", func(m Model) string { return positive(m.Parameters) }},
			column[Model]{"epochs", func(m Model) string { return positive(len(m.Epochs)) }},
			column[Model]{"best valid perplexity", func(m Model) string { return written(m.best(), perplexity) }},
			column[Model]{"test perplexity", func(m Model) string { return written(m.test().Perplexity, perplexity) }},
			column[Model]{"activity", func(m Model) string { return written(m.active(), percent) }},
			column[Model]{"backward activity", func(m Model) string {
				return written(m.last(func(e Epoch) *float64 { return e.BackwardActivity }), percent)
			}},
			column[Model]{"MACs/token", func(m Model) string { return m.macs(probe.Quantity) }},
			column[Model]{"of dense", func(m Model) string { return m.ofDense() }},
			column[Model]{"tokens/s", func(m Model) string {
				return written(m.last(func(e Epoch) *float64 { return e.TokensPerSecond }), rounded)
			}},
		))
	}
	if len(r.Baselines)+len(r.Published) == 0 {
		return blocks, nil
	}
	var rows []Published
	for _, m := range r.Models {
		rows = append(rows, Published{m.Name, "this run", m.best(), m.test().Perplexity, m.active()})
	}
	for _, b := range r.Baselines {
		rows = append(rows, Published{b.Name, "baseline", b.Valid, b.Test, nil})
	}
	beside := table("Perplexity beside others", append(rows, r.Published...),
		column[Published]{"model", func(p Published) string { return p.Name }},
		column[Published]{"source", func(p Published) string { return p.Source }},
		column[Published]{"valid", func(p Published) string { return written(p.Valid, perplexity) }},
		column[Published]{"test", func(p Published) string { return written(p.Test, perplexity) }},
		column[Published]{"activity", func(p Published) string { return written(p.Activity, percent) }},
	)
	if len(beside.Head) > 1 && beside.Head[1] == "source" {
		beside.Texts = 2
	}
	return append(blocks, beside), nil
}

// positive writes a count if there is something to count.
func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return whole(n)
}

// best is the lowest perplexity on the validation text; that of a model which
// diverged at once is no number, and said.
func (m Model) best() *float64 {
	var best *float64
	for _, e := range m.Epochs {
		if v := e.ValidPerplexity; v != nil && (best == nil || math.IsNaN(*best) || *v < *best) {
			best = v
		}
	}
	return best
}

// last is a number of the last epoch that has it.
func (m Model) last(of func(Epoch) *float64) *float64 {
	for i := len(m.Epochs) - 1; i >= 0; i-- {
		if x := of(m.Epochs[i]); x != nil {
			return x
		}
	}
	return nil
}

func (m Model) test() Test {
	if m.Test == nil {
		return Test{}
	}
	return *m.Test
}

// active is the activity on the test text, or in the last epoch without one.
func (m Model) active() *float64 {
	if a := m.test().Activity; a != nil {
		return a
	}
	return m.last(func(e Epoch) *float64 { return e.Activity })
}

// macs writes the forward work per token.
func (m Model) macs(as func(float64) string) string {
	if m.Work == nil || m.Work.Tokens == 0 {
		return ""
	}
	return as(m.Work.Total.Forward.MACsPerToken)
}

// ofDense writes the share of the forward work of dense products that was done.
func (m Model) ofDense() string {
	if m.Work == nil || m.Work.Total.Forward.DenseMACs == 0 {
		return ""
	}
	return percent(1 - m.Work.Total.Forward.Savings)
}
