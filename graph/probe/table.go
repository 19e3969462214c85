package probe

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	none       = "-" // in the place of a figure there is no ground for
	inputsNote = "in brackets: activity of a product's input, not part of the total"
)

var columns = []string{
	"layer", "activity", "backward activity", "events",
	"forward MACs", "dense", "saved",
	"backward MACs", "dense", "saved",
}

// String is the report as a table in plain text. Large numbers are rounded to
// three digits with k, M, G or T. With a number of tokens, a second table holds
// the figures per token.
func (r Report) String() string {
	var s strings.Builder
	for i, t := range r.tables() {
		if i > 0 {
			s.WriteString("\n")
		}
		s.WriteString(t.text())
	}
	if len(r.Products) > 0 {
		s.WriteString(inputsNote + "\n")
	}
	return s.String()
}

// Markdown is the same in Markdown, for notebooks.
func (r Report) Markdown() string {
	var s strings.Builder
	for _, t := range r.tables() {
		s.WriteString(t.markdown() + "\n")
	}
	if len(r.Products) > 0 {
		s.WriteString(inputsNote + "\n")
	}
	return s.String()
}

// Tables are the same for pages.
func (r Report) Tables() []Table {
	captions := []string{"counts", "counts per token"}
	if len(r.Products) > 0 {
		captions[0] += " (" + inputsNote + ")"
	}
	var ts []Table
	for i, t := range r.tables() {
		ts = append(ts, Table{Caption: captions[i], Head: t[0], Rows: t[1:]})
	}
	return ts
}

// tables are the counts and, if the tokens are known, the counts per token.
func (r Report) tables() []table {
	counts := table{columns}
	perToken := table{{"per token", columns[3], columns[4], columns[5], columns[7], columns[8]}}
	add := func(row Row, activity string) {
		counts = append(counts, []string{
			row.Name, activity, fraction(row.BackwardActivity, row.BackwardUnits), Quantity(float64(row.Events)),
			Quantity(float64(row.Forward.MACs)), Quantity(float64(row.Forward.DenseMACs)), percent(row.Forward),
			Quantity(float64(row.Backward.MACs)), Quantity(float64(row.Backward.DenseMACs)), percent(row.Backward),
		})
		perToken = append(perToken, []string{
			row.Name, Quantity(row.EventsPerToken),
			Quantity(row.Forward.MACsPerToken), Quantity(row.Forward.DenseMACsPerToken),
			Quantity(row.Backward.MACsPerToken), Quantity(row.Backward.DenseMACsPerToken),
		})
	}
	for _, l := range r.Layers {
		add(l, fraction(l.Activity, l.Units))
	}
	for _, p := range r.Products {
		add(p, "("+fraction(p.Activity, p.Units)+")")
	}
	add(r.Total, fraction(r.Total.Activity, r.Total.Units))
	if r.Tokens == 0 {
		return []table{counts}
	}
	return []table{counts, perToken}
}

func fraction(f float64, of int64) string {
	if of == 0 {
		return none
	}
	return fmt.Sprintf("%.3f", f)
}

func percent(w Work) string {
	if w.DenseMACs == 0 {
		return none
	}
	return inPercent(w.Savings)
}

// Quantity writes a number of three or four digits with a suffix for its
// thousands; whole numbers below 10,000 in full.
func Quantity(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e4 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	suffixes := []string{"", " k", " M", " G", " T"}
	i := 0
	for math.Abs(x) >= 999.5 && i < len(suffixes)-1 {
		x /= 1000
		i++
	}
	decimals := 2
	for limit := 9.995; math.Abs(x) >= limit && decimals > 0; limit *= 10 {
		decimals--
	}
	return strconv.FormatFloat(x, 'f', decimals, 64) + suffixes[i]
}

// table is rows of cells; the first row is the heading, the first column the
// names.
type table [][]string

func (t table) text() string {
	widths := make([]int, len(t[0]))
	for _, cells := range t {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var s strings.Builder
	for _, cells := range t {
		fmt.Fprintf(&s, "%-*s", widths[0], cells[0])
		for i, cell := range cells[1:] {
			fmt.Fprintf(&s, "  %*s", widths[i+1], cell)
		}
		s.WriteString("\n")
	}
	return s.String()
}

func (t table) markdown() string {
	var s strings.Builder
	for i, cells := range t {
		for _, cell := range cells {
			s.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		s.WriteString("|\n")
		if i == 0 {
			s.WriteString("|:--" + strings.Repeat("|--:", len(cells)-1) + "|\n")
		}
	}
	return s.String()
}
