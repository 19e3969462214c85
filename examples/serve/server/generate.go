package server

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/stream"
)

// Done is the last line of a generated text. An answer without it is not whole.
type Done struct {
	Done    bool    `json:"done"` // true
	Prompt  int     `json:"prompt"`
	Unknown int     `json:"unknown"` // words of the prompt that were read as <unk>
	Tokens  int     `json:"tokens"`  // words written
	LogProb float64 `json:"logprob"` // of all words written
	Work    Work    `json:"work"`    // of prompt and words
}

func (s *Server) generate(w http.ResponseWriter, r *http.Request) error {
	var q GenerateRequest
	if err := s.open(w, r, &q); err != nil {
		return err
	}
	if err := q.validate(s.config.WriteTokens); err != nil {
		return err
	}
	prompt, unknown, err := tokens(s.vocabulary, q.Prompt, s.config.ReadTokens)
	if err != nil {
		return err
	}
	j, err := s.begin(q.Session)
	if err != nil {
		return err
	}
	defer j.end()
	s.hook(routeGenerate)
	for _, id := range prompt {
		if err := alive(r.Context()); err != nil {
			return err
		}
		if err := j.stream.Feed(id); err != nil {
			return err
		}
		s.metrics.read.Inc()
	}
	done := Done{Done: true, Prompt: len(prompt), Unknown: unknown, Tokens: q.Tokens}
	lines := newLines(w, s.config.WriteTime)
	if done.LogProb, err = j.write(r.Context(), q, lines); err != nil {
		return err
	}
	done.Work = workOf(j.stream.Counters(), stream.DefaultCosts())
	j.keep()
	return lines.send(done)
}

// write draws words, reads each again and sends it.
func (j *job) write(ctx context.Context, q GenerateRequest, lines *lines) (logProb float64, err error) {
	temperature := 1.0
	if q.Temperature != nil {
		temperature = *q.Temperature
	}
	draws := newSampler(*q.Seed, temperature, q.TopK)
	for range q.Tokens {
		if err := alive(ctx); err != nil {
			return 0, err
		}
		word, err := j.word(draws.next(j.stream.Output()))
		if err != nil {
			return 0, err
		}
		if err := j.stream.Feed(word.ID); err != nil {
			return 0, err
		}
		logProb += word.LogProb
		j.server.metrics.written.Inc()
		if err := lines.send(word); err != nil {
			return 0, err
		}
	}
	return logProb, nil
}

// lines sends each line at once. A client that does not take one in time is cut
// off: the connection can be of no use any more.
type lines struct {
	w       http.ResponseWriter
	control *http.ResponseController
	time    time.Duration
	begun   bool
}

func newLines(w http.ResponseWriter, t time.Duration) *lines {
	return &lines{w: w, control: http.NewResponseController(w), time: t}
}

func (l *lines) send(v any) error {
	raw, err := line(v)
	if err != nil {
		return err
	}
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "application/x-ndjson")
		l.w.Header().Set("X-Content-Type-Options", "nosniff")
		l.w.Header().Set("Cache-Control", "no-store")
	}
	if err := l.control.SetWriteDeadline(time.Now().Add(l.time)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errGone
	}
	if _, err := l.w.Write(raw); err != nil {
		return lost(err)
	}
	if err := l.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return lost(err)
	}
	return nil
}

// lost is the error of a line that could not be sent.
func lost(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlow
	}
	return errGone
}
