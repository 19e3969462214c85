package main

import (
	"context"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

// The phases of layer.
const (
	phaseForward  = "forward"
	phaseBackward = "backward"
	phaseBoth     = "forward+backward"
)

// layerData is what a layer runs over; the graphs hold on to it.
type layerData struct {
	x, live *tensor.Dense // (T, B, I); live is nil for everywhere
	dy      *tensor.Dense // (T, B, H) gradient of the output
}

func newLayerData(c config) layerData {
	d := layerData{x: newDense(c.T, c.B, c.I), dy: newDense(c.T, c.B, c.H)}
	if c.sparse {
		d.live = newDense(c.T, c.B, c.I)
	}
	normal(c.random(streamGradient), d.dy.Float32s(), 1, 1)
	return d
}

// letLive makes a share of the inputs live, and all that are not zero.
func (d layerData) letLive(c config, share float64) {
	if d.live == nil {
		return
	}
	r, x, live := c.random(streamLive), d.x.Float32s(), d.live.Float32s()
	sent := shareOf(x)
	for i, v := range x {
		live[i] = 0
		if v != 0 || r.Float64() < (share-sent)/(1-sent) {
			live[i] = 1
		}
	}
}

func runLayer(ctx context.Context, c config, r *reporter) error {
	l, err := layers.NewEGRU("rnn", c.egru())
	if err != nil {
		return err
	}
	d := newLayerData(c)
	graphs, err := newLayerGraphs(c, l, d)
	if err != nil {
		return err
	}
	baseline, refill, err := layerBaseline(c, d)
	if err != nil {
		return err
	}
	r.head()
	for _, wanted := range c.activities {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.input(d.x, wanted)
		refill()
		d.letLive(c, 1)
		if err := setActivity(l, wanted, runOf(graphs.forward), r); err != nil {
			return err
		}
		counted := func(vm G.VM) error {
			l.Meter().Reset()
			return runOf(vm)()
		}
		if err := counted(graphs.both); err != nil {
			return err
		}
		live := c.live
		if live == 0 {
			live = l.Meter().Counts().BackwardActivity()
		}
		d.letLive(c, live)
		if err := counted(graphs.both); err != nil {
			return err
		}
		n := l.Meter().Counts()
		a, b, err := takeTurns(ctx, c.runs, graphs.work(), baseline)
		if err != nil {
			return err
		}
		row := result{T: c.T, B: c.B, I: c.I, H: c.H, WantedActivity: wanted, Activity: n.Activity()}
		row.Phase = phaseForward
		if err := r.add(row, a[0], phase(b, 0), count{n.ForwardMACs, n.DenseForwardMACs}); err != nil {
			return err
		}
		backward := n.BackwardActivity()
		row.BackwardActivity, row.Phase = &backward, phaseBackward
		if err := r.add(row, differences(a[1], a[0]), differences(phase(b, 1), phase(b, 0)), count{n.BackwardMACs, n.DenseBackwardMACs}); err != nil {
			return err
		}
		row.Phase = phaseBoth
		if err := r.add(row, a[1], phase(b, 1), count{n.ForwardMACs + n.BackwardMACs, n.DenseForwardMACs + n.DenseBackwardMACs}); err != nil {
			return err
		}
	}
	return nil
}

// setActivity calibrates the thresholds of a layer, which run runs forward.
func setActivity(l *layers.EGRU, wanted float64, run func() error, r *reporter) error {
	reached, err := calibrate(l.Threshold().Value(), wanted, func() (float64, error) {
		l.Meter().Reset()
		err := run()
		return l.Meter().Counts().Activity(), err
	})
	if err == nil && !isReached(reached, wanted) {
		r.note("%s: no threshold gives activity %.3g %%, the nearest is %.3g %%", l.Name(), 100*wanted, 100*reached)
	}
	return err
}

func (c config) egru() layers.EGRUConfig {
	l := layers.DefaultEGRU(c.I, c.H)
	l.Surrogate, l.Seed = c.surrogate, c.seed
	return l
}

func (c config) gru() layers.GRUConfig {
	l := layers.DefaultGRU(c.I, c.H)
	l.Seed = c.seed
	return l
}

// layerBaseline is the work of the baseline, nil for none, and how to take over
// another input.
func layerBaseline(c config, d layerData) (w work, refill func(), err error) {
	refill = func() {}
	if c.baseline == baselineNone {
		return nil, refill, nil
	}
	l, err := layers.NewGRU("rnn", c.gru())
	if err != nil {
		return nil, nil, err
	}
	var graphs layerGraphs
	if c.baseline == baselineGRU {
		graphs, err = newLayerGraphs(c, l, d)
	} else {
		graphs, refill, err = newPlainGraphs(c, newPlainGRU(l), d)
	}
	return graphs.work(), refill, err
}
