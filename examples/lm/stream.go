package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/stream"
	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/layers"
)

// streaming says how -mode stream measures.
type streaming struct {
	words   int // of the validation and of the test text each; 0: all
	profile int // of the training text, to see what units do
}

const defaultProfile = 20_000

// measureStreams is -mode stream: the model as one-step engines of several kinds,
// each over the validation and the test text, a word at a time.
//
// Engines come one after the other, so that there is the memory of one, and each
// runs its two texts side by side. A text is one stream from its first word to its
// last: cut in pieces for more processors it would have lost its state at each cut.
func (l *loaded) measureStreams(ctx context.Context, s *settings, stdout, stderr io.Writer) (int, error) {
	r, err := newReporter(s, l.task, stdout, stderr)
	if err != nil {
		return exitUsage, err
	}
	defer r.close()
	if err := r.clear(); err != nil {
		return exitFailure, err
	}
	err = l.engines(ctx, s.streaming, r)
	return failure(err), err
}

func (l *loaded) engines(ctx context.Context, how streaming, r *reporter) error {
	valid, test := l.task.Valid, l.task.Test
	if how.words > 0 { // and the word after the last
		valid, test = valid[:min(how.words+1, len(valid))], test[:min(how.words+1, len(test))]
	}
	text := l.task.Train[:min(how.profile, len(l.task.Train))]
	t := &streamTable{reporter: r, cell: l.Cell, profiled: len(text)}
	all := layouts(l.Cell == layers.CellEGRU, zeroShare(l.model.Params()) >= prunedFrom)
	var profile *stream.Profile
	var silent [][]int
	for _, layout := range all {
		if layout.less && units(silent) == 0 {
			continue
		}
		e, err := stream.New(stream.Of(l.model), layout.config(profile, silent))
		if err != nil {
			return err
		}
		if profile == nil { // the first engine
			if profile, err = profileOf(ctx, e, text); err != nil {
				return errors.Wrap(err, "training text")
			}
			if silent = profile.Silent(0); l.Cell != layers.CellEGRU {
				silent = nil
			}
			leaveOne(e, silent)
			t.silent = silent
		}
		readings, err := readAll(ctx, e, valid, test)
		if err != nil {
			return errors.Wrap(err, layout.name)
		}
		if err := t.add(layout, e, readings[0], readings[1]); err != nil {
			return err
		}
	}
	t.finish()
	return nil
}

// prunedFrom is the share of zeros in the matrices from which on a model counts as
// pruned. Weights that were never pruned are zero by rare chance.
const prunedFrom = 0.05

// layout is a kind of engine.
type layout struct {
	name    string
	storage stream.Storage
	eight   bool // bits
	fitted  bool // scales, to the profile
	less    bool // without silent units
}

// layouts are those to compare, the first being what the others are held against.
// Where a model is pruned all others are packed, also where stream.Auto would not be:
// it goes by time.
func layouts(events, pruned bool) []layout {
	all := []layout{{name: "float32", storage: stream.Dense}}
	storage := stream.Dense
	if pruned {
		storage = stream.Packed
		all = append(all, layout{name: "packed", storage: storage})
	}
	if events {
		all = append(all, layout{name: "removed", storage: storage, less: true})
	}
	all = append(all, layout{name: "int8", storage: storage, eight: true}, layout{name: "int8 fitted", storage: storage, eight: true, fitted: true})
	if events {
		all = append(all, layout{name: "int8 fitted, removed", storage: storage, eight: true, fitted: true, less: true})
	}
	return all
}

// config has no table of the first layer's products: its float32 would stand beside
// the 8 bits, and its rows are read in place of products that are to be counted.
func (l layout) config(profile *stream.Profile, silent [][]int) stream.Config {
	c := stream.DefaultConfig()
	c.TableBytes, c.Storage = 0, l.storage
	if l.eight {
		c.Precision = stream.Int8
	}
	if l.fitted {
		c.Profile = profile
	}
	if l.less {
		c.Remove = silent
	}
	return c
}

// units is how many there are in all layers.
func units(of [][]int) int {
	n := 0
	for _, layer := range of {
		n += len(layer)
	}
	return n
}

// leaveOne keeps a unit of each layer, also of one that is silent altogether.
func leaveOne(e *stream.Engine, silent [][]int) {
	for i, layer := range silent {
		if len(layer) == e.Units(i) {
			silent[i] = layer[1:]
		}
	}
}

// profileOf sees what units do over a text. The words are read, and none is
// predicted: there are no labels.
func profileOf(ctx context.Context, e *stream.Engine, text []int) (*stream.Profile, error) {
	s, p := e.NewStream(), e.NewProfile()
	for i, token := range text {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := s.Feed(token); err != nil {
			return nil, errors.Wrapf(err, "word %d", i)
		}
		if err := p.Observe(s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// reading is what came out of a text.
type reading struct {
	loss    meanLoss
	profile *stream.Profile
	work    stream.Counters
	seconds float64
}

// readAll runs an engine over several texts, each in a stream of its own.
func readAll(ctx context.Context, e *stream.Engine, texts ...[]int) ([]reading, error) {
	readings, errs := make([]reading, len(texts)), make([]error, len(texts))
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i, text := range texts {
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			readings[i], errs[i] = readText(ctx, e, text)
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return readings, nil
}

// readText predicts each word of a text but the first.
func readText(ctx context.Context, e *stream.Engine, text []int) (reading, error) {
	s := e.NewStream()
	r := reading{profile: e.NewProfile()}
	start := time.Now()
	for i, next := range text[1:] {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		logits, err := s.Step(text[i])
		if err != nil {
			return r, errors.Wrapf(err, "word %d", i)
		}
		r.loss.add(float64(kernel.LogSumExp(logits))-float64(logits[next]), 1)
		if err := r.profile.Observe(s); err != nil {
			return r, err
		}
	}
	r.seconds, r.work = time.Since(start).Seconds(), s.Counters()
	return r, nil
}

// zeroShare is the share of exact zeros in the matrices of a model.
func zeroShare(params []*layers.Param) float64 {
	kept, size := 0, 0
	for _, p := range params {
		if n := p.Value().Shape(); n.Dims() == 2 {
			kept, size = kept+notZero(p), size+n.TotalSize()
		}
	}
	return 1 - float64(kept)/float64(max(1, size))
}

// inUnits names how many units of each layer there are.
func inUnits(silent [][]int, of func(layer int) int) string {
	text := ""
	for i, layer := range silent {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%d of %d", len(layer), of(i))
	}
	return text
}
