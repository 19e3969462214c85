package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/egru/egru/examples/serve/server"
)

// texts is how many different requests of each kind there are.
const texts = 8

// job is a request with the answer that it has when nobody else asks.
type job struct {
	generate server.GenerateRequest
	text     string // to score, and
	halves   [2]string
	words    []server.Word // generated
	scored   []server.Word
}

// prepare makes the jobs from what the model writes, and their answers.
func (s *settings) prepare(ctx context.Context, c *client) ([]job, error) {
	jobs := make([]job, texts)
	for i := range jobs {
		seed := s.seed + uint64(i)
		temperature := 0.5 + 0.25*float64(i%4)
		first, err := c.generate(ctx, server.GenerateRequest{Tokens: s.tokens, Seed: &seed}, false)
		if err != nil {
			return nil, err
		}
		var text []string
		for _, w := range first {
			text = append(text, w.Word)
		}
		half := (len(text) + 1) / 2
		j := &jobs[i]
		j.text = strings.Join(text, " ")
		j.halves = [2]string{strings.Join(text[:half], " "), strings.Join(text[half:], " ")}
		j.generate = server.GenerateRequest{Prompt: j.halves[0], Tokens: s.tokens, Seed: &seed, Temperature: &temperature, TopK: 5 * (i % 3)}
		if j.words, err = c.generate(ctx, j.generate, false); err != nil {
			return nil, err
		}
		score, err := c.score(ctx, server.ScoreRequest{Text: j.text})
		if err != nil {
			return nil, err
		}
		j.scored = score.Words
	}
	return jobs, nil
}

// The kinds of requests.
const (
	kindGenerate = "generate"
	kindScore    = "score"
	kindSession  = "session" // a text scored in two requests
)

var kinds = []string{kindGenerate, kindScore, kindSession}

var errDiffers = errors.New("the answer is not that of the request alone")

// ask does one job, and tells how many words were read and written.
func (c *client) ask(ctx context.Context, kind string, j *job, session string, leave bool) (words int, err error) {
	switch kind {
	case kindGenerate:
		got, err := c.generate(ctx, j.generate, leave)
		if err == nil && !leave && !slices.Equal(got, j.words) {
			err = errDiffers
		}
		return len(got), err
	case kindScore:
		got, err := c.score(ctx, server.ScoreRequest{Text: j.text})
		if err == nil && !slices.Equal(got.Words, j.scored) {
			err = errDiffers
		}
		return len(got.Words), err
	}
	var both []server.Word
	for _, half := range j.halves {
		if half == "" {
			continue
		}
		got, err := c.score(ctx, server.ScoreRequest{Text: half, Session: session})
		if err != nil {
			return len(both), err
		}
		both = append(both, got.Words...)
	}
	if !slices.Equal(both, j.scored) {
		err = errDiffers
	}
	return len(both), err
}

// pause is how long a client waits after it was refused.
const pause = 20 * time.Millisecond

// load asks until the requests or the time are over, and waits for all answers.
func (s *settings) load(ctx context.Context) (*report, error) {
	c := newClient(s.url, s.clients)
	jobs, err := s.prepare(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("before the load: %w", err)
	}
	r := newReport(s.clients)
	watched := r.watch(ctx, c, s.duration)
	start := time.Now()
	var sent atomic.Int64
	var all sync.WaitGroup
	for k := range s.clients {
		all.Go(func() {
			random := rand.New(rand.NewPCG(s.seed, uint64(k)))
			for ctx.Err() == nil && sent.Add(1) <= int64(s.requests) && (s.duration == 0 || time.Since(start) < s.duration) {
				kind, j := kinds[random.IntN(len(kinds))], &jobs[random.IntN(len(jobs))]
				leave := kind == kindGenerate && random.Float64() < s.leave
				// The start makes sessions of one load differ from those of another.
				session := fmt.Sprintf("load-%d-%d-%d", start.UnixNano(), k, random.Uint64())
				began := time.Now()
				words, err := c.ask(ctx, kind, j, session, leave)
				r.add(kind, time.Since(began), words, leave, err)
				if errors.As(err, new(refused)) {
					time.Sleep(pause)
				}
			}
		})
	}
	all.Wait()
	r.took = time.Since(start)
	if err := watched(); err != nil {
		return nil, err
	}
	return r, idle(ctx, c)
}

// idle waits for the server to have given up what clients left.
func idle(ctx context.Context, c *client) error {
	const name = "egru_streams_active"
	for range 100 {
		m, err := c.metric(ctx, name)
		if err != nil {
			return err
		}
		if m[name] == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the server is still at work, though all clients have ended")
}

// isRefusal tells an answer that promises nothing from one that breaks a promise.
func isRefusal(err error) bool {
	var r refused
	return errors.As(err, &r) && r.status == http.StatusTooManyRequests
}
