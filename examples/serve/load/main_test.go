package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/examples/serve/server"
	"github.com/egru/egru/graph/stream"
	"github.com/egru/egru/layers"
)

// handler is a small server's.
func handler(t *testing.T, streams int) http.Handler {
	t.Helper()
	const words = 30
	of := []string{corpus.EndOfSentence}
	for i := 1; i < words; i++ {
		of = append(of, fmt.Sprint("w", i))
	}
	vocabulary, err := corpus.NewVocabulary(of)
	if err != nil {
		t.Fatal(err)
	}
	m, err := layers.NewLanguageModel(layers.DefaultLanguageModel(words, 8, 8, 1))
	if err != nil {
		t.Fatal(err)
	}
	engine, err := stream.New(stream.Of(m), stream.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	c := server.DefaultConfig()
	c.Streams = streams
	s, err := server.New(engine, vocabulary, c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

func loadOf(t *testing.T, h http.Handler, args ...string) (status int, out, errs string) {
	t.Helper()
	s := httptest.NewServer(h)
	defer s.Close()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), append([]string{"-url", s.URL, "-tokens", "12"}, args...), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func TestNothingIsLostUnderLoad(t *testing.T) {
	status, out, errs := loadOf(t, handler(t, 64), "-clients", "12", "-requests", "300", "-leave", "0.2")
	if status != 0 || !strings.Contains(out, "300 requests of 12 clients") || !strings.Contains(out, " 0 refused") || !strings.Contains(out, " 0 lost, 0 different") || strings.Contains(out, " 0 left") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	for _, want := range []string{"p50", "p90", "p99", "words/s", "MB"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestWhatIsRefusedIsCountedAndNothingElseIsLost(t *testing.T) {
	status, out, errs := loadOf(t, handler(t, 1), "-clients", "32", "-requests", "400")
	if status != 0 || strings.Contains(out, " 0 refused") || !strings.Contains(out, " 0 lost, 0 different") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// A soak in small: the judgement of memory takes 40 samples.
func TestAShortSoakSeesNoGrowth(t *testing.T) {
	status, out, errs := loadOf(t, handler(t, 64), "-clients", "4", "-duration", "2500ms")
	if status != 0 || !strings.Contains(out, "the server took") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// faulty breaks every tenth answer of a handler to a path.
func faulty(h http.Handler, path string, to func(w http.ResponseWriter, whole []byte)) http.Handler {
	n := make(chan int, 1)
	n <- 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k := <-n
		if r.URL.Path == path {
			k++
		}
		n <- k
		if r.URL.Path != path || k <= 3*texts || k%10 != 0 {
			h.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		h.ServeHTTP(whole, r)
		to(w, whole.Body.Bytes())
	})
}

func TestLostAndWrongAnswersAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		to   func(w http.ResponseWriter, whole []byte)
		says string
	}{
		"the last line is missing": {"/v1/generate", func(w http.ResponseWriter, whole []byte) {
			w.Write(whole[:bytes.LastIndexByte(bytes.TrimSpace(whole), '\n')+1])
		}, "were lost"},
		"a word is missing": {"/v1/generate", func(w http.ResponseWriter, whole []byte) { w.Write(whole[bytes.IndexByte(whole, '\n')+1:]) }, "were lost"},
		"a word is another": {"/v1/generate", func(w http.ResponseWriter, whole []byte) {
			w.Write(bytes.Replace(whole, []byte(`"id":`), []byte(`"id":1`), 1))
		}, "other answers"},
		"a score is another":    {"/v1/score", func(w http.ResponseWriter, whole []byte) { w.Write(bytes.Replace(whole, []byte("-"), []byte("-1"), 2)) }, "other answers"},
		"the server has failed": {"/v1/score", func(w http.ResponseWriter, _ []byte) { w.WriteHeader(500) }, "status 500"},
		"nothing is answered":   {"/v1/score", func(http.ResponseWriter, []byte) { panic(http.ErrAbortHandler) }, "were lost"},
	} {
		status, out, errs := loadOf(t, faulty(handler(t, 64), c.path, c.to), "-clients", "4", "-requests", "200", "-leave", "0")
		if status != exitFailure || !strings.Contains(errs, c.says) {
			t.Errorf("%s: status %d\n%s%s", name, status, out, errs)
		}
	}
}

func TestGrowthIsFound(t *testing.T) {
	r := newReport(1)
	r.whole = 1
	for i := range 100 {
		r.memory = append(r.memory, 50e6+float64(i)*300e3)
	}
	if err := r.verdict(0.1); err == nil || !strings.Contains(err.Error(), "grew from") {
		t.Error(err)
	}
	for i := range r.memory {
		r.memory[i] = 50e6 + 20e6*min(1, float64(i)/20) // fills at the start
	}
	if err := r.verdict(0.1); err != nil {
		t.Error(err)
	}
}

func TestPercentilesAreThoseOfTheNearestRank(t *testing.T) {
	var l []time.Duration
	for i := range 100 {
		l = append(l, time.Duration(i+1))
	}
	got := []time.Duration{percentile(l, 0.5), percentile(l, 0.9), percentile(l, 0.99), percentile(l[:1], 0.99), percentile(nil, 0.5)}
	if want := []time.Duration{50, 90, 99, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestOnlyThisMachineIsLoadedAndWithinBounds(t *testing.T) {
	for _, args := range [][]string{
		{"-url", "http://example.com"}, {"-url", "http://10.0.0.1:80"}, {"-url", "https://127.0.0.1"}, {"-url", "http://0.0.0.0:80"}, {"-url", ":"}, {"-url", "http://127.0.0.1.example.com"},
		{"-clients", "0"}, {"-clients", "100000"}, {"-requests", "0"}, {"-duration", "1000h"}, {"-duration", "-1s"}, {"-leave", "2"}, {"-growth", "-1"}, {"-tokens", "0"}, {"x"},
	} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), args, &stdout, &stderr); status != exitUsage || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: status %d, %s", args, status, stderr.String())
		}
	}
}

func TestTheHelpSaysWhatItIsForAndWhatHappensWithoutFlags(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"-help"}, &stdout, &stderr); status != 0 || !strings.HasPrefix(stderr.String(), "load asks much of a server") || !strings.Contains(stderr.String(), "default 1000, with -duration 5000000\n") {
		t.Errorf("status %d\n%s", status, stderr.String())
	}
	for _, c := range []struct {
		args []string
		want int
	}{{nil, 1000}, {[]string{"-duration", "1s"}, 5_000_000}, {[]string{"-duration", "1s", "-requests", "7"}, 7}, {[]string{"-requests", "7"}, 7}} {
		if s, err := parse(c.args, &stderr); err != nil || s.requests != c.want {
			t.Errorf("%v: %+v, %v, want %d requests", c.args, s, err, c.want)
		}
	}
}
