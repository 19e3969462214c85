package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/examples/serve/server"
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

// listening starts a server, waits for its address, and gives its status when it
// has ended.
func listening(t *testing.T, ctx context.Context, stderr *log, args ...string) (addr string, status chan int) {
	t.Helper()
	status = make(chan int, 1)
	go func() { status <- run(ctx, append(args, "-addr", "127.0.0.1:0"), stderr) }()
	for range 500 {
		if found := regexp.MustCompile(`msg=listening addr=(\S+)`).FindStringSubmatch(stderr.String()); found != nil {
			return found[1], status
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not listen: ", stderr.String())
	return "", nil
}

func TestAModelIsServedUntilTheSignal(t *testing.T) {
	dir := folder(t)
	var weights []float64
	for _, more := range [][]string{nil, {"-int8", "-table", "0"}, {"-table", "0"}} {
		ctx, cancel := context.WithCancel(t.Context())
		var stderr log
		addr, status := listening(t, ctx, &stderr, append([]string{"-from", dir}, more...)...)
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

func TestWhatIsCutOffIsLoggedInOneLine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stderr log
	addr, status := listening(t, ctx, &stderr, "-from", folder(t), "-drain-time", "1ms")
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	time.Sleep(50 * time.Millisecond) // for the server to see it
	cancel()
	if got := <-status; got != exitFailure || !strings.Contains(stderr.String(), "level=ERROR msg=stopped error=") || strings.Contains(stderr.String(), ".go:") {
		t.Errorf("status %d, %s", got, stderr.String())
	}
}

func TestWrongUsageIsOneClearLineAndStatus2(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no model"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	raw, err := os.ReadFile(filepath.Join(dir, runs.BestFile))
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "bad.safetensors")
	if err := os.WriteFile(damaged, raw[:len(raw)/2], 0o644); err != nil {
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
		{[]string{"-from", "x", "y"}, exitUsage, `unknown argument "y"`},
		{[]string{"-from", "x", "-cell", "lstm"}, exitUsage, `-cell is "lstm", want egru or gru`},
		{[]string{"-from", dir, "-cell", "gru"}, exitUsage, "it is of the cell egru, want gru"},
		{[]string{"-from", dir, "-data", filepath.Join(dir, "nope")}, exitUsage, "nope"},
		{[]string{"-from", damaged}, exitUsage, "bad.safetensors"},
		{[]string{"-from", dir, "-addr", "127.0.0.1:99999"}, exitFailure, "99999"},
		{[]string{"-nonsense"}, exitUsage, "nonsense"},
		{[]string{"-help"}, 0, "-session-time"},
	} {
		var stderr log
		got := run(t.Context(), c.args, &stderr)
		says := stderr.String()
		// What was logged before is no part of the error.
		lines := strings.Split(strings.TrimSuffix(says, "\n"), "\n")
		last := lines[len(lines)-1]
		if got != c.status || !strings.Contains(says, c.says) {
			t.Errorf("%v: status %d, %q", c.args, got, says)
		}
		if got != 0 && (!strings.HasPrefix(last, "serve: ") || got == exitUsage && len(lines) != 1 || strings.Contains(says, ".go:")) {
			t.Errorf("%v: %q, want one line without places in code", c.args, says)
		}
	}
}

// Every limit is called by its flag where it is wrong.
func TestWrongLimitsNameTheirFlags(t *testing.T) {
	names := []string{"-table"}
	for _, name := range limits {
		names = append(names, name)
	}
	if fields := reflect.TypeFor[server.Config]().NumField(); len(limits)+3 != fields { // beside Log and two of the tests
		t.Errorf("%d flags for %d fields", len(limits), fields)
	}
	for _, name := range names {
		value := "-1"
		if strings.HasSuffix(name, "-time") {
			value = "-1s"
		}
		var stderr log
		if got := run(t.Context(), []string{"-from", "x", name, value}, &stderr); got != exitUsage || !strings.HasPrefix(stderr.String(), "serve: "+name+" is "+value+", want ") {
			t.Errorf("%s: status %d, %q", name, got, stderr.String())
		}
	}
	var stderr log
	if run(t.Context(), []string{"-from", "x", "-streams", "4", "-sessions", "3"}, &stderr); !strings.HasPrefix(stderr.String(), "serve: -sessions is 3, want at least the 4 of -streams") {
		t.Error(stderr.String())
	}
}
