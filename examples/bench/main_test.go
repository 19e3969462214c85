package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func runBench(t *testing.T, ctx context.Context, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(ctx, args, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// Every op runs with each of its baselines, in the table and as JSON.
func TestEveryOpWithEveryBaseline(t *testing.T) {
	tiny := map[string][]string{
		opMatmul: {"-T", "3", "-B", "4", "-H", "16"},
		opLayer:  {"-T", "6", "-B", "4", "-I", "8", "-H", "32"},
		opLM:     {"-T", "6", "-B", "4", "-I", "16", "-H", "24", "-V", "30", "-layers", "2"},
		opStream: {"-T", "12", "-I", "8", "-H", "32", "-V", "30", "-layers", "2", "-streams", "3"},
	}
	rows := map[string][]string{
		opMatmul: {"gated", "gatedT", "sampled", "sampled"},
		opLayer:  {phaseForward, phaseBackward, phaseBoth},
		opLM:     {phaseTrain, phaseStep},
		opStream: {"egru", "egru pruned", "egru int8", "egru pruned int8"},
	}
	for _, b := range benches {
		for _, baseline := range b.baselines {
			t.Run(b.name+" "+baseline, func(t *testing.T) {
				dir := t.TempDir()
				file := filepath.Join(dir, "rows.json")
				args := append([]string{"-op", b.name, "-baseline", baseline, "-runs", "2", "-activity", "1, 0.2", "-json", file, "-plot", filepath.Join(dir, "plots")}, tiny[b.name]...)
				if b.name == opLayer {
					args = append(args, "-sparse-input")
				}
				status, out, errs := runBench(t, context.Background(), args...)
				if status != 0 || errs != "" {
					t.Fatalf("status %d, %q\n%s", status, errs, out)
				}
				checkRows(t, file, b.name, baseline, rows[b.name], 2)
				for _, name := range rows[b.name] {
					if !strings.Contains(out, name) {
						t.Errorf("no %s in\n%s", name, out)
					}
				}
				for _, ext := range []string{".png", ".svg"} {
					if info, err := os.Stat(filepath.Join(dir, "plots", b.name+ext)); err != nil || info.Size() == 0 {
						t.Errorf("%s: %v", ext, err)
					}
				}
			})
		}
	}
}

// checkRows reads a file of rows. Of such tiny sizes a backward pass may be lost
// in the noise.
func checkRows(t *testing.T, file, op, baseline string, want []string, activities int) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(raw)) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		keys := []string{"op", "activity", "wanted_activity", "backward_activity", "threads", "path", "runs", "seconds",
			"gflops_done", "gflops_dense_equivalent", "baseline", "baseline_seconds", "ratio", "tokens_per_s", "peak_rss_mb"}
		if op == opMatmul {
			keys = append(keys, "product", "M", "K", "N")
		} else {
			keys = append(keys, "phase", "T", "I", "H")
		}
		if op == opStream {
			keys = append(keys, "V", "layers", "streams", "weight_density", "weight_bytes_per_token")
		} else if op != opMatmul {
			keys = append(keys, "B")
		}
		if op == opLM {
			keys = append(keys, "V", "layers")
		}
		for _, key := range keys {
			if _, ok := row[key]; !ok {
				t.Errorf("no %s in %s", key, line)
			}
		}
		for _, key := range []string{"seconds", "gflops_done", "gflops_dense_equivalent", "peak_rss_mb", "activity"} {
			if v, ok := row[key].(float64); !ok || !(v > 0) {
				t.Errorf("%s is %v, want a number above 0", key, row[key])
			}
		}
		if row["op"] != op || row["baseline"] != baseline {
			t.Errorf("another op or baseline: %s", line)
		}
		name := row["phase"]
		if op == opMatmul {
			name = row["product"]
		}
		seen[name.(string)]++
		switch ratio, ok := row["ratio"].(float64); {
		case baseline == baselineNone && row["ratio"] == nil && row["baseline_seconds"] == nil:
		case name == phaseBackward && row["ratio"] == nil:
		case !ok || !(ratio > 0) || !(row["baseline_seconds"].(float64) > 0):
			t.Errorf("ratio %v: %s", row["ratio"], line)
		}
	}
	wanted := map[string]int{}
	for _, name := range want {
		wanted[name] += activities
	}
	for name, n := range wanted {
		if seen[name] != n && (name != phaseBackward || seen[name] > n) {
			t.Errorf("%d rows of %s, want %d", seen[name], name, n)
		}
	}
}

func TestWrongUsageIsOneClearLineAndStatus2(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-op", "stream", "-B", "2"}, "-B is given, but -op stream has no such size"},
		{[]string{"-op", "stream", "-vectors", "-V", "5"}, "-V is given with -vectors, which have no vocabulary"},
		{[]string{"-op", "stream", "-density", "0"}, "-density is 0, want it above 0 and at most 1"},
		{[]string{"-op", "stream", "-streams", "0"}, "-streams is 0, want at least 1"},
		{[]string{"-op", "layer", "-vectors"}, "-vectors, -density or -streams is given, want it with -op stream only"},
		{[]string{"-op", "conv"}, `-op is "conv", want matmul, layer, lm or stream`},
		{[]string{"-op", "layer", "-baseline", "gonum"}, `-baseline is "gonum", want none, gorgonia or gru for -op layer`},
		{[]string{"-op", "matmul", "-baseline", "gorgonia"}, `-baseline is "gorgonia", want none or gonum for -op matmul`},
		{[]string{"-baseline", "blis"}, `-baseline is "blis"`},
		{[]string{"-activity", "0"}, `-activity has "0", want numbers above 0 and at most 1`},
		{[]string{"-activity", "1.5"}, `-activity has "1.5"`},
		{[]string{"-activity", "NaN"}, `-activity has "NaN"`},
		{[]string{"-activity", "0.5,,1"}, `-activity has ""`},
		{[]string{"-activity", "half"}, `-activity has "half"`},
		{[]string{"-T", "0"}, "-T is 0, want at least 1"},
		{[]string{"-H", "-3"}, "-H is -3, want at least 1"},
		{[]string{"-V", "10"}, "-V is given, but -op layer has no such size"},
		{[]string{"-T", "99999999", "-B", "99999999"}, "above all for sequences, want at most 2147483647"},
		{[]string{"-runs", "0"}, "-runs is 0"},
		{[]string{"-threads", "-1"}, "-threads is -1"},
		{[]string{"-support", "0"}, "support is 0"},
		{[]string{"-dampening", "-1"}, "dampening is -1"},
		{[]string{"-surrogate", "box"}, `-surrogate: surrogate is "box", want triangle`},
		{[]string{"-surrogate", "arctan", "-support", "2"}, "-support is given beside the surrogate arctan(slope=2)"},
		{[]string{"-op", "matmul", "-surrogate", "arctan"}, "-surrogate is given, but -op matmul has no units"},
		{[]string{"-op", "matmul", "-support", "2"}, "-support is given, but -op matmul"},
		{[]string{"-live", "0.5"}, "-live is given, want it with -op layer -sparse-input only"},
		{[]string{"-live", "2", "-sparse-input"}, "-live is 2, want it in [0, 1]"},
		{[]string{"-op", "lm", "-fixed-x"}, "-fixed-x is given"},
		{[]string{"-op", "lm", "-sparse-input"}, "-sparse-input is given"},
		{[]string{"-nonsense"}, "nonsense"},
		{[]string{"layer"}, `"layer"`},
		{[]string{"-json", filepath.Join(dir, "no", "such", "folder")}, "-json: want a file to write"},
		{[]string{"-plot", file}, "-plot: want a folder to write to"},
	} {
		status, _, errs := runBench(t, context.Background(), c.args...)
		if status != exitUsage || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
}

func TestHelpExplainsTheFlags(t *testing.T) {
	status, _, errs := runBench(t, context.Background(), "-help")
	if status != 0 || !strings.Contains(errs, "-activity") || !strings.Contains(errs, "default matmul 20, layer 35") {
		t.Errorf("status %d: %s", status, errs)
	}
}

func TestAnInterruptGivesStatus130(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, b := range benches {
		status, _, errs := runBench(t, ctx, "-op", b.name, "-T", "2", "-H", "8")
		if status != exitInterrupted || errs != "bench: interrupted\n" {
			t.Errorf("%s: status %d, %q", b.name, status, errs)
		}
	}
}

// One seed is one experiment: the same activities on any number of processors.
func TestSameSeedSameActivities(t *testing.T) {
	activities := func(seed, threads string) string {
		_, out, _ := runBench(t, context.Background(), "-seed", seed, "-threads", threads, "-T", "4", "-B", "4", "-I", "8", "-H", "16", "-runs", "1", "-activity", "0.3", "-sparse-input")
		for line := range strings.Lines(out) {
			if f := strings.Fields(line); len(f) > 4 && f[0] == phaseBoth {
				return strings.Join(f[1:5], " ")
			}
		}
		t.Fatal(out)
		return ""
	}
	if a, b := activities("1", "1"), activities("1", "2"); a != b {
		t.Errorf("%s on one processor, %s on two", a, b)
	}
	if a, b := activities("1", "1"), activities("2", "1"); a == b {
		t.Errorf("two seeds give %s", a)
	}
}

func TestASurrogateOfUnboundedSupportMakesTheBackwardPassDense(t *testing.T) {
	backward := func(args ...string) float64 {
		file := filepath.Join(t.TempDir(), "rows.json")
		args = append([]string{"-T", "6", "-B", "4", "-I", "8", "-H", "32", "-runs", "1", "-activity", "0.2", "-json", file}, args...)
		if status, out, errs := runBench(t, context.Background(), args...); status != 0 {
			t.Fatalf("%v: status %d, %s\n%s", args, status, errs, out)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			var row map[string]any
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			if b, ok := row["backward_activity"].(float64); ok {
				return b
			}
		}
		t.Fatalf("%v: no backward activity in %s", args, raw)
		return 0
	}
	bounded := backward()
	if named := backward("-surrogate", "triangle(dampening=3.6, support=3.6)"); !(bounded < 1) || named != bounded {
		t.Errorf("the triangle's backward activity is %v, by its name %v", bounded, named)
	}
	if dense := backward("-surrogate", "arctan"); dense != 1 {
		t.Errorf("the arctan's backward activity is %v, want 1", dense)
	}
}

// fullOutput is a standard output that takes nothing.
type fullOutput struct{}

func (fullOutput) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestRowsThatCannotBePrintedAreAFailure(t *testing.T) {
	var errs bytes.Buffer
	status := run(context.Background(), []string{"-op", "matmul", "-T", "2", "-B", "2", "-H", "8", "-runs", "1", "-activity", "1"}, fullOutput{}, &errs)
	if want := "bench: standard output: full\n"; status != exitFailure || errs.String() != want {
		t.Errorf("status %d, %q, want %q", status, &errs, want)
	}
}
