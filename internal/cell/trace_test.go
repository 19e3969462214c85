package cell

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestATraceChangesNoGradient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel[float32](rapid.SampledFrom(kinds).Draw(t, "kind"), drawShape(t), rapid.Uint64().Draw(t, "seed"), drawOptions(t))
		plain, counts := m.gradients(t)
		traced := m.taker()
		rows := rapid.SliceOfNDistinct(rapid.IntRange(0, m.B-1), 0, m.B, rapid.ID[int]).Draw(t, "rows")
		traced.Trace = NewTrace[float32](m.Shape, rows)
		n, err := m.Backward(&m.in, m.run(t), &m.outer, traced)
		if err != nil {
			t.Fatal(err)
		}
		if n != counts {
			t.Fatalf("counts are %+v, without a trace %+v", n, counts)
		}
		for i, of := range [][2][]float32{
			{plain.X, traced.X}, {plain.W, traced.W}, {plain.R, traced.R}, {plain.Bx, traced.Bx}, {plain.Br, traced.Br},
			{plain.Thr, traced.Thr}, {plain.State, traced.State}, {plain.Y, traced.Y},
		} {
			if !slices.Equal(of[0], of[1]) {
				t.Fatalf("gradient %d differs", i)
			}
		}
	})
}

// The gradients of a step follow from what came to its output and from the step
// after: dc = o*dy + dh + s*(do + c*dy - thr*dh), without thr*dh for Paper, and
// dc = dy + dh for GRU, with dh what the gate keeps of the dc of the step after.
func TestATraceHoldsTheGradientsOfEachStep(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			m := newModel[float64](kind, Shape{T: 5, B: 3, I: 2, H: 7}, 3, options{state: true})
			out, to := m.run(t), m.taker()
			rows := []int{2, 0}
			to.Trace = NewTrace[float64](m.Shape, rows)
			if _, err := m.Backward(&m.in, out, &m.outer, to); err != nil {
				t.Fatal(err)
			}
			passed, cut := 0, 0
			for i, b := range rows {
				for step := range m.T {
					for j := range m.H {
						at, traced := (step*m.B+b)*m.H+j, (step*len(rows)+i)*m.H+j
						dy, dc, s := to.Trace.Y[traced], to.Trace.State[traced], to.Trace.Surrogate[traced]
						dh := m.outer.FinalState[b*m.H+j]
						if step < m.T-1 {
							keep := out.Gates[((step+1)*m.B+b)*3*m.H:]
							switch after := to.Trace.State[((step+1)*len(rows)+i)*m.H+j]; kind {
							case EvNN:
								dh = after * keep[j]
							case Paper:
								dh = after * (1 - keep[j])
							case GRU:
								dh = after * keep[m.H+j]
							}
						}
						want := dy + dh
						if kind != GRU {
							dh += m.outer.State[at]
							o, c, thr := out.Events[at], out.State[at], m.in.Thr[j]
							do := m.outer.Events[at]
							if kind == EvNN {
								c += o * thr
								do -= thr * dh
							}
							distance := []float64{c - thr}
							triangle(distance, distance)
							if math.Abs(s-distance[0]) > 1e-12 {
								t.Fatalf("row %d step %d unit %d: surrogate is %v, want %v", b, step, j, s, distance[0])
							}
							want = o*dy + dh + s*(do+c*dy)
							if o == 0 && s == 0 {
								cut++
							} else {
								passed++
							}
						}
						if math.Abs(dc-want) > 1e-12 {
							t.Fatalf("row %d step %d unit %d: gradient of the state is %v, want %v", b, step, j, dc, want)
						}
					}
				}
			}
			if kind != GRU && (passed == 0 || cut == 0) {
				t.Fatalf("%d units passed a gradient, %d cut it: want some of both", passed, cut)
			}
		})
	}
}

func TestATraceOfRowsThatAreNotThereIsAnError(t *testing.T) {
	m := newModel[float64](EvNN, Shape{T: 2, B: 2, I: 1, H: 3}, 1, options{})
	out := m.run(t)
	for _, trace := range []*Trace[float64]{
		NewTrace[float64](m.Shape, []int{2}),
		NewTrace[float64](m.Shape, []int{-1}),
		NewTrace[float64](m.Shape, []int{1, 1}),
		{Rows: []int{0}},
	} {
		to := m.taker()
		to.Trace = trace
		if _, err := m.Backward(&m.in, out, &m.outer, to); err == nil {
			t.Errorf("a trace of rows %v with room for %d numbers gives no error", trace.Rows, len(trace.Y))
		}
	}
}
