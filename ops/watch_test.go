package ops

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// onlooker keeps all that the passes of an op tell.
type onlooker struct {
	rows []int

	mu     sync.Mutex
	passes []seenPass
}

type seenPass struct {
	Pass
	units   map[Reading][][][]float64 // (B, steps, H)
	initial [][]float64               // (B, H)
}

func (o *onlooker) Rows(int) []int { return o.rows }

func (o *onlooker) Watch(p Pass) {
	s := seenPass{Pass: p, units: map[Reading][][][]float64{}}
	s.Pass.told = nil // not to be asked later
	for b := range p.B {
		initial := make([]float64, p.H)
		p.Initial(initial, b)
		s.initial = append(s.initial, initial)
		for what := range readings {
			var steps [][]float64
			for t := range p.Steps(b) {
				if dst := make([]float64, p.H); p.Read(dst, what, t, b) {
					steps = append(steps, dst)
				}
			}
			s.units[what] = append(s.units[what], steps)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.passes = append(o.passes, s)
}

// watchedCase is a recurrent op that is watched through a meter.
type watchedCase struct {
	opCase
	cell  string
	roles []role
	meter *Meter
}

func watchedCases(lengths bool) []watchedCase {
	var cs []watchedCase
	for _, k := range []struct {
		cell  string
		roles []role
	}{{"EvNN", evnnRoles[:8]}, {"Paper", paperRoles[:7]}, {"GRU", gruRoles[:6]}} {
		roles := slices.Clone(k.roles)
		if lengths {
			roles = append(roles, roleLengths)
		}
		m := NewMeter("layer")
		egru := DefaultEGRU()
		egru.Meter = m
		build := egruOf(roles, egru, (*Sequence).Y)
		switch k.cell {
		case "Paper":
			egru.Variant = Paper
			build = egruOf(roles, egru, (*Sequence).Y)
		case "GRU":
			build = func(in []*G.Node) (*G.Node, error) {
				of := byRole(roles, in)
				s, err := GRU(GRUInputs{
					X: of[roleX], W: of[roleW], R: of[roleR], Bx: of[roleBx], Br: of[roleBr],
					State: of[roleState], Lengths: of[roleLengths],
				}, GRUConfig{Meter: m})
				if err != nil {
					return nil, err
				}
				return s.Y()
			}
		}
		cs = append(cs, watchedCase{opCase{inputs: sequenceInputs(roles...), build: build}, k.cell, roles, m})
	}
	return cs
}

func forEachWatched(t *testing.T, lengths bool, f func(t *testing.T, c watchedCase, machine string, dt tensor.Dtype)) {
	for _, c := range watchedCases(lengths) {
		for _, machine := range []string{tape, lisp} {
			for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
				t.Run(fmt.Sprintf("%s/%s/%v", c.cell, machine, dt), func(t *testing.T) { f(t, c, machine, dt) })
			}
		}
	}
}

func TestAWatcherChangesNothing(t *testing.T) {
	for _, lengths := range []bool{false, true} {
		forEachWatched(t, lengths, func(t *testing.T, c watchedCase, machine string, dt tensor.Dtype) {
			values := c.values(5, dt)
			want := c.result(t, machine, values, dt)
			before := c.meter.Counts()
			stop := c.meter.Watch(&onlooker{rows: []int{1, 0}})
			same(t, c.opCase, c.result(t, machine, values, dt), want)
			stop()
			if n := c.meter.Counts(); n != before.Add(before) {
				t.Errorf("counts of two runs are %+v, of one %+v", n, before)
			}
			c.meter.Reset()
		})
	}
}

func TestAWatcherSeesEachRunForwardAndBack(t *testing.T) {
	forEachWatched(t, false, func(t *testing.T, c watchedCase, machine string, dt tensor.Dtype) {
		look := &onlooker{rows: []int{1}}
		defer c.meter.Watch(look)()
		for range 2 {
			c.result(t, machine, c.values(5, dt), dt)
		}
		if len(look.passes) != 4 {
			t.Fatalf("%d passes were seen, want 4", len(look.passes))
		}
		for i, p := range look.passes {
			if p.Backward != (i%2 == 1) || p.Cell != c.cell || p.T != 4 || p.B != 3 || p.H != 5 {
				t.Errorf("pass %d is %+v", i, p.Pass)
			}
		}
		run := func(i int) any { return look.passes[i].Run() }
		if run(0) != run(1) || run(2) != run(3) || run(0) == run(2) {
			t.Errorf("runs are %v %v %v %v, want two of one and two of another", run(0), run(1), run(2), run(3))
		}
	})
}

// What a watcher reads fits together by the equations of the cell.
func TestAWatcherReadsWhatTheCellComputed(t *testing.T) {
	for _, lengths := range []bool{false, true} {
		forEachWatched(t, lengths, func(t *testing.T, c watchedCase, machine string, dt tensor.Dtype) {
			look := &onlooker{rows: []int{2, 0, 2, 7, -1}}
			stop := c.meter.Watch(look)
			values := c.values(5, dt)
			got := c.result(t, machine, values, dt)
			stop()
			const T, B, H = 4, 3, 5
			near := func(what string, got, want float64) {
				t.Helper()
				if math.Abs(got-want) > 10*tolerance(dt) {
					t.Errorf("%s is %v, want %v", what, got, want)
				}
			}
			of := map[role]opValue{}
			for i, r := range c.roles {
				of[r] = values[i]
			}
			for _, p := range look.passes {
				for b := range B {
					steps := T
					if lengths {
						steps = of[roleLengths].index[b]
					}
					if n := len(p.units[ReadState][b]); n != steps {
						t.Fatalf("row %d has %d steps, want %d", b, n, steps)
					}
					before := p.initial[b]
					for j, h := range before {
						near("initial state", h, of[roleState].floats[b*H+j])
					}
					for step := range steps {
						at := func(what Reading, j int) float64 { return p.units[what][b][step][j] }
						for j := range H {
							o, s, y, h := at(ReadEvent, j), at(ReadState, j), at(ReadOutput, j), at(ReadCarried, j)
							near("output", y, got.out[(step*B+b)*H+j])
							g := [3]float64{at(ReadGate0, j), at(ReadGate1, j), at(ReadGate2, j)}
							switch p.Cell {
							case "EvNN":
								near("c", s, g[0]*before[j]+(1-g[0])*g[2])
								near("h", h, s-o*at(ReadThreshold, j))
							case "Paper":
								var sent float64
								if step > 0 {
									sent = p.units[ReadOutput][b][step-1][j]
								} else {
									sent = of[roleY].floats[b*H+j]
								}
								near("c", s, g[0]*g[2]+(1-g[0])*before[j]-sent)
								near("h", h, s)
							case "GRU":
								near("h", s, (1-g[1])*g[2]+g[1]*before[j])
								near("h", h, s)
							}
							if p.Cell == "GRU" {
								if o != 1 {
									t.Errorf("event is %v, want 1: a GRU sends everything", o)
								}
								continue
							}
							if (o == 1) != (s > at(ReadThreshold, j)) || y != o*s {
								t.Errorf("state %v at threshold %v: event %v, output %v", s, at(ReadThreshold, j), o, y)
							}
						}
						before = p.units[ReadCarried][b][step]
					}
					wantGrads := 0
					if p.Backward && b != 1 {
						wantGrads = steps
					}
					if n := len(p.units[ReadOutputGrad][b]); n != wantGrads {
						t.Fatalf("gradients of row %d at %d steps, want %d", b, n, wantGrads)
					}
				}
			}
		})
	}
}

func TestNobodyIsCalledAfterStop(t *testing.T) {
	c := watchedCases(false)[0]
	one, other := &onlooker{}, &onlooker{}
	stopOne, stopOther := c.meter.Watch(one), c.meter.Watch(other)
	run := func() { c.result(t, tape, c.values(5, tensor.Float32), tensor.Float32) }
	run()
	stopOne()
	stopOne()
	run()
	stopOther()
	run()
	if len(one.passes) != 2 || len(other.passes) != 4 {
		t.Errorf("%d and %d passes were seen, want 2 and 4", len(one.passes), len(other.passes))
	}
	var none *Meter
	none.Watch(one)()
	c.meter.Watch(nil)()
	run()
}

func TestAPassTellsNothingBeyondItself(t *testing.T) {
	c := watchedCases(false)[0]
	asked := false
	defer c.meter.Watch(asking(func(p Pass) {
		asked = true
		for _, q := range []struct{ what, t, row, places int }{
			{int(ReadState), 4, 0, 5}, {int(ReadState), -1, 0, 5}, {int(ReadState), 0, 3, 5}, {int(ReadState), 0, -1, 5},
			{int(ReadState), 0, 0, 4}, {int(ReadState), 0, 0, 6}, {-1, 0, 0, 5}, {int(readings), 0, 0, 5},
		} {
			dst := slices.Repeat([]float64{7}, q.places)
			if p.Read(dst, Reading(q.what), q.t, q.row) || slices.Max(dst) != 7 {
				t.Errorf("%+v is told", q)
			}
		}
		if p.Steps(3) != 0 || p.Steps(-1) != 0 || p.Initial(make([]float64, 5), 3) || p.Initial(make([]float64, 4), 0) {
			t.Error("a row that is not there is told of")
		}
	}))()
	c.result(t, tape, c.values(5, tensor.Float32), tensor.Float32)
	if !asked {
		t.Error("nobody was asked")
	}
	if (Pass{}).Read(nil, ReadState, 0, 0) || (Pass{}).Initial(nil, 0) || (Pass{}).Steps(0) != 0 {
		t.Error("an empty pass tells something")
	}
}

type asking func(Pass)

func (asking) Rows(int) []int { return nil }
func (a asking) Watch(p Pass) { a(p) }
