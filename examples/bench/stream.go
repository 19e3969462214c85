package main

import (
	"context"
	"runtime"
	"sync"

	"github.com/egru/egru/graph/stream"
)

// variant is a way to keep the weights of a model.
type variant struct {
	name      string
	pruned    bool
	precision stream.Precision
}

var variants = []variant{
	{name: ""},
	{name: " pruned", pruned: true},
	{name: " int8", precision: stream.Int8},
	{name: " pruned int8", pruned: true, precision: stream.Int8},
}

func runStream(ctx context.Context, c config, r *reporter) error {
	inputs := c.steps()
	gru, err := c.newStreamModels(false, inputs)
	if err != nil {
		return err
	}
	var baseline work
	if c.baseline == baselineGRU {
		e, err := gru[0].engine(variants[0])
		if err != nil {
			return err
		}
		baseline = newReaders(c, e, inputs).work()
	}
	r.head()
	measure := func(name string, wanted float64, of [2]*streamModel) error {
		for _, v := range variants {
			if err := ctx.Err(); err != nil {
				return err
			}
			m := of[0]
			if v.pruned {
				m = of[1]
			}
			e, err := m.engine(v)
			if err != nil {
				return err
			}
			readers := newReaders(c, e, inputs)
			if err := readers.run(); err != nil {
				return err
			}
			n, steps := readers.streams[0].Counters(), float64(len(inputs))
			a, b, err := takeTurns(ctx, c.runs, readers.work(), baseline)
			if err != nil {
				return err
			}
			bytes := float64(n.WeightBytes) / steps
			row := result{Phase: name + v.name, T: c.T, I: c.I, H: c.H, V: c.V, Layers: c.layers, Streams: c.streams,
				WantedActivity: wanted, Activity: n.Activity(), WeightDensity: m.density, WeightBytesPerToken: &bytes}
			macs := count{n.MACs / n.Steps, n.DenseMACs / n.Steps}
			if err := r.add(row, a[0], phase(b, 0), macs); err != nil {
				return err
			}
		}
		return nil
	}
	if err := measure("gru", 1, gru); err != nil {
		return err
	}
	egru, err := c.newStreamModels(true, inputs)
	if err != nil {
		return err
	}
	for _, wanted := range c.activities {
		for _, m := range egru {
			if err := m.setActivity(ctx, wanted, r); err != nil {
				return err
			}
		}
		if err := measure("egru", wanted, egru); err != nil {
			return err
		}
	}
	return nil
}

// readers are streams of one engine side by side, on as many goroutines as there
// are processors.
type readers struct {
	streams []*stream.Stream
	inputs  []step
}

func newReaders(c config, e *stream.Engine, inputs []step) readers {
	r := readers{inputs: inputs}
	for range c.streams {
		r.streams = append(r.streams, e.NewStream())
	}
	return r
}

// run takes every stream from a state of zeros through all steps.
func (r readers) run() error {
	workers := min(len(r.streams), runtime.GOMAXPROCS(0))
	errs := make([]error, workers)
	var done sync.WaitGroup
	for w := range workers {
		done.Go(func() {
			for i := w; i < len(r.streams) && errs[w] == nil; i += workers {
				errs[w] = r.read(r.streams[i])
			}
		})
	}
	done.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r readers) read(s *stream.Stream) error {
	s.Reset()
	for _, in := range r.inputs {
		var err error
		if in.vector != nil {
			_, err = s.StepVector(in.vector)
		} else {
			_, err = s.Step(in.token)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// work is a step of one stream, on average.
func (r readers) work() work {
	all := whole(r.run)
	return func() ([]float64, error) {
		seconds, err := all()
		for i := range seconds {
			seconds[i] /= float64(len(r.streams) * len(r.inputs))
		}
		return seconds, err
	}
}
