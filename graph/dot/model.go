package dot

import (
	"fmt"
	"strings"

	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
)

// LanguageModel describes a drawing of a language model, from the words to the
// distribution of the next. A matrix that embedding and decoder share is in the
// box of the embedding, and a dashed line says so. A nil model gives a drawing
// without boxes, which cannot be drawn.
func LanguageModel(m *layers.LanguageModel) Drawing {
	if m == nil {
		return Drawing{Title: "no model"}
	}
	c := m.Config()
	d := Drawing{Title: fmt.Sprintf("language model, %s parameters", probe.Quantity(float64(layers.Size(m.Params()))))}
	words := d.add(Box{Name: "words", Plain: true})
	embedding := d.add(boxOf("embedding", fmt.Sprintf("%d words", c.Vocabulary), weights(m.Params(), "embedding.")))
	d.join(words, embedding, "(T, B)")
	d.Arrows[0].Label += dropout("word dropout", c.WordDropout)

	below := embedding
	signal := sequence(c.Embed) + dropout("dropout", c.EmbedDropout)
	for i, l := range m.Stack().Layers() {
		at := d.add(recurrent(l))
		d.join(below, at, signal)
		below, signal = at, sequence(l.Units())
		if i < len(m.Stack().Layers())-1 {
			signal += dropout("dropout", c.LayerDropout)
		}
	}
	decoder := d.add(boxOf("decoder", "softmax", weights(m.Params(), "decoder.")))
	d.join(below, decoder, signal+dropout("dropout", c.OutputDropout))
	if c.Tied {
		d.Arrows = append(d.Arrows, Arrow{From: embedding, To: decoder, Label: "one matrix", Shared: true})
	}
	next := d.add(Box{Name: "p(next word)", Plain: true})
	d.join(decoder, next, sequence(c.Vocabulary))
	return d
}

// Layers describes a drawing of recurrent layers on top of each other, such as
// those of a stack, the lowest first. Nil ones are passed over.
func Layers(ls ...layers.Recurrent) Drawing {
	var d Drawing
	below, signal := -1, ""
	for _, l := range ls {
		if layers.IsNil(l) {
			continue
		}
		if below < 0 {
			below, signal = d.add(Box{Name: "x", Plain: true}), inputs(l)
		}
		at := d.add(recurrent(l))
		d.join(below, at, signal)
		below, signal = at, sequence(l.Units())
	}
	if below >= 0 {
		d.join(below, d.add(Box{Name: "y", Plain: true}), signal)
	}
	return d
}

// WithReport adds to each box of the name of one of the report's layers or
// products what was counted there: activity and multiply-accumulates, a token's if
// the tokens are known.
func (d Drawing) WithReport(r probe.Report) Drawing {
	rows := map[string]probe.Row{}
	products := map[string]bool{}
	for _, row := range r.Layers {
		rows[row.Name] = row
	}
	for _, row := range r.Products {
		rows[row.Name], products[row.Name] = row, true
	}
	boxes := make([]Box, len(d.Boxes))
	for i, b := range d.Boxes {
		boxes[i] = b
		row, counted := rows[b.Name]
		if !counted || b.Plain || row.Units == 0 {
			continue
		}
		lines := append([]string(nil), b.Lines...)
		activity := "activity %.1f %%"
		if products[b.Name] {
			activity = "activity of the input %.1f %%"
		}
		lines = append(lines, fmt.Sprintf(activity, 100*row.Activity))
		for _, way := range []struct {
			name string
			work probe.Work
		}{{"forward", row.Forward}, {"backward", row.Backward}} {
			done, dense, per := way.work.MACsPerToken, way.work.DenseMACsPerToken, "MACs a token"
			if r.Tokens == 0 {
				done, dense, per = float64(way.work.MACs), float64(way.work.DenseMACs), "MACs"
			}
			if dense > 0 {
				lines = append(lines, fmt.Sprintf("%s %s of %s %s", way.name, probe.Quantity(done), probe.Quantity(dense), per))
			}
		}
		boxes[i].Lines = lines
	}
	d.Boxes = boxes
	return d
}

func (d *Drawing) add(b Box) int {
	d.Boxes = append(d.Boxes, b)
	return len(d.Boxes) - 1
}

func (d *Drawing) join(from, to int, label string) {
	d.Arrows = append(d.Arrows, Arrow{From: from, To: to, Label: label})
}

func sequence(width int) string { return fmt.Sprintf("(T, B, %d)", width) }

func dropout(name string, p float64) string {
	if p == 0 {
		return ""
	}
	return fmt.Sprintf(", %s %g", name, p)
}

// inputs is the shape of what a layer reads, empty where that is not known.
func inputs(l layers.Recurrent) string {
	switch l := l.(type) {
	case *layers.EGRU:
		return sequence(l.Config().Inputs)
	case *layers.GRU:
		return sequence(l.Config().Inputs)
	}
	return ""
}

func recurrent(l layers.Recurrent) Box {
	kind := strings.TrimPrefix(fmt.Sprintf("%T", l), "*layers.")
	if e, ok := l.(*layers.EGRU); ok {
		kind = fmt.Sprintf("EGRU %v", e.Config().Variant)
	}
	return boxOf(l.Name(), fmt.Sprintf("%s, %d units", kind, l.Units()), l.Params())
}

// boxOf lists weights by their names within the layer.
func boxOf(name, kind string, ps []*layers.Param) Box {
	b := Box{Name: name, Kind: kind}
	for _, p := range ps {
		b.Lines = append(b.Lines, fmt.Sprintf("%s %v", strings.TrimPrefix(p.Name(), name+"."), p.Value().Shape()))
	}
	b.Lines = append(b.Lines, fmt.Sprintf("%s parameters", probe.Quantity(float64(layers.Size(ps)))))
	return b
}

func weights(of []*layers.Param, prefix string) []*layers.Param {
	var found []*layers.Param
	for _, p := range of {
		if strings.HasPrefix(p.Name(), prefix) {
			found = append(found, p)
		}
	}
	return found
}
