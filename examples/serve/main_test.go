package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/graph/checkpoint"
	"github.com/egru/egru/layers"
)

// log takes what is written from several goroutines.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// folder is that of a run, as examples/lm leaves it.
func folder(t *testing.T) string {
	t.Helper()
	text, _, err := runs.Text{Words: 2000, Seed: 1}.Load()
	if err != nil {
		t.Fatal(err)
	}
	shape := runs.Shape{Layers: 1, Hidden: 64, Embed: 64, EGRU: runs.EGRUShape{Variant: "evnn", Gain: 5, LearnGain: true}}
	m, err := layers.NewLanguageModel(shape.Model(layers.CellEGRU, text.Vocabulary.Size()))
	if err != nil {
		t.Fatal(err)
	}
	settings := struct {
		runs.Shape
		runs.Text
	}{shape, runs.Text{Words: 2000, Seed: 1}}
	snapshot, err := checkpoint.Take(m.Params(), nil, nil, map[string]any{"config": settings, "cell": layers.CellEGRU, "vocabulary": text.Vocabulary.Hash()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := checkpoint.Save(filepath.Join(dir, runs.BestFile), snapshot); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAModelIsServedUntilTheSignal(t *testing.T) {
	dir := folder(t)
	var weights []float64
	for _, more := range [][]string{nil, {"-int8", "-table", "0"}, {"-table", "0"}} {
		ctx, cancel := context.WithCancel(t.Context())
		var stderr log
		status := make(chan int)
		go func() {
			status <- run(ctx, append([]string{"-from", dir, "-addr", "127.0.0.1:0"}, more...), &stderr)
		}()
		var addr string
		for range 500 {
			if found := regexp.MustCompile(`msg=listening addr=(\S+)`).FindStringSubmatch(stderr.String()); found != nil {
				addr = found[1]
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		answer, err := http.Post("http://"+addr+"/v1/score", "application/json", strings.NewReader(`{"text": "<eos>\n"}`))
		if err != nil {
			t.Fatal(err, stderr.String())
		}
		raw, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != 200 || !strings.Contains(string(raw), `"tokens":2`) {
			t.Errorf("%v: %v, status %d, %s", more, err, answer.StatusCode, raw)
		}
		if answer, err = http.Get("http://" + addr + "/v1/stats"); err != nil {
			t.Fatal(err)
		}
		var stats struct {
			WeightBytes float64 `json:"weight_bytes"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&stats); err != nil {
			t.Error(err)
		}
		answer.Body.Close()
		weights = append(weights, stats.WeightBytes)
		cancel()
		if got := <-status; got != 0 || !strings.Contains(stderr.String(), "msg=stopped") || strings.Contains(stderr.String(), "WARN") {
			t.Errorf("%v: status %d, %s", more, got, stderr.String())
		}
	}
	if !(weights[1] < 0.5*weights[2]) {
		t.Errorf("%v bytes in 8 bits, %v in 32", weights[1], weights[2])
	}
}

func TestWrongUsageIsOneClearLineAndStatus2(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no model"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{nil, exitUsage, "-from is missing"},
		{[]string{"-from", "nowhere"}, exitUsage, "nowhere"},
		{[]string{"-from", text}, exitUsage, "text"},
		{[]string{"-from", "x", "y"}, exitUsage, `unknown argument \"y\"`},
		{[]string{"-from", "x", "-streams", "0"}, exitUsage, "Streams is 0"},
		{[]string{"-nonsense"}, exitUsage, "nonsense"},
		{[]string{"-help"}, 0, "-session-time"},
	} {
		var stderr log
		got := run(t.Context(), c.args, &stderr)
		says := stderr.String()
		if got != c.status || !strings.Contains(says, c.says) && !strings.Contains(says, strings.ReplaceAll(c.says, `\`, "")) || got != 0 && strings.Count(says, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, got, says)
		}
	}
	var stderr log
	if got := run(t.Context(), []string{"-from", folder(t), "-addr", "127.0.0.1:99999"}, &stderr); got != exitFailure || !strings.Contains(stderr.String(), "99999") {
		t.Errorf("status %d, %s", got, stderr.String())
	}
}
