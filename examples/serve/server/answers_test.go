package server

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/egru/egru/graph/stream"
)

func TestAScoreIsWhatTheModelPredicts(t *testing.T) {
	s := serverOf(t, nil)
	h := listening(t, s)
	got := scored(t, h.URL, "w3 w1\nw4", "")
	by, sum := s.engine.NewStream(), 0.0
	logits, err := by.Step(0)
	if err != nil {
		t.Fatal(err)
	}
	ids := []int{3, 1, 0, 4}
	if len(got.Words) != len(ids) || got.Tokens != len(ids) {
		t.Fatalf("%+v, want %d words", got, len(ids))
	}
	for i, id := range ids {
		z := 0.0
		for _, v := range logits {
			z += math.Exp(float64(v))
		}
		want := float64(logits[id]) - math.Log(z)
		sum += want
		if w := got.Words[i]; w.ID != id || math.Abs(w.LogProb-want) > 1e-6 {
			t.Errorf("word %d: %+v, want id %d and %v", i, w, id, want)
		}
		if logits, err = by.Step(id); err != nil {
			t.Fatal(err)
		}
	}
	if math.Abs(got.LogProb-sum) > 1e-5 || math.Abs(*got.Perplexity-math.Exp(-sum/4)) > 1e-4 {
		t.Errorf("%v and perplexity %v, want %v and %v", got.LogProb, *got.Perplexity, sum, math.Exp(-sum/4))
	}
}

func TestTheSameRequestHasTheSameWords(t *testing.T) {
	h := listening(t, serverOf(t, nil))
	request := func(seed int, more string) []Word {
		ws, done := generated(t, h.URL, fmt.Sprintf(`{"prompt": "w1 w2", "tokens": 30, "seed": %d%s}`, seed, more))
		if len(ws) != 30 || done.Tokens != 30 || done.Prompt != 2 || done.Work.Steps != 32 {
			t.Fatalf("%d words, %+v", len(ws), done)
		}
		return ws
	}
	if !slices.Equal(request(1, ""), request(1, "")) {
		t.Error("one seed has two texts")
	}
	if slices.Equal(request(1, ""), request(2, "")) {
		t.Error("two seeds have one text")
	}
	if !slices.Equal(request(1, `, "top_k": 1`), request(2, `, "top_k": 1, "temperature": 9`)) {
		t.Error("the likeliest words depend on the seed")
	}
	// What is said of a word is what a score says of it.
	ws := request(1, `, "temperature": 2`)
	text := "w1 w2"
	for _, w := range ws {
		text += " " + w.Word
	}
	if got := scored(t, h.URL, text, "").Words[2:]; !slices.Equal(got, ws) {
		t.Errorf("scored %v\nwritten %v", got, ws)
	}
}

func TestRequestsAtTheSameTimeAreAnsweredAsAlone(t *testing.T) {
	s := serverOf(t, func(c *Config) { c.Streams, c.Sessions = 64, 64 })
	h := listening(t, s)
	body := func(k int) string {
		return fmt.Sprintf(`{"prompt": "w%d", "tokens": 40, "seed": %d, "temperature": 1.5}`, k+1, k)
	}
	var want [8][]Word
	for k := range want {
		want[k], _ = generated(t, h.URL, body(k))
	}
	var all sync.WaitGroup
	for i := range 48 {
		all.Go(func() {
			k := i % len(want)
			status, raw := ask(t, h.URL+routeGenerate, body(k))
			if ws, done, _ := linesOf(t, strings.NewReader(raw)); status != 200 || !done.Done || !slices.Equal(ws, want[k]) {
				t.Errorf("request %d: status %d, %v, alone %v", k, status, ws, want[k])
			}
			whole := scored(t, h.URL, "w5 w6 w7", "")
			id := fmt.Sprint("s", i)
			parts := append(scored(t, h.URL, "w5", id).Words, scored(t, h.URL, "w6 w7", id).Words...)
			if !slices.Equal(parts, whole.Words) {
				t.Errorf("session %s: %v, want %v", id, parts, whole.Words)
			}
		})
	}
	all.Wait()
	if n := len(s.slots); n != 0 {
		t.Errorf("%d requests at work after all", n)
	}
}

func TestUnknownWordsAreReadAsUnkWhereThereIsOne(t *testing.T) {
	s, err := New(engineOf(t), vocabularyOf(t, true), DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	h := listening(t, s)
	got := scored(t, h.URL, "w1 nonsense <eos>", "")
	if got.Unknown != 1 || got.Words[1].Word != "<unk>" || got.Words[2].Word != "<eos>" {
		t.Errorf("%+v", got)
	}
	if _, done := generated(t, h.URL, `{"prompt": "a b w1", "tokens": 1, "seed": 0}`); done.Unknown != 2 {
		t.Errorf("%+v", done)
	}
}

func TestStatsAndMetricsCountWhatWasDone(t *testing.T) {
	s := serverOf(t, nil)
	h := listening(t, s)
	stats := func() (st Stats) {
		t.Helper()
		answer, err := http.Get(h.URL + routeStats)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if err := json.NewDecoder(answer.Body).Decode(&st); err != nil || answer.Header.Get("Content-Type") != "application/json" {
			t.Fatal(err, answer.Header)
		}
		return st
	}
	if st := stats(); st.PerToken != nil || st.Total.Steps != 0 || st.Vocabulary != words {
		t.Errorf("at first %+v", st)
	}
	_, done := generated(t, h.URL, `{"prompt": "w1 w2", "tokens": 5, "seed": 1}`)
	scored(t, h.URL, "w1 w2 w3", "kept")
	by := s.engine.NewStream()
	want := done.Work
	for _, id := range []int{0, 1, 2, 3} {
		if _, err := by.Step(id); err != nil {
			t.Fatal(err)
		}
	}
	st := stats()
	if st.Total.Steps != 10 || st.Total.Units != 10*(24+12) || st.Sessions != 1 {
		t.Errorf("%+v", st)
	}
	if alone := workOf(by.Counters(), stream.DefaultCosts()); st.Total.Events <= want.Events || st.Total.Events > want.Events+alone.Events || st.Total.MACs <= want.MACs {
		t.Errorf("%+v after %+v", st.Total, want)
	}
	if st.PerToken.Steps != 1 || st.PerToken.MACs != st.Total.MACs/10 || st.PerToken.Activity != st.Total.Activity || !(st.PerToken.Energy < st.PerToken.DenseEnergy) {
		t.Errorf("%+v a token of %+v", st.PerToken, st.Total)
	}
	ask(t, h.URL+routeScore, "{")
	for name, want := range map[string]string{
		`egru_requests_total{code="200",route="/v1/generate"}`:  "1",
		`egru_requests_total{code="400",route="/v1/score"}`:     "1",
		`egru_request_seconds_count{route="/v1/score"}`:         "2",
		`egru_rejected_total{reason="request"}`:                 "1",
		`egru_tokens_total{kind="read"}`:                        "5",
		`egru_tokens_total{kind="written"}`:                     "5",
		`egru_steps_total`:                                      "10",
		`egru_streams_active`:                                   "0",
		`egru_sessions`:                                         "1",
		`egru_panics_total`:                                     "0",
		`egru_macs_total`:                                       fmt.Sprint(st.Total.MACs),
		`egru_activity`:                                         fmt.Sprint(st.Total.Activity),
		`egru_request_seconds_bucket{route="/v1/score",le="1"}`: "", // buckets are powers of 2 of a millisecond
	} {
		if got := metric(t, h.URL, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// A client that asks again at the end of its answer finds the slot free.
func TestOneAfterTheOtherNeedsOneStream(t *testing.T) {
	h := listening(t, serverOf(t, func(c *Config) { c.Streams = 1 }))
	for range 200 {
		scored(t, h.URL, "w1", "s")
		generated(t, h.URL, `{"tokens": 1, "seed": 1, "session": "s"}`)
	}
}
