package ops

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

// allSurrogates are every one that has a name, a cut of one, and one of the user's
// own.
func allSurrogates(t *testing.T) (all []surrogate.Surrogate) {
	t.Helper()
	for _, text := range append(surrogate.Names(), "cut(sigmoid, within=0.5)", "cut(leaky, within=2)") {
		s, err := surrogate.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	own, err := surrogate.New("parabola", func(v float64) float64 { return 1 - v*v }, func(v float64) float64 { return v - v*v*v/3 }, 1)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, own)
}

// eachSurrogate checks something of all of them.
func eachSurrogate(t *testing.T, check func(t *testing.T, s surrogate.Surrogate)) {
	for _, s := range allSurrogates(t) {
		t.Run(s.String(), func(t *testing.T) { check(t, s) })
	}
}

// formulaHolds runs the parts of the suite that depend on the surrogate: the two
// machines and the formula, in both precisions.
func formulaHolds(t *testing.T, c opCase) {
	t.Helper()
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		opRun{opCase: c, dt: dt, values: c.values(1, dt)}.machinesAgree(t)
	}
}

func TestEverySurrogateIsTheDerivativeOfHeavisideAndEvent(t *testing.T) {
	eachSurrogate(t, func(t *testing.T, s surrogate.Surrogate) {
		formulaHolds(t, heavisideCase(s, 3, 5))
		formulaHolds(t, eventCase(s, 3, 2, 4))
		formulaHolds(t, liveCase(s, 3, 2, 4))
	})
}

// The gradients of an op with the step are those of the one with the
// antiderivative in its place, less what the value of the step itself does:
//
//	o = A(x):            do/dx = s(x)
//	y = A(c - thr) * c:  dy/dc = A + s*c, where the op has Theta for A
func TestEverySurrogateIsTheSlopeOfTheSmoothForm(t *testing.T) {
	const h = 1e-5
	eachSurrogate(t, func(t *testing.T, s surrogate.Surrogate) {
		step, graded := heavisideCase(s, 12), eventCase(s, 3, 4)
		for _, in := range []*opInput{&step.inputs[0], &graded.inputs[0], &graded.inputs[1]} {
			in.draw = nil // no multiples of 1/4: those are kinks
		}
		values := step.values(1, tensor.Float64)
		o := step.graph(t, values, tensor.Float64)
		dout := flat(o.dout.Value())
		got := step.result(t, tape, values, tensor.Float64)
		var want []float64
		for i, x := range values[0].floats {
			want = append(want, dout[i]*(s.Antiderivative(x+h)-s.Antiderivative(x-h))/(2*h))
		}
		compare(t, "gradient of Heaviside", got.grads[0], want, 1e-8)

		values = graded.values(1, tensor.Float64)
		dout = flat(graded.graph(t, values, tensor.Float64).dout.Value())
		got = graded.result(t, tape, values, tensor.Float64)
		want = nil
		for i, c := range values[0].floats {
			thr := values[1].floats[i%4]
			smooth := func(c float64) float64 { return s.Antiderivative(c-thr) * c }
			want = append(want, dout[i]*((smooth(c+h)-smooth(c-h))/(2*h)-s.Antiderivative(c-thr)+theta(c-thr)))
		}
		compare(t, "gradient of Event", got.grads[0], want, 1e-8)
	})
}

// The sequence with the antiderivative in place of the step is smooth, and the
// backward pass gives its derivatives: for each input that along one direction,
// for which a few runs are enough.
func TestEverySurrogateMakesASmoothEGRU(t *testing.T) {
	const h = 1e-5
	eachSurrogate(t, func(t *testing.T, s surrogate.Surrogate) {
		for _, variant := range []Variant{EvNN, Paper} {
			roles := evnnRoles
			if variant == Paper {
				roles = paperRoles
			}
			cfg := EGRUConfig{Variant: variant, Surrogate: s, Smooth: true}
			c := opCase{inputs: sequenceInputs(roles...), build: egruOf(roles, cfg, (*Sequence).Y)}
			values, directions := c.values(1, tensor.Float64), c.values(2, tensor.Float64)
			got := c.result(t, tape, values, tensor.Float64)
			o := c.graph(t, values, tensor.Float64)
			dout := flat(o.dout.Value())
			vm := G.NewTapeMachine(o.g)
			defer vm.Close()
			for i, in := range c.inputs {
				if !in.differentiable() {
					continue
				}
				loss := func(h float64) (sum float64) {
					moved := values[i].as(tensor.Float64)
					for j, d := range directions[i].floats {
						moved.floats[j] += h * d
					}
					if err := G.Let(o.in[i], moved.of(tensor.Float64)); err != nil {
						t.Fatal(err)
					}
					vm.Reset()
					if err := vm.RunAll(); err != nil {
						t.Fatal(err)
					}
					for j, y := range flat(*o.read) {
						sum += y * dout[j]
					}
					return sum
				}
				slope := (loss(h) - loss(-h)) / (2 * h)
				loss(0)
				along, size := 0.0, 0.0
				for j, d := range directions[i].floats {
					along += got.grads[i][j] * d
					size += math.Abs(got.grads[i][j] * d)
				}
				if !(math.Abs(along-slope) <= 1e-8*size) {
					t.Errorf("%v: gradient of %s is %v along a direction, want %v", variant, in.name, along, slope)
				}
			}
		}
	})
}

// In both precisions the two machines agree, and float32 is near float64 where no
// event and no edge of a support lies within rounding of a state.
func TestEverySurrogateTrainsAnEGRUInBothPrecisions(t *testing.T) {
	eachSurrogate(t, func(t *testing.T, s surrogate.Surrogate) {
		for _, variant := range []Variant{EvNN, Paper} {
			roles := evnnRoles[:6]
			if variant == Paper {
				roles = paperRoles[:5]
			}
			c := opCase{inputs: sequenceInputs(roles...), build: egruOf(roles, EGRUConfig{Variant: variant, Surrogate: s}, (*Sequence).Y)}
			values := c.values(1, tensor.Float32)
			double, single := c.result(t, tape, values, tensor.Float64), c.result(t, tape, values, tensor.Float32)
			near(t, c, single, double, tolerance(tensor.Float32))
			same(t, c, c.result(t, lisp, values, tensor.Float64), double)
			same(t, c, c.result(t, lisp, values, tensor.Float32), single)
		}
	})
}

// The backward pass skips a unit if and only if it sent no event and lies outside
// the support; with an unbounded surrogate it skips none.
func TestBackwardPassSkipsWhatLiesOutsideTheSupport(t *testing.T) {
	narrow := 0
	eachSurrogate(t, func(t *testing.T, s surrogate.Surrogate) {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			cfg := EGRUConfig{Surrogate: s, Meter: NewMeter("layer")}
			inputs := sequenceInputs(evnnRoles[:6]...)
			c := opCase{inputs: inputs}
			g := G.NewGraph()
			in := c.nodes(g, c.values(1, dt), dt)
			of := byRole(evnnRoles[:6], in)
			q, err := EGRU(EGRUInputs{X: of[roleX], W: of[roleW], R: of[roleR], Bx: of[roleBx], Br: of[roleBr], Thr: of[roleThr]}, cfg)
			if err != nil {
				t.Fatal(err)
			}
			var live, states, events G.Value
			G.Read(must(t)(q.Live()), &live)
			G.Read(must(t)(q.States()), &states)
			G.Read(must(t)(q.Events()), &events)
			if _, err := G.Grad(total(must(t)(q.Y())), in...); err != nil {
				t.Fatal(err)
			}
			vm := G.NewTapeMachine(g, G.BindDualValues(in...))
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			vm.Close()

			thr := flat(of[roleThr].Value())
			want := make([]float64, len(flat(states)))
			count := int64(0)
			o := flat(events)
			for i, h := range flat(states) {
				thr := thr[i%len(thr)]
				if v := h + o[i]*thr - thr; o[i] != 0 || math.Abs(v) < s.HalfWidth() {
					want[i] = 1
					count++
				}
			}
			compare(t, "live", flat(live), want, 0)
			n := cfg.Meter.Counts()
			if n.Live != count || n.BackwardUnits != int64(len(want)) {
				t.Errorf("%d of %d units were live, want %d of %d", n.Live, n.BackwardUnits, count, len(want))
			}
			if !surrogate.Bounded(s) && slices.Contains(want, 0) {
				t.Error("a unit is skipped without a bound")
			}
			if surrogate.Bounded(s) && count < n.BackwardUnits {
				narrow++
			}
		}
	})
	if narrow < 6 {
		t.Errorf("only %d runs skipped a unit: the states do not show what is skipped", narrow)
	}
}
