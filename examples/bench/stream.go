package main

import (
	"context"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
)

const phaseStep = "step"

// stepper runs a recurrent layer one step at a time and carries its state.
type stepper struct {
	vm     G.VM
	x      *G.Node
	states []*carriedState
}

// carriedState is a state before a step, and after it.
type carriedState struct {
	before *tensor.Dense
	after  G.Value
}

// state declares a state of zeros (B, H).
func (s *stepper) state(g *G.ExprGraph, name string, b, h int) *G.Node {
	c := &carriedState{before: newDense(b, h)}
	s.states = append(s.states, c)
	return held(g, name, c.before)
}

// ends says what the states are after the step, in order.
func (s *stepper) ends(ns ...*G.Node) {
	for i, n := range ns {
		G.Read(n, &s.states[i].after)
	}
}

// over runs over the steps of a sequence from a state of zeros.
func (s *stepper) over(xs []*tensor.Dense) error {
	for _, c := range s.states {
		clear(c.before.Float32s())
	}
	for _, x := range xs {
		if err := G.Let(s.x, x); err != nil {
			return err
		}
		if err := runOf(s.vm)(); err != nil {
			return err
		}
		for _, c := range s.states {
			// The machine owns what it let us read.
			copyInto(c.before, c.after.(*tensor.Dense))
		}
	}
	return nil
}

// work is a step of the sequence, on average.
func (s *stepper) work(xs []*tensor.Dense) work {
	all := whole(func() error { return s.over(xs) })
	return func() ([]float64, error) {
		seconds, err := all()
		for i := range seconds {
			seconds[i] /= float64(len(xs))
		}
		return seconds, err
	}
}

func runStream(ctx context.Context, c config, r *reporter) error {
	l, err := layers.NewEGRU("rnn", c.egru())
	if err != nil {
		return err
	}
	d := newLayerData(c)
	graphs, err := newLayerGraphs(c, l, d)
	if err != nil {
		return err
	}
	ours, err := newStepper(c, l)
	if err != nil {
		return err
	}
	dense, err := streamBaseline(c)
	if err != nil {
		return err
	}
	r.head()
	for _, wanted := range c.activities {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.input(d.x, wanted)
		// The states are those of the sequence in one.
		if err := setActivity(l, wanted, runOf(graphs.forward), r); err != nil {
			return err
		}
		xs := rowsOfSteps(c, d.x)
		l.Meter().Reset()
		if err := ours.over(xs); err != nil {
			return err
		}
		n := l.Meter().Counts()
		var baseline work
		switch c.baseline {
		case baselineGRU:
			baseline = dense.work(xs)
		case baselineGorgonia:
			baseline = dense.work(steps(d.x))
		}
		a, b, err := takeTurns(ctx, c.runs, ours.work(xs), baseline)
		if err != nil {
			return err
		}
		row := result{Phase: phaseStep, T: 1, B: c.B, I: c.I, H: c.H, WantedActivity: wanted, Activity: n.Activity()}
		T := int64(c.T)
		if err := r.add(row, a[0], phase(b, 0), count{n.ForwardMACs / T, n.DenseForwardMACs / T}); err != nil {
			return err
		}
	}
	return nil
}

// rowsOfSteps are the steps of x as sequences (1, B, I).
func rowsOfSteps(c config, x *tensor.Dense) []*tensor.Dense {
	of := make([]*tensor.Dense, c.T)
	for t := range of {
		of[t] = newDense(1, c.B, c.I)
		copy(of[t].Float32s(), x.Float32s()[t*c.B*c.I:])
	}
	return of
}

// newStepper builds one step of a layer of this library.
func newStepper(c config, l layers.Recurrent) (*stepper, error) {
	s := &stepper{}
	var err error
	if e := guarded(l.Name(), func() { err = s.build(c, l) }); e != nil {
		err = e
	}
	return s, err
}

func (s *stepper) build(c config, l layers.Recurrent) error {
	g := G.NewGraph()
	s.x = G.NewTensor(g, tensor.Float32, 3, G.WithShape(1, c.B, c.I), G.WithName("x"))
	names := l.StateNames()
	initial := layers.State{H: s.state(g, names[0], c.B, c.H)}
	if len(names) > 1 {
		initial.Y = s.state(g, names[1], c.B, c.H)
	}
	out, err := l.Run(layers.Signal{X: s.x, Fixed: true}, initial, layers.Run{FixedState: true})
	if err != nil {
		return err
	}
	end, err := out.Final()
	if err != nil {
		return err
	}
	ends := G.Nodes{end.H}
	if end.Y != nil {
		ends = append(ends, end.Y)
	}
	s.ends(ends...)
	s.vm = G.NewTapeMachine(g)
	return nil
}

// streamBaseline is nil for none.
func streamBaseline(c config) (*stepper, error) {
	if c.baseline == baselineNone {
		return nil, nil
	}
	l, err := layers.NewGRU("rnn", c.gru())
	if err != nil {
		return nil, err
	}
	if c.baseline == baselineGRU {
		return newStepper(c, l)
	}
	s := &stepper{}
	err = guarded("plain GRU", func() {
		g := G.NewGraph()
		s.x = G.NewMatrix(g, tensor.Float32, G.WithShape(c.B, c.I), G.WithName("x"))
		h := s.state(g, "h", c.B, c.H)
		s.ends(newPlainGRU(l).nodes(g).step(s.x, h))
		s.vm = G.NewTapeMachine(g)
	})
	return s, err
}
