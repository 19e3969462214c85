package graph

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/layers"
)

// Config holds the settings of a Session.
type Config struct {
	Seed uint64 // of the random masks drawn in training
}

// Session runs a model: it builds one graph and machine for each number of
// steps, batch and mode, when first needed, and keeps them. All share the weights
// and, in training, one gradient of each weight; between runs a graph holds
// little beside (see ExampleLengths for windows of many lengths). It is not safe
// for concurrent use; sessions of different models may run at once.
type Session struct {
	model     Model
	config    Config
	machines  map[key]*machine
	gradients gradients
	runs      int // training runs so far
}

// key tells graphs apart.
type key struct {
	T, B  int
	train bool
}

// NewSession makes a session for a model.
func NewSession(m Model, c Config) (*Session, error) {
	if m == nil {
		return nil, errors.Wrap(ErrBuild, "model is nil")
	}
	if err := layers.CheckParams(m.Params()); err != nil {
		return nil, err
	}
	if err := kernel.PathError(); err != nil {
		return nil, errors.Wrap(ErrBuild, err.Error())
	}
	return &Session{model: m, config: c, machines: map[key]*machine{}, gradients: gradients{}}, nil
}

// Feeds are the inputs of a run by name. The session reads them during the run
// and keeps nothing of them.
type Feeds map[string]*tensor.Dense

// Result is what a run gave. It belongs to the caller.
type Result struct {
	// Loss is the model's loss without penalties, such as the mean cross-entropy
	// of a language model, in training and in evaluation alike.
	Loss float64
	// Penalty is what the model added to Loss: training minimises the sum. It is
	// 0 where there is none.
	Penalty float64

	Outputs map[string]*tensor.Dense // the model's outputs, copied

	// Grads are the weights with their gradients, for a solver's Step. Nil
	// after Evaluate. They hold until the next training run.
	Grads []G.ValueGrad
}

// Train runs one window forward and backward from the state of the stream, and
// carries the stream's state to the window's end. Weights stay as they are:
// that is the solver's work. After an error, session and stream are as before.
func (s *Session) Train(stream *Stream, feeds Feeds) (Result, error) {
	r, err := s.run(stream, feeds, true)
	if err == nil {
		s.runs++
	}
	return r, err
}

// Evaluate runs one window forward, without random masks.
func (s *Session) Evaluate(stream *Stream, feeds Feeds) (Result, error) {
	return s.run(stream, feeds, false)
}

// Runs is the number of training runs so far, from which the next run's random
// masks are drawn.
func (s *Session) Runs() int { return s.runs }

// SetRuns makes the session go on as if it had made n training runs. With the
// weights, optim.Solver.State, Stream.States and the place in the text that is all
// that a training needs to go on to the same bits: nothing else is random, and
// Lengths have no state.
func (s *Session) SetRuns(n int) { s.runs = n }

func (s *Session) run(stream *Stream, feeds Feeds, train bool) (Result, error) {
	if stream == nil {
		return Result{}, errors.Wrap(ErrStream, "stream is nil")
	}
	t, err := steps(feeds, stream.b)
	if err != nil {
		return Result{}, err
	}
	k := key{t, stream.b, train}
	m := s.machines[k]
	if m == nil {
		if m, err = newMachine(s.model, k, s.gradients); err != nil {
			return Result{}, errors.Wrapf(err, "graph of %d steps and %d rows", k.T, k.B)
		}
		s.machines[k] = m
	}
	return m.run(stream, feeds, int(s.config.Seed), s.runs+1)
}

// steps reads T off the feeds: every input that runs along time has it first,
// before the batch. One of shape (B, B, ...) may be of another kind, and decides
// only where no other does.
func steps(feeds Feeds, b int) (int, error) {
	t, square := 0, false
	for name, f := range feeds {
		if f == nil {
			return 0, errors.Wrapf(ErrFeed, "input %s is nil", name)
		}
		shape := f.Shape()
		if len(shape) < 2 || shape[1] != b {
			continue
		}
		if shape[0] == b {
			square = true
			continue
		}
		if t != 0 && t != shape[0] {
			return 0, errors.Wrapf(ErrFeed, "input %s has %d steps, another has %d", name, shape[0], t)
		}
		t = shape[0]
	}
	if t == 0 && square {
		t = b
	}
	if t == 0 {
		return 0, errors.Wrapf(ErrFeed, "no input has the shape (T, %d, ...) of the stream", b)
	}
	return t, nil
}
