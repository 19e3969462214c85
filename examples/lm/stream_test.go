package main

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// toyTest is the number of words to validate and to test with on the artificial
// language.
const toyTest = 10_000

// streamed are the rows of -mode stream by their names, in order, and its output.
func streamed(t *testing.T, args ...string) (rows map[string]streamRow, names []string, out string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stream.json")
	status, out, errs := runLM(t, context.Background(), append([]string{"-mode", "stream", "-json", file}, args...)...)
	if status != 0 {
		t.Fatalf("%v: status %d, %s", args, status, errs)
	}
	rows = map[string]streamRow{}
	for line := range strings.Lines(string(read(t, file))) {
		var row streamRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		rows[row.Engine] = row
		names = append(names, row.Engine)
	}
	return rows, names, out
}

// trainedIn is the folder of a small run, of which some units stay silent.
func trainedIn(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	status, _, errs := runLM(t, context.Background(), append([]string{
		"-words", "10000", "-hidden", "16", "-embed", "12", "-layers", "2", "-epochs", "1", "-batch", "50", "-bptt", "20", "-lr", "0.01", "-out", dir,
	}, args...)...)
	if status != 0 {
		t.Fatal(errs)
	}
	return dir
}

// close1e5 is the bound within which sums of float32 in other orders agree.
func close1e5(a, b float64) bool { return math.Abs(a-b) <= 1e-5*math.Abs(b) }

func TestStreamsHaveThePerplexityAndTheWorkOfTheGraph(t *testing.T) {
	dir := trainedIn(t, "-cell", "both", "-zoneout", "0.1", "-prune", "0.5", "-prune-until", "0.5", "-prune-every", "1")
	for _, cell := range []string{"egru", "gru"} {
		rows, names, _ := streamed(t, "-from", dir, "-cell", cell)
		want, _ := results(t, "-mode", "eval", "-from", dir, "-cell", cell, "-eval-batch", "1")
		got, graph := rows["float32"], want[0]
		if !close1e5(*got.ValidPPL, *graph.ValidPPL) || !close1e5(*got.TestPPL, *graph.TestPPL) {
			t.Errorf("%s: perplexities %v and %v, in the graph %v and %v", cell, *got.ValidPPL, *got.TestPPL, *graph.ValidPPL, *graph.TestPPL)
		}
		if !close1e5(got.Activity, graph.Activity) || !close1e5(got.MACsPerToken, graph.MACsPerToken) || !close1e5(got.DenseMACsPerToken, graph.DenseMACsPerToken) {
			t.Errorf("%s: %+v, in the graph %+v", cell, got, graph)
		}
		if got.ValidWords != toyTest || got.TestWords != toyTest-1 || names[0] != "float32" {
			t.Errorf("%s: %d words of validation and %d of test, the first of %v", cell, got.ValidWords, got.TestWords, names)
		}
		packed := rows["packed"]
		if *packed.ValidPPL != *got.ValidPPL || *packed.TestPPL != *got.TestPPL || *packed.TestChange != 0 {
			t.Errorf("%s: without its zeros the model has the perplexities %v and %v, with them %v and %v", cell, *packed.ValidPPL, *packed.TestPPL, *got.ValidPPL, *got.TestPPL)
		}
		if packed.MACsPerToken > 0.75*got.MACsPerToken || packed.PicojoulesPerToken >= got.PicojoulesPerToken {
			t.Errorf("%s: half of the weights are zero, and %v of %v products are left", cell, packed.MACsPerToken, got.MACsPerToken)
		}
	}
}

// The bound on this model: 1 % of perplexity.
func TestEightBitsCostLittlePerplexityAndFewBytes(t *testing.T) {
	dir := trainedIn(t, "-cell", "both")
	for _, cell := range []string{"egru", "gru"} {
		rows, names, out := streamed(t, "-from", dir, "-cell", cell, "-profile-words", "3000")
		if slices.Contains(names, "packed") {
			t.Errorf("%s: a model that was not pruned is packed: %v", cell, names)
		}
		whole := rows["float32"]
		for _, name := range []string{"int8", "int8 fitted"} {
			row := rows[name]
			if row.ValidChange == nil || *row.ValidChange == 0 || math.Abs(*row.ValidChange) > 0.01 || math.Abs(*row.TestChange) > 0.01 {
				t.Errorf("%s, %s: perplexities %v and %v, in float32 %v and %v", cell, name, *row.ValidPPL, *row.TestPPL, *whole.ValidPPL, *whole.TestPPL)
			}
			// In rows this short scales and the rest of cache lines weigh much.
			if row.WeightBytes > whole.WeightBytes*7/10 || row.BytesPerToken > 0.7*whole.BytesPerToken {
				t.Errorf("%s, %s: %d bytes, %v a token; in float32 %d, %v", cell, name, row.WeightBytes, row.BytesPerToken, whole.WeightBytes, whole.BytesPerToken)
			}
			if row.ProfileWords != 3000 {
				t.Errorf("%s, %s: a profile of %d words", cell, name, row.ProfileWords)
			}
		}
		if *rows["int8"].TestPPL == *rows["int8 fitted"].TestPPL {
			t.Errorf("%s: the profile changes nothing", cell)
		}
		if says := "always speak"; strings.Contains(out, says) != (cell == "gru") || slices.Contains(names, "removed") != (cell == "egru") {
			t.Errorf("%s: engines %v, and of removing units\n%s", cell, names, out)
		}
	}
}

func TestWhatRemovedUnitsSentIsCounted(t *testing.T) {
	dir := trainedIn(t, "-cell", "egru")
	for _, c := range []struct {
		profile string
		silent  bool // also on the other texts
	}{{"100000", true}, {"1", false}} {
		rows, _, out := streamed(t, "-from", dir, "-profile-words", c.profile, "-stream-words", "2000")
		whole, less := rows["float32"], rows["removed"]
		if left := less.Units[0] + less.Units[1]; left >= 16+12 || left < 2 || !slices.Equal(whole.Units, []int{16, 12}) {
			t.Fatalf("profile of %s words: %v of %v units are left", c.profile, less.Units, whole.Units)
		}
		if whole.TestWords != 2000 || whole.ValidWords != 2000 {
			t.Errorf("%d words of test, want 2000", whole.TestWords)
		}
		missing := less.MissingValidEvents + less.MissingTestEvents
		if (missing == 0) != c.silent {
			t.Errorf("profile of %s words: removed units sent %d events", c.profile, missing)
		}
		if same := *less.ValidPPL == *whole.ValidPPL && *less.TestPPL == *whole.TestPPL; same != c.silent {
			t.Errorf("profile of %s words: perplexity of the test %v, of the whole model %v", c.profile, *less.TestPPL, *whole.TestPPL)
		}
		if less.DenseMACsPerToken != whole.DenseMACsPerToken {
			t.Error("a smaller model stands beside another dense one than the whole")
		}
		if both := rows["int8 fitted, removed"]; !slices.Equal(both.Units, less.Units) || both.MissingTestEvents != less.MissingTestEvents {
			t.Errorf("in 8 bits %v units are left, in float32 %v", both.Units, less.Units)
		}
		if !strings.Contains(out, " of 16, ") {
			t.Errorf("it does not say how many units are removed:\n%s", out)
		}
	}
}

func TestALayerThatIsAllSilentKeepsAUnit(t *testing.T) {
	dir := trainedIn(t, "-cell", "egru", "-threshold", "0.999999", "-threshold-rate", "0")
	rows, _, _ := streamed(t, "-from", dir, "-stream-words", "100", "-profile-words", "100")
	if got := rows["removed"]; !slices.Equal(got.Units, []int{1, 1}) || got.Activity != 0 {
		t.Errorf("%v units are left of a model at rest, at an activity of %v", got.Units, got.Activity)
	}
}

func TestStreamsAreTheSameOnAnyNumberOfThreads(t *testing.T) {
	dir := trainedIn(t, "-cell", "egru")
	one, _, _ := streamed(t, "-from", dir, "-threads", "1", "-stream-words", "500")
	two, names, _ := streamed(t, "-from", dir, "-threads", "2", "-stream-words", "500")
	for _, name := range names {
		a, b := one[name], two[name]
		a.TokensPerSecond, b.TokensPerSecond = 0, 0
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			t.Errorf("on one processor\n%s\non two\n%s", x, y)
		}
	}
}

func TestStreamsThatCannotBeMeasuredAreClearErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-mode", "stream"}, "-mode stream needs -from"},
		{[]string{"-mode", "stream", "-from", dir, "-cell", "both"}, "-cell both is for training: -mode stream takes egru or gru"},
		{[]string{"-mode", "stream", "-from", filepath.Join(dir, "nothing")}, "nothing"},
		{[]string{"-mode", "stream", "-from", dir}, bestFile},
		{[]string{"-mode", "stream", "-from", dir, "-stream-words", "-1"}, "-stream-words is -1, want at least 0"},
		{[]string{"-mode", "stream", "-from", dir, "-profile-words", "0"}, "-profile-words is 0, want at least 1"},
		{[]string{"-mode", "stream", "-from", dir, "-bptt", "10"}, "-bptt says nothing with -mode stream"},
		{[]string{"-mode", "eval", "-from", dir, "-stream-words", "10"}, "-stream-words says nothing with -mode eval"},
		{[]string{"-profile-words", "10"}, "-profile-words says nothing without -mode stream"},
	} {
		status, _, errs := runLM(t, context.Background(), c.args...)
		if status != exitUsage || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
}

func TestStreamsCanBeInterrupted(t *testing.T) {
	dir := trainedIn(t, "-cell", "egru")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if status, _, errs := runLM(t, ctx, "-mode", "stream", "-from", dir); status != exitInterrupted || !strings.Contains(errs, "interrupted") {
		t.Errorf("status %d, %q", status, errs)
	}
}

func TestNumbersAreWrittenWithThreeDigits(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0.00 B", 7: "7.00 B", 99.96: "100 B", 999.4: "999 B", 999.6: "1.00 kB", 1234: "1.23 kB", 56789: "56.8 kB", 2.5e7: "25.0 MB", 4e12: "4000 GB",
	} {
		if got := inBytes(x); got != want {
			t.Errorf("%v bytes are written %q, want %q", x, got, want)
		}
	}
	if got := inJoules(12345) + ", " + inThousands(66e3); got != "12.3 nJ, 66.0k" {
		t.Errorf("got %q", got)
	}
}
