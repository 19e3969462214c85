package server

import (
	"math"
	"net/http"

	"github.com/pkg/errors"
)

// Score is the answer to a ScoreRequest.
type Score struct {
	Tokens     int      `json:"tokens"`
	Unknown    int      `json:"unknown"`    // words that were read as <unk>
	LogProb    float64  `json:"logprob"`    // natural logarithm, of all words
	Perplexity *float64 `json:"perplexity"` // exp(-logprob/tokens); null where that is beyond all numbers
	Words      []Word   `json:"words"`
}

// Word is a word as the model read or wrote it.
type Word struct {
	Word    string  `json:"word"`
	ID      int     `json:"id"`
	LogProb float64 `json:"logprob"` // before temperature and top_k, given all words before
}

// open reads a request, and begins its work.
func (s *Server) open(w http.ResponseWriter, r *http.Request, into any) error {
	if s.draining.Load() {
		return errDraining
	}
	if err := isJSON(r); err != nil {
		return err
	}
	if r.ContentLength > s.config.BodyBytes {
		return tooLarge(s.config.BodyBytes)
	}
	return decode(http.MaxBytesReader(w, r.Body, s.config.BodyBytes), into)
}

func (s *Server) score(w http.ResponseWriter, r *http.Request) error {
	var q ScoreRequest
	if err := s.open(w, r, &q); err != nil {
		return err
	}
	if err := q.validate(); err != nil {
		return err
	}
	ids, unknown, err := tokens(s.vocabulary, q.Text, s.config.ReadTokens)
	if err != nil {
		return err
	}
	j, err := s.begin(q.Session)
	if err != nil {
		return err
	}
	defer j.end()
	s.hook(routeScore)
	answer := Score{Tokens: len(ids), Unknown: unknown, Words: make([]Word, len(ids))}
	for i, id := range ids {
		if err := alive(r.Context()); err != nil {
			return err
		}
		if answer.Words[i], err = j.word(id); err != nil {
			return err
		}
		answer.LogProb += answer.Words[i].LogProb
		if err := j.stream.Feed(id); err != nil {
			return err
		}
		s.metrics.read.Inc()
	}
	if ppl := math.Exp(-answer.LogProb / float64(len(ids))); !math.IsInf(ppl, 0) {
		answer.Perplexity = &ppl
	}
	j.keep()
	return writeJSON(w, http.StatusOK, answer)
}

// word is the next word with its log-probability.
func (j *job) word(id int) (Word, error) {
	logits := j.stream.Output()
	p := float64(logits[id]) - logSum(logits)
	if math.IsNaN(p) || math.IsInf(p, 0) {
		return Word{}, errors.New("the model's prediction is no number")
	}
	text, _ := j.server.vocabulary.Word(id)
	return Word{text, id, p}, nil
}

func (s *Server) hook(route string) {
	if s.config.beforeAnswer != nil {
		s.config.beforeAnswer(route)
	}
}
