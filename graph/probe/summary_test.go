package probe

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestASummaryOfNothingHasDashes(t *testing.T) {
	s := Summarize(Record{Layer: "rnn.0", Units: []int{0}})
	lines := strings.Split(s.String(), "\n")
	if got, want := strings.Join(strings.Fields(lines[1]), " "), "rnn.0 0 1 - - - - - - - -"; got != want {
		t.Errorf("row is %q, want %q", got, want)
	}
}

func TestSummariesSayTheSameEverywhere(t *testing.T) {
	s := Summarize(graded(), recordOf(0, []string{"x.", "xx"}))
	table := s.Table()
	for _, row := range table.Rows {
		for _, cell := range row {
			if !strings.Contains(s.String(), cell) || !strings.Contains(s.Markdown(), "| "+cell+" |") {
				t.Errorf("cell %q of the table is not in the text or not in Markdown", cell)
			}
		}
	}
	if got, want := strings.Join(table.Rows[0], ";"), "rnn.0;4;3;0.250;0.00 0.25 0.50;1;0;1;33.3 %;11.1 %;66.7 %"; got != want {
		t.Errorf("row is %q, want %q", got, want)
	}
}

func TestASummaryEncodesToNamesThatStay(t *testing.T) {
	got, err := json.Marshal(graded().Summary())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"layer":"rnn.0","steps":4,"units":3,"activity":0.25,"lowest_activity":0,"median_activity":0.25,"top_activity":0.5,` +
		`"silent":1,"saturated":0,"intervals":1,"median_interval":1,"mean_interval":1,` +
		`"passage":{"units":9,"event":0.1111111111111111,"surrogate":0.2222222222222222,"cut":0.6666666666666666}}`
	if string(got) != want {
		t.Errorf("JSON is %s, want %s", got, want)
	}
}

func TestMedian(t *testing.T) {
	if median([]int{5, 1, 3}) != 3 || median([]float64{4, 1, 2, 3}) != 2.5 || median([]int{7}) != 7 {
		t.Error("medians are wrong")
	}
}
