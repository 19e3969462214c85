package server

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/graph/stream"
)

// Server answers requests to one language model. Its parts may be used by any
// number of goroutines.
type Server struct {
	engine     *stream.Engine
	vocabulary *corpus.Vocabulary
	config     Config
	start      stream.State // where a text begins

	slots    chan struct{} // one for each request at work
	sessions *sessions
	metrics  *metrics
	began    time.Time
	draining atomic.Bool
}

// New makes a server of an engine of a language model and the words of its tokens.
// ErrModel is returned where they do not fit, ErrConfig for settings outside their
// domain.
func New(engine *stream.Engine, vocabulary *corpus.Vocabulary, c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if engine == nil || vocabulary == nil {
		return nil, errors.Wrap(ErrModel, "server: engine or vocabulary is nil")
	}
	if n := vocabulary.Size(); engine.Vocabulary() != n || engine.Outputs() != n {
		return nil, errors.Wrapf(ErrModel, "server: the model reads %d words and gives %d logits, the vocabulary has %d", engine.Vocabulary(), engine.Outputs(), n)
	}
	end, ok := vocabulary.ID(corpus.EndOfSentence)
	if !ok {
		return nil, errors.Wrapf(ErrModel, "server: the vocabulary has no %s", corpus.EndOfSentence)
	}
	first := engine.NewStream()
	if err := first.Feed(end); err != nil {
		return nil, errors.WithMessage(err, "server")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	s := &Server{
		engine: engine, vocabulary: vocabulary, config: c, start: first.State(),
		slots: make(chan struct{}, c.Streams), sessions: newSessions(c.Sessions, c.SessionTime), began: c.now(),
	}
	s.metrics = newMetrics(s)
	return s, nil
}

// Drain lets requests at work go on and refuses others.
func (s *Server) Drain() { s.draining.Store(true) }

// job is a request at work.
type job struct {
	server  *Server
	stream  *stream.Stream
	session *session // nil without
	ended   bool
}

// begin takes a slot, and of a session its state.
func (s *Server) begin(id string) (*job, error) {
	if s.draining.Load() {
		return nil, errDraining
	}
	select {
	case s.slots <- struct{}{}:
	default:
		return nil, errBusy
	}
	j := &job{server: s, stream: s.engine.NewStream()}
	state := s.start
	if id != "" {
		var err error
		if j.session, err = s.sessions.take(id, s.config.now()); err != nil {
			<-s.slots
			return nil, err
		}
		if len(j.session.state.Layers) > 0 {
			state = j.session.state
		}
	}
	if err := j.stream.Restore(state); err != nil {
		j.end()
		return nil, err
	}
	return j, nil
}

// keep lets the session go on from here, and gives up what the job has: before the
// client learns of the end, so that it can ask for more at once.
func (j *job) keep() { j.release(j.stream.State()) }

// end gives up what the job has, if keep has not done so. The session stays as it
// was.
func (j *job) end() { j.release(stream.State{}) }

func (j *job) release(state stream.State) {
	if j.ended {
		return
	}
	j.ended = true
	if j.session != nil {
		j.server.sessions.release(j.session, state, j.server.config.now())
	}
	j.server.metrics.worked(j.stream.Counters())
	<-j.server.slots
}

// alive says why a job should not go on.
func alive(ctx context.Context) error {
	switch {
	case ctx.Err() == nil:
		return nil
	case errors.Is(context.Cause(ctx), errDraining):
		return errDraining
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return errLate
	}
	return errGone
}
