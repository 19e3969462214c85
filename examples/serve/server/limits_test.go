package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
)

func TestWhatCannotBeServedIsAnsweredWithItsReason(t *testing.T) {
	h := listening(t, serverOf(t, func(c *Config) { c.BodyBytes, c.ReadTokens, c.WriteTokens = 200, 5, 10 }))
	const score, generate = routeScore, routeGenerate
	for _, c := range []struct {
		path, body string
		status     int
		says       string
	}{
		{score, `{"text": "w1"} `, 200, `"tokens":1`},
		{score, `{"text": "w1 w2 w3 w4 w5"}`, 200, `"tokens":5`},
		{generate, `{"tokens": 10, "seed": 18446744073709551615}`, 200, `"done":true`},
		{score, `{"text": "w1 w2 w3 w4\nw5"}`, 400, "more than 5 words"},
		{generate, `{"prompt": "w1 w1 w1 w1 w1 w1", "tokens": 1, "seed": 1}`, 400, "more than 5 words"},
		{score, `{"text": "` + strings.Repeat("w", 200) + `"}`, 413, "more than 200 bytes"},
		{score, `{"text": "w1 w99"}`, 400, `no word \"w99\"`},
		{score, ``, 400, "no JSON object"},
		{score, `[]`, 400, "no JSON object"},
		{score, `null`, 400, "no JSON object"},
		{score, `{"text": "w1"`, 400, "no such request"},
		{score, `{"text": "w1"} {}`, 400, "more in the body"},
		{score, `{"text": "w1", "seed": 1}`, 400, `"\"seed\" is no field of the request, want text or session"`},
		{score, `{"text": "w1", "Text": "w2"}`, 400, `"\"Text\" is no field of the request, want text or session"`},
		{score, `{"TEXT": "w1"}`, 400, `\"TEXT\" is no field`},
		{score, `{"ſession": "s", "text": "w1"}`, 400, `\"ſession\" is no field`},
		{score, `{"text": "w1", "text": "w2"}`, 400, `"text is given more than once, want it at most once"`},
		{score, `{"text": "w1", "te\u0078t": "w1"}`, 400, "text is given more than once"},
		{score, `{"text": {"a": 1, "a": 1}, "session": "s", "session": "s"}`, 400, "session is given more than once"},
		{generate, `{"seed": null, "seed": 1, "tokens": 1}`, 400, "seed is given more than once"},
		{generate, `{"prompts": "w1", "seed": 1, "tokens": 1}`, 400, "want prompt, tokens, seed, temperature, top_k or session"},
		{score, `{"te\u0078t": "w1"}`, 200, `"tokens":1`},
		{score, `{"text": "w1",}`, 400, "no such request"},
		{score, `{"text": "w1", "session"`, 400, "no such request"},
		{score, `{"text": 1}`, 400, `"text is a number, want a string"`},
		{score, `{"text": ["w1"]}`, 400, `"text is an array, want a string"`},
		{score, `{"text": {"a": 1}}`, 400, `"text is an object, want a string"`},
		{score, `{"text": true}`, 400, `"text is a bool, want a string"`},
		{generate, `{"tokens": "5", "seed": 1}`, 400, `"tokens is a string, want a whole number of at most 63 bits"`},
		{generate, `{"tokens": 1.5, "seed": 1}`, 400, `"tokens is 1.5, want a whole number`},
		{generate, `{"tokens": 9223372036854775808, "seed": 1}`, 400, `"tokens is 9223372036854775808, want a whole number`},
		{score, `{"text": " "}`, 400, "no words"},
		{score, `{}`, 400, "no words"},
		{score, "{\"text\": \"\xff\"}", 400, "not UTF-8"},
		{score, `{"text": "w1", "session": "a b"}`, 400, "session"},
		{score, `{"text": "w1", "session": "` + strings.Repeat("s", 65) + `"}`, 400, "session"},
		{generate, `{"tokens": 1}`, 400, "seed is missing"},
		{generate, `{"seed": 1}`, 400, "tokens is missing or 0, want 1 to 10"},
		{generate, `{"seed": 1, "tokens": 0}`, 400, "tokens is missing or 0, want 1 to 10"},
		{generate, `{"tokens": 11, "seed": 1}`, 400, "tokens is 11"},
		{generate, `{"tokens": -1, "seed": 1}`, 400, "tokens is -1"},
		{generate, `{"tokens": 1, "seed": -1}`, 400, `"seed is -1, want a whole number of at most 64 bits, at least 0"`},
		{generate, `{"tokens": 1, "seed": 1, "temperature": 0}`, 400, "temperature is 0"},
		{generate, `{"tokens": 1, "seed": 1, "temperature": 1e999}`, 400, `"temperature is 1e999, want a number of at most 1.8e308"`},
		{generate, `{"tokens": 1, "seed": 1, "top_k": -1}`, 400, "top_k is -1"},
	} {
		status, raw := ask(t, h.URL+c.path, c.body)
		if status != c.status || !strings.Contains(raw, c.says) {
			t.Errorf("%s %.60q: status %d, %s; want %d, %q", c.path, c.body, status, raw, c.status, c.says)
		}
		var p problem
		if err := json.Unmarshal([]byte(raw), &p); status != 200 && (err != nil || p.Error == "") {
			t.Errorf("%s %.60q: %s", c.path, c.body, raw)
		}
	}
}

func TestPathsMethodsAndTypesAreChecked(t *testing.T) {
	h := listening(t, serverOf(t, nil))
	for _, c := range []struct {
		method, path, kind string
		status             int
		allow              string
	}{
		{"GET", routeScore, "", 405, "POST"},
		{"DELETE", routeGenerate, "", 405, "POST"},
		{"POST", routeStats, "application/json", 405, "GET, HEAD"},
		{"POST", routeHealth, "", 405, "GET, HEAD"},
		{"PUT", routeMetrics, "", 405, "GET, HEAD"},
		{"GET", routeHealth, "", 200, ""},
		{"HEAD", routeStats, "", 200, ""},
		{"GET", "/", "", 404, ""},
		{"POST", "/v1/scores", "application/json", 404, ""},
		{"POST", routeScore, "text/plain", 415, ""},
		{"POST", routeScore, "", 415, ""},
		{"POST", routeScore, "application/json; charset=utf-8", 200, ""},
	} {
		q, err := http.NewRequest(c.method, h.URL+c.path, strings.NewReader(`{"text": "w1"}`))
		if err != nil {
			t.Fatal(err)
		}
		if c.kind != "" {
			q.Header.Set("Content-Type", c.kind)
		}
		answer, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.status || answer.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: status %d, Allow %q, want %d, %q", c.method, c.path, answer.StatusCode, answer.Header.Get("Allow"), c.status, c.allow)
		}
		if got := answer.Header.Get("Content-Type"); c.path != routeMetrics && got != "application/json" {
			t.Errorf("%s %s: Content-Type %q", c.method, c.path, got)
		}
	}
}

func TestOverloadIsAnsweredAtOnceAndEnds(t *testing.T) {
	g := newGate()
	s := serverOf(t, func(c *Config) { c.Streams, c.beforeAnswer = 1, g.hold })
	h := listening(t, s)
	first := make(chan int)
	go func() {
		status, _ := ask(t, h.URL+routeScore, `{"text": "w1"}`)
		first <- status
	}()
	<-g.entered
	for _, path := range []string{routeScore, routeGenerate} {
		answer, err := http.Post(h.URL+path, "application/json", strings.NewReader(map[string]string{routeScore: `{"text": "w1"}`, routeGenerate: `{"tokens": 1, "seed": 1}`}[path]))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: status %d, Retry-After %q", path, answer.StatusCode, answer.Header.Get("Retry-After"))
		}
	}
	if got := metric(t, h.URL, "egru_streams_active"); got != "1" {
		t.Errorf("%s at work, want 1", got)
	}
	close(g.open)
	if status := <-first; status != 200 {
		t.Errorf("the first: status %d", status)
	}
	if got := metric(t, h.URL, `egru_rejected_total{reason="streams"}`); got != "2" {
		t.Errorf("%s refused, want 2", got)
	}
	scored(t, h.URL, "w1", "")
}

func TestAPanicIsA500AndGivesBackWhatItHad(t *testing.T) {
	fails := true
	s := serverOf(t, func(c *Config) {
		c.Streams = 1
		c.beforeAnswer = func(string) {
			if fails {
				panic("by the test")
			}
		}
	})
	h := listening(t, s)
	for range 3 {
		status, raw := ask(t, h.URL+routeScore, `{"text": "w1", "session": "s"}`)
		if status != 500 || strings.Contains(raw, "by the test") || !strings.Contains(raw, `"error"`) {
			t.Errorf("status %d, %s", status, raw)
		}
	}
	if got := metric(t, h.URL, "egru_panics_total"); got != "3" {
		t.Errorf("%s panics counted", got)
	}
	fails = false
	scored(t, h.URL, "w1", "s")
}

func TestWhatFailsIsLoggedWithoutPlacesInCode(t *testing.T) {
	var logged bytes.Buffer
	s := serverOf(t, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	w := httptest.NewRecorder()
	s.fail(&answer{ResponseWriter: w, body: &body{ended: true}}, errors.Wrap(ErrModel, "of the test"))
	if got := logged.String(); w.Code != 500 || !strings.Contains(got, "of the test: unusable model") || strings.Contains(got, ".go:") {
		t.Errorf("status %d, %s", w.Code, got)
	}
}

func TestARequestThatTakesTooLongIsToldSo(t *testing.T) {
	s := serverOf(t, func(c *Config) {
		c.RequestTime, c.WriteTokens = 200*time.Millisecond, maxCount
		c.beforeAnswer = func(route string) {
			if route == routeScore {
				time.Sleep(300 * time.Millisecond)
			}
		}
	})
	h := listening(t, s)
	if status, raw := ask(t, h.URL+routeScore, `{"text": "w1", "session": "s"}`); status != 503 || !strings.Contains(raw, "too long") {
		t.Errorf("status %d, %s", status, raw)
	}
	status, raw := ask(t, h.URL+routeGenerate, fmt.Sprintf(`{"tokens": %d, "seed": 1, "session": "s"}`, maxCount))
	ws, done, problem := linesOf(t, strings.NewReader(raw))
	if status != 200 || done.Done || !strings.Contains(problem, "too long") || len(ws) == 0 {
		t.Errorf("status %d, %d words, %+v, %s", status, len(ws), done, problem)
	}
	if n := s.sessions.count(time.Now()); n != 0 {
		t.Errorf("%d sessions of failed requests", n)
	}
	eventually(t, "the slots are free", func() bool { return len(s.slots) == 0 })
}

func TestABodyThatDoesNotComeIsGivenUp(t *testing.T) {
	s := serverOf(t, func(c *Config) { c.RequestTime = 200 * time.Millisecond })
	h := listening(t, s)
	c, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"text\":", routeScore)
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d", answer.StatusCode)
	}
	if len(s.slots) != 0 {
		t.Error("it holds a slot")
	}
}

func TestTheDefaultsHoldOnAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, n := range []int{1, 250, 251, 1024} {
		runtime.GOMAXPROCS(n)
		if err := DefaultConfig().Validate(); err != nil {
			t.Errorf("%d processors: %v", n, err)
		}
	}
}

func TestWrongLimitsAndModelsAreNamed(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]limits{
		"BodyBytes is 0":     func(c *Config) { c.BodyBytes = 0 },
		"ReadTokens is -1":   func(c *Config) { c.ReadTokens = -1 },
		"WriteTokens is 0":   func(c *Config) { c.WriteTokens = 0 },
		"Streams is 0":       func(c *Config) { c.Streams = 0 },
		"Connections is 0":   func(c *Config) { c.Connections = 0 },
		"Sessions is 3":      func(c *Config) { c.Streams, c.Sessions = 4, 3 },
		"RequestTime is 0s":  func(c *Config) { c.RequestTime = 0 },
		"WriteTime is -1s":   func(c *Config) { c.WriteTime = -time.Second },
		"SessionTime is 0s":  func(c *Config) { c.SessionTime = 0 },
		"DrainTime is 1000h": func(c *Config) { c.DrainTime = 1000 * time.Hour },
	} {
		c := DefaultConfig()
		change(&c)
		if _, err := New(engineOf(t), vocabularyOf(t, false), c); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %s", err, says)
		}
	}
	few, err := corpus.NewVocabulary([]string{"<eos>", "a"})
	if err != nil {
		t.Fatal(err)
	}
	endless := make([]string, words)
	for i := range endless {
		endless[i] = fmt.Sprint(i)
	}
	noEnd, err := corpus.NewVocabulary(endless)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []*corpus.Vocabulary{nil, few, noEnd} {
		if _, err := New(engineOf(t), v, DefaultConfig()); !errors.Is(err, ErrModel) {
			t.Errorf("%v", err)
		}
	}
}

// FuzzRequests wants an answer to any body, and never the status of a fault.
func FuzzRequests(f *testing.F) {
	for _, seed := range []string{
		`{"text": "w1 w2\nw3"}`, `{"text": "w1", "session": "s"}`, `{"prompt": "w1", "tokens": 3, "seed": 1, "temperature": 0.5, "top_k": 2, "session": "s"}`,
		`{"tokens": 3, "seed": 18446744073709551616}`, `{"text": "\ud800"}`, `{"text": "w1", "text": "w2"}`, `{"TEXT": "w1"}`, `{"seed": 1e2, "tokens": 1}`,
		`{"tokens": 1, "seed": 0, "temperature": 1e-6}`, `{"tokens": 1, "seed": 0, "temperature": 1e-320}`, strings.Repeat("[", 500), `{"text":` + strings.Repeat("{", 200),
		"\xef\xbb\xbf{}", "\x00", `{"text": "` + strings.Repeat("w1 ", 60) + `"}`, `null`, `{"tokens": 9223372036854775808, "seed": 1}`,
	} {
		f.Add(seed)
	}
	s := serverOf(f, func(c *Config) { c.BodyBytes, c.ReadTokens, c.WriteTokens = 600, 50, 10 })
	h := s.Handler()
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{routeScore, routeGenerate} {
			q := httptest.NewRequest("POST", path, strings.NewReader(body))
			q.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, q)
			lines := strings.Split(strings.TrimSuffix(w.Body.String(), "\n"), "\n")
			for _, l := range lines {
				if !json.Valid([]byte(l)) {
					t.Fatalf("%s %q: %q is no JSON", path, body, l)
				}
			}
			switch {
			case w.Code == 200 && strings.Contains(lines[len(lines)-1], `"error"`):
				t.Fatalf("%s %q: %s", path, body, lines[len(lines)-1])
			case w.Code != 200 && w.Code != 400 && w.Code != 413:
				t.Fatalf("%s %q: status %d", path, body, w.Code)
			}
			if len(s.slots) != 0 {
				t.Fatal("a slot is lost")
			}
		}
	})
}
