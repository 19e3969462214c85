package probe_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/ops"
)

func exampleCounts() probe.Counts {
	return probe.Counts{
		Layers: []probe.Count{
			{Name: "rnn.0", Counts: ops.Counts{
				Units: 256_000, Events: 38_400, Live: 100_000, BackwardUnits: 250_000,
				ForwardMACs: 150_000_000, DenseForwardMACs: 600_000_000, BackwardMACs: 500_000_000, DenseBackwardMACs: 1_250_000_000,
			}},
			{Name: "rnn.1", Counts: ops.Counts{
				Units: 128_000, Events: 6_400,
				ForwardMACs: 30_000_000, DenseForwardMACs: 300_000_000,
			}},
		},
		Products: []probe.Count{
			{Name: "decoder", Counts: ops.Counts{
				Units: 128_000, Events: 6_400,
				ForwardMACs: 64_000_000, DenseForwardMACs: 1_280_000_000,
			}},
		},
	}
}

func report(t *testing.T, c probe.Counts, tokens int) probe.Report {
	t.Helper()
	r, err := c.Report(tokens)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReportFigures(t *testing.T) {
	r := report(t, exampleCounts(), 1000)
	want := probe.Row{
		Name:  "rnn.0",
		Units: 256_000, Events: 38_400, EventsPerToken: 38.4, Activity: 0.15,
		BackwardUnits: 250_000, Live: 100_000, BackwardActivity: 0.4,
		Forward:  probe.Work{MACs: 150_000_000, DenseMACs: 600_000_000, MACsPerToken: 150_000, DenseMACsPerToken: 600_000, Savings: 0.75},
		Backward: probe.Work{MACs: 500_000_000, DenseMACs: 1_250_000_000, MACsPerToken: 500_000, DenseMACsPerToken: 1_250_000, Savings: 0.6},
	}
	if r.Layers[0] != want {
		t.Errorf("rnn.0 is %+v, want %+v", r.Layers[0], want)
	}
	if r.Layers[1].Backward != (probe.Work{}) {
		t.Errorf("backward work of rnn.1 is %+v, want none", r.Layers[1].Backward)
	}
	total := r.Total
	if total.Name != "total" || total.Activity != 44_800.0/384_000 || total.EventsPerToken != 44.8 ||
		total.Forward.MACs != 244_000_000 || total.Forward.DenseMACs != 2_180_000_000 {
		t.Errorf("total is %+v", total)
	}
	if p := r.Products[0]; p.Name != "decoder" || p.Activity != 0.05 || p.Forward.Savings != 0.95 {
		t.Errorf("decoder is %+v", p)
	}
}

func TestReportWithoutTokensHasNoFiguresPerToken(t *testing.T) {
	r := report(t, exampleCounts(), 0)
	for _, row := range append(append(r.Layers, r.Products...), r.Total) {
		if row.EventsPerToken != 0 || row.Forward.MACsPerToken != 0 || row.Backward.DenseMACsPerToken != 0 {
			t.Errorf("%s has figures per token: %+v", row.Name, row)
		}
	}
	if s := r.String(); strings.Contains(s, "per token") {
		t.Errorf("table has figures per token:\n%s", s)
	}
	if _, err := exampleCounts().Report(-1); !errors.Is(err, probe.ErrCounts) || !strings.Contains(err.Error(), "tokens is -1, want at least 0") {
		t.Errorf("error %v", err)
	}
}

// TestReportInJSONKeepsItsNames pins the names that files written earlier have.
func TestReportInJSONKeepsItsNames(t *testing.T) {
	c := probe.Counts{Layers: []probe.Count{{Name: "rnn.0", Counts: ops.Counts{
		Units: 8, Events: 2, Live: 3, BackwardUnits: 4, ForwardMACs: 5, BackwardMACs: 6, DenseForwardMACs: 20, DenseBackwardMACs: 24,
	}}}}
	r := report(t, c, 2)
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const row = `"units":8,"events":2,"events_per_token":1,"activity":0.25,` +
		`"backward_units":4,"live":3,"backward_activity":0.75,` +
		`"forward":{"macs":5,"dense_macs":20,"macs_per_token":2.5,"dense_macs_per_token":10,"savings":0.75},` +
		`"backward":{"macs":6,"dense_macs":24,"macs_per_token":3,"dense_macs_per_token":12,"savings":0.75}}`
	want := `{"tokens":2,"layers":[{"name":"rnn.0",` + row + `],"products":[],"total":{"name":"total",` + row + `}`
	if string(got) != want {
		t.Errorf("JSON is\n%s, want\n%s", got, want)
	}
	var back probe.Report
	if err := json.Unmarshal(got, &back); err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("read back %+v, %v; want %+v", back, err, r)
	}
}

func TestReportOfNothing(t *testing.T) {
	r := report(t, probe.Counts{}, 10)
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(got), `{"tokens":10,"layers":[],"products":[],"total":{"name":"total","units":0,`) {
		t.Errorf("JSON is %s", got)
	}
	if lines := strings.Split(r.String(), "\n"); !strings.HasPrefix(lines[1], "total") || strings.Count(lines[1], " -") != 4 {
		t.Errorf("table is\n%s", r)
	}
}

func TestTableColumnsAreAligned(t *testing.T) {
	for _, tokens := range []int{0, 1000} {
		c := exampleCounts()
		c.Layers[0].Name = "eine Schicht über allen"
		for _, block := range strings.Split(report(t, c, tokens).String(), "\n\n") {
			lines := strings.Split(strings.TrimSuffix(block, "\n"), "\n")
			for _, line := range lines {
				if strings.HasPrefix(line, "in brackets") {
					continue
				}
				if utf8.RuneCountInString(line) != utf8.RuneCountInString(lines[0]) {
					t.Errorf("line %q is not as long as %q", line, lines[0])
				}
			}
		}
	}
}

func TestMarkdownHasTheCellsOfTheTable(t *testing.T) {
	c := exampleCounts()
	c.Layers[0].Name = "a|b"
	got := report(t, c, 1000).Markdown()
	for _, want := range []string{
		"| layer | activity | backward activity | events | forward MACs | dense | saved | backward MACs | dense | saved |\n|:--|--:|--:|",
		`| a\|b | 0.150 | 0.400 | 38.4 k | 150 M | 600 M | 75.0 % | 500 M | 1.25 G | 60.0 % |` + "\n",
		"| decoder | (0.050) | - | 6400 | 64.0 M |",
		"\n\n| per token | events |",
		"| rnn.1 | 6.40 | 30.0 k | 300 k | 0 | 0 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestTablesHaveTheCellsOfTheText(t *testing.T) {
	for _, tokens := range []int{0, 1000} {
		r := report(t, exampleCounts(), tokens)
		var cells []string
		for i, table := range r.Tables() {
			if want := []string{"counts (in brackets: activity of a product's input, not part of the total)", "counts per token"}[i]; table.Caption != want {
				t.Errorf("caption is %q, want %q", table.Caption, want)
			}
			for _, row := range append([][]string{table.Head}, table.Rows...) {
				cells = append(cells, strings.Join(row, " "))
			}
		}
		text := strings.ReplaceAll(r.String(), "\n\n", "\n")
		text = strings.TrimSuffix(text, "in brackets: activity of a product's input, not part of the total\n")
		if got, want := strings.Fields(strings.Join(cells, " ")), strings.Fields(text); !reflect.DeepEqual(got, want) {
			t.Errorf("with %d tokens the tables have\n%q, want\n%q", tokens, got, want)
		}
	}
	if caption := report(t, probe.Counts{}, 0).Tables()[0].Caption; caption != "counts" {
		t.Errorf("without products the caption is %q, want it without brackets", caption)
	}
}

func TestBarsOfAReportAreItsWork(t *testing.T) {
	groups := []string{"rnn.0", "rnn.1", "decoder"}
	series := func(done, dense []float64) []probe.BarSeries {
		return []probe.BarSeries{{Name: "done", Values: done}, {Name: "dense", Values: dense}}
	}
	for _, c := range []struct {
		tokens int
		want   probe.Bars
	}{
		{1000, probe.Bars{XLabel: "MACs a token", Panels: []probe.BarPanel{
			{Title: "forward", Groups: groups, Series: series([]float64{150e3, 30e3, 64e3}, []float64{600e3, 300e3, 1.28e6})},
			{Title: "backward", Groups: groups, Series: series([]float64{500e3, 0, 0}, []float64{1.25e6, 0, 0})},
		}}},
		{0, probe.Bars{XLabel: "MACs", Panels: []probe.BarPanel{
			{Title: "forward", Groups: groups, Series: series([]float64{150e6, 30e6, 64e6}, []float64{600e6, 300e6, 1.28e9})},
			{Title: "backward", Groups: groups, Series: series([]float64{500e6, 0, 0}, []float64{1.25e9, 0, 0})},
		}}},
	} {
		if got := report(t, exampleCounts(), c.tokens).Bars(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("with %d tokens bars are\n%+v, want\n%+v", c.tokens, got, c.want)
		}
	}
	forward := exampleCounts()
	forward.Layers = forward.Layers[1:]
	if b := report(t, forward, 10).Bars(); len(b.Panels) != 1 || b.Panels[0].Title != "forward" {
		t.Errorf("without a backward pass bars are %+v, want the forward ones alone", b)
	}
	if _, err := report(t, probe.Counts{}, 10).Bars().Figure(); !errors.Is(err, probe.ErrFigure) {
		t.Errorf("bars of nothing: error %v, want %v", err, probe.ErrFigure)
	}
}
