package stream

import (
	"math"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

// Stream is one sequence that an engine runs over. It is for one goroutine at a
// time; streams of one engine do not touch each other. A step that fails leaves it
// as it was. No method but Fork and State allocates.
type Stream struct {
	engine *Engine
	layers []memory
	input  *kernel.EventList // of the vector fed last
	vector []float32         // (I) of the word fed last; nil where it is not needed
	token  [1]int32          // the word, and
	scale  [1]float32        // the scale of its vector
	output []float32         // (outputs)
	stale  bool              // output is not that of the state
	work   work
	total  Counters
}

// NewStream starts a stream at a state of zeros.
func (e *Engine) NewStream() *Stream {
	s := &Stream{
		engine: e,
		input:  kernel.NewEventList(e.Inputs()),
		output: make([]float32, e.outputs),
		stale:  true,
		work:   work{scratch: make([]float32, e.scratch()), scales: e.config.Precision == Int8},
	}
	if e.embedding != nil {
		s.vector = make([]float32, e.Inputs())
	}
	for _, l := range e.layers {
		s.layers = append(s.layers, l.newMemory())
	}
	return s
}

// Engine is the engine of the stream.
func (s *Stream) Engine() *Engine { return s.engine }

// Step is Feed and Output: it takes a token, 0..V-1, and gives the logits of the
// next. They belong to the stream and hold until its next step.
func (s *Stream) Step(token int) ([]float32, error) { return s.answer(s.Feed(token)) }

// StepVector is Step for a vector (I), whose zeros cost nothing. A model with an
// embedding takes it in place of a token's, but only with Config.TableBytes 0: a
// table of tokens takes the place of the first kernel. ErrInput is returned else.
func (s *Stream) StepVector(x []float32) ([]float32, error) { return s.answer(s.FeedVector(x)) }

// StepEvents is StepVector for a vector given by its numbers that are not zero, and
// their places in ascending order. A model with an embedding takes it only with
// Config.TableBytes 0.
func (s *Stream) StepEvents(at []int32, v []float32) ([]float32, error) {
	return s.answer(s.FeedEvents(at, v))
}

func (s *Stream) answer(err error) ([]float32, error) {
	if err != nil {
		return nil, err
	}
	return s.Output(), nil
}

// Feed takes a step without asking for logits, as with the tokens of a prompt: the
// decoder's work is left out. ErrInput is returned for a token outside the
// vocabulary, ErrNaN if a state overflows to what is no number.
func (s *Stream) Feed(token int) error {
	e := s.engine
	switch {
	case e.vocabulary == 0:
		return errors.Wrap(ErrInput, "got a token, the model takes vectors")
	case token < 0 || token >= e.vocabulary:
		return errors.Wrapf(ErrInput, "token %d, want 0..%d", token, e.vocabulary-1)
	}
	s.begin()
	l, m := e.layers[0], &s.layers[0]
	s.work.count.DenseWeightBytes += int64(l.inputs) * 4
	if e.table.Rows > 0 {
		copy(m.pre[l.H:], e.table.Row(token))
		s.work.count.WeightBytes += int64(e.table.Cols) * 4
		return s.run()
	}
	s.lookUp(token)
	return s.feed(s.input)
}

// FeedVector is Feed for a vector (I) of finite numbers. A model with an embedding
// takes it only with Config.TableBytes 0.
func (s *Stream) FeedVector(x []float32) error {
	if err := s.takesVectors(); err != nil {
		return err
	}
	if want := s.engine.Inputs(); len(x) != want {
		return errors.Wrapf(ErrInput, "vector has %d numbers, want %d", len(x), want)
	}
	if i := notFinite(x); i >= 0 {
		return errors.Wrapf(ErrInput, "vector has %v as its number %d, want finite numbers", x[i], i)
	}
	s.begin()
	s.input.Of(x)
	return s.feed(s.input)
}

// FeedEvents is FeedVector for a vector given by its numbers that are not zero, and
// their places in ascending order. A model with an embedding takes it only with
// Config.TableBytes 0.
func (s *Stream) FeedEvents(at []int32, v []float32) error {
	if err := s.takesVectors(); err != nil {
		return err
	}
	if len(at) != len(v) {
		return errors.Wrapf(ErrInput, "%d places of events and %d numbers, want as many", len(at), len(v))
	}
	before := int32(-1)
	for i, k := range at {
		if k <= before || int(k) >= s.engine.Inputs() {
			return errors.Wrapf(ErrInput, "event %d is at %d, want places that ascend within 0..%d", i, k, s.engine.Inputs()-1)
		}
		before = k
	}
	for i, x := range v {
		if x == 0 || !(x >= -math.MaxFloat32 && x <= math.MaxFloat32) {
			return errors.Wrapf(ErrInput, "event %d is %v, want a finite number that is not 0", i, x)
		}
	}
	s.begin()
	s.input.Take(at, v)
	return s.feed(s.input)
}

// takesVectors says no where a table has taken the place of the kernel.
func (s *Stream) takesVectors() error {
	if s.engine.layers[0].w == nil {
		return errors.Wrap(ErrInput, "got a vector, the engine has a table of tokens in place of the first kernel; Config.TableBytes 0 keeps the kernel")
	}
	return nil
}

func (s *Stream) begin() { s.work.count = Counters{} }

// feed gives the first layer its input and runs the step.
func (s *Stream) feed(in *kernel.EventList) error {
	l, m := s.engine.layers[0], &s.layers[0]
	copy(m.pre[l.H:], l.bias)
	s.work.add(l.w, m.pre[l.H:], in)
	return s.run()
}

// run goes up the layers. Nothing of the state changes before all have succeeded.
func (s *Stream) run() error {
	for i, l := range s.engine.layers {
		m := &s.layers[i]
		if i > 0 {
			below := &s.layers[i-1]
			copy(m.pre[l.H:], l.bias)
			s.work.add(l.w, m.pre[l.H:], s.engine.layers[i-1].send(below, &below.next))
		}
		if err := l.step(m, &s.work); err != nil {
			s.work.count = Counters{}
			return err
		}
		if l.gain != nil {
			s.work.count.UnitMACs += int64(len(m.next.events.At))
		}
	}
	for i := range s.layers {
		m := &s.layers[i]
		m.now, m.next = m.next, m.now
	}
	s.work.count.Steps = 1
	s.total = s.total.Add(s.work.count)
	s.stale = true
	return nil
}

// lookUp lists the vector of a token.
func (s *Stream) lookUp(token int) {
	e := s.engine
	clear(s.vector)
	s.token[0], s.scale[0] = int32(token), 1
	_, bytes := e.embedding.Cost(s.token[:])
	if e.wordScale != nil {
		s.scale[0] = e.wordScale[token]
		bytes += 4
		s.work.count.UnitMACs += int64(e.Inputs())
	}
	e.embedding.Add(s.vector, s.token[:], s.scale[:], nil)
	s.work.count.WeightBytes += bytes
	s.input.Of(s.vector)
}

// Output is the output after the last step: logits, or without a decoder that of
// the highest layer. It is made when first asked for after a step, and holds until
// the next.
func (s *Stream) Output() []float32 {
	if !s.stale {
		return s.output
	}
	s.stale = false
	e := s.engine
	last := len(e.layers) - 1
	m := &s.layers[last]
	sent := e.layers[last].send(m, &m.now)
	if e.decoder == nil {
		clear(s.output)
		for i, k := range sent.At {
			s.output[k] = sent.V[i]
		}
		return s.output
	}
	copy(s.output, e.decoderBias)
	before := s.work.count
	s.work.count = Counters{}
	s.work.add(e.decoder, s.output, sent)
	macs := int64(e.layers[last].H) * int64(e.outputs)
	s.work.count.DenseMACs, s.work.count.DenseWeightBytes = macs, macs*4
	s.total = s.total.Add(s.work.count)
	s.work.count = before.Add(s.work.count)
	return s.output
}

// Events are units that sent an event, in ascending order, and what they sent,
// before any output gain.
type Events struct {
	Units  []int32
	Values []float32
}

// Events are those of a layer, the lowest being 0, at the last step. A GRU sends
// all its outputs that are not zero. They belong to the stream and hold until its
// next step; a layer that is not there has none.
func (s *Stream) Events(layer int) Events {
	if layer < 0 || layer >= len(s.layers) {
		return Events{}
	}
	l := s.layers[layer].now.events
	return Events{l.At, l.V}
}

// Counters is the work since the stream was made or forked.
func (s *Stream) Counters() Counters { return s.total }

// Last is the work of the last step, with that of Output once it was asked for;
// nothing after a step that failed.
func (s *Stream) Last() Counters { return s.work.count }

// Reset goes back to a state of zeros, as at the start of another text. Counters
// go on.
func (s *Stream) Reset() {
	for i := range s.layers {
		s.layers[i].now.reset()
	}
	s.stale = true
}

// Fork is a stream that goes on from the same state, with counters of its own.
func (s *Stream) Fork() *Stream {
	f := s.engine.NewStream()
	for i := range f.layers {
		f.layers[i].now.copy(&s.layers[i].now)
	}
	return f
}

// CopyFrom takes over the state of another stream of the engine, without
// allocating, as a beam does with its slots. Counters go on.
func (s *Stream) CopyFrom(other *Stream) error {
	if other == nil || other.engine != s.engine {
		return errors.Wrap(ErrState, "the other stream is of another engine")
	}
	if other == s {
		return nil
	}
	for i := range s.layers {
		s.layers[i].now.copy(&other.layers[i].now)
	}
	s.stale = true
	return nil
}
