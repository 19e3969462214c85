package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph/stream"
	"github.com/egru/egru/layers"
)

// words is the size of the vocabulary of the tests: <eos>, w1, w2 and so on, and
// <unk> where it is wanted.
const words = 40

func vocabularyOf(tb testing.TB, unknown bool) *corpus.Vocabulary {
	tb.Helper()
	of := []string{corpus.EndOfSentence}
	for i := 1; i < words; i++ {
		of = append(of, fmt.Sprintf("w%d", i))
	}
	if unknown {
		of[words-1] = corpus.Unknown
	}
	v, err := corpus.NewVocabulary(of)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func engineOf(tb testing.TB) *stream.Engine {
	tb.Helper()
	c := layers.DefaultLanguageModel(words, 12, 24, 2)
	c.EmbedLimit, c.Seed = 1, 1
	m, err := layers.NewLanguageModel(c)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := stream.New(stream.Of(m), stream.DefaultConfig())
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// limits change the defaults of a test.
type limits func(*Config)

func serverOf(tb testing.TB, change limits) *Server {
	tb.Helper()
	c := DefaultConfig()
	c.Streams = 16
	if change != nil {
		change(&c)
	}
	s, err := New(engineOf(tb), vocabularyOf(tb, false), c)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// listening is a server with a connection to it.
func listening(tb testing.TB, s *Server) *httptest.Server {
	tb.Helper()
	h := httptest.NewServer(s.Handler())
	tb.Cleanup(h.Close)
	return h
}

// ask sends a body and gives status and answer.
func ask(tb testing.TB, url, body string) (int, string) {
	tb.Helper()
	answer, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return answer.StatusCode, string(raw)
}

// scored asks for a score that has to be given.
func scored(tb testing.TB, url, text, session string) Score {
	tb.Helper()
	q, err := json.Marshal(ScoreRequest{Text: text, Session: session})
	if err != nil {
		tb.Fatal(err)
	}
	status, raw := ask(tb, url+routeScore, string(q))
	var s Score
	if err := json.Unmarshal([]byte(raw), &s); err != nil || status != http.StatusOK {
		tb.Fatalf("status %d: %s", status, raw)
	}
	return s
}

// generated asks for words that have to come whole.
func generated(tb testing.TB, url, body string) ([]Word, Done) {
	tb.Helper()
	status, raw := ask(tb, url+routeGenerate, body)
	if status != http.StatusOK {
		tb.Fatalf("status %d: %s", status, raw)
	}
	ws, done, problem := linesOf(tb, strings.NewReader(raw))
	if problem != "" || !done.Done {
		tb.Fatalf("not whole: %q, %s", problem, raw)
	}
	return ws, done
}

func linesOf(tb testing.TB, r io.Reader) (ws []Word, done Done, problem string) {
	tb.Helper()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		raw := lines.Bytes()
		switch {
		case bytes.HasPrefix(raw, []byte(`{"done"`)):
			if err := json.Unmarshal(raw, &done); err != nil {
				tb.Fatal(err)
			}
		case bytes.HasPrefix(raw, []byte(`{"error"`)):
			problem = string(raw)
		default:
			var w Word
			if err := json.Unmarshal(raw, &w); err != nil {
				tb.Fatalf("%v in %q", err, raw)
			}
			ws = append(ws, w)
		}
	}
	return ws, done, problem
}

// metric is a line of /metrics; empty if there is none.
func metric(tb testing.TB, url, name string) string {
	tb.Helper()
	answer, err := http.Get(url + routeMetrics)
	if err != nil {
		tb.Fatal(err)
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return rest
		}
	}
	return ""
}

// eventually waits for what happens in another goroutine.
func eventually(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	tb.Fatalf("never: %s", what)
}

// gate is a hook that holds requests until it is opened.
type gate struct{ entered, open chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}, 100), make(chan struct{})} }

func (g *gate) hold(string) {
	g.entered <- struct{}{}
	<-g.open
}
