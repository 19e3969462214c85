package cell

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"pgregory.net/rapid"

	"github.com/egru/egru/internal/kernel"
)

// model is a cell with random inputs and the gradients of a loss
// sum(outputs * random weights) that touches every output.
type model[F kernel.Float] struct {
	Cell[F]
	in    Inputs[F]
	outer OutputGrads[F]
}

const dampening, support = 0.7, 1.5

func triangle[F kernel.Float](dst, v []F) {
	for i, x := range v {
		dst[i] = dampening * max(0, 1-support*max(x, -x))
	}
}

func triangleIntegral[F kernel.Float](dst, v []F) {
	for i, x := range v {
		u := max(-1, min(1, support*x))
		dst[i] = dampening / support * (0.5 + u - 0.5*u*max(u, -u))
	}
}

type options struct {
	zoneout, dropConnect, lengths, sparse, state bool
}

func newModel[F kernel.Float](kind Kind, s Shape, seed uint64, o options) *model[F] {
	r := rand.New(rand.NewPCG(seed, 1))
	normal := func(n int, scale float64) []F {
		f := make([]F, n)
		for i := range f {
			f[i] = F(scale * r.NormFloat64())
		}
		return f
	}
	uniform := func(n int, lo, hi float64) []F {
		f := make([]F, n)
		for i := range f {
			f[i] = F(lo + (hi-lo)*r.Float64())
		}
		return f
	}
	coin := func(n int, p float64) []F {
		f := make([]F, n)
		for i := range f {
			if r.Float64() < p {
				f[i] = 1
			}
		}
		return f
	}
	m := &model[F]{Cell: Cell[F]{Shape: s, Kind: kind}}
	m.in = Inputs[F]{
		X:  normal(s.rows()*s.I, 1),
		W:  normal(s.I*3*s.H, 0.8),
		R:  normal(s.H*3*s.H, 0.8),
		Bx: normal(3*s.H, 0.3),
	}
	if kind != Paper {
		m.in.Br = normal(3*s.H, 0.3)
	}
	if kind != GRU {
		m.in.Thr = uniform(s.H, 0.1, 0.5)
		m.Surrogate = triangle[F]
	}
	if o.state {
		m.in.State = normal(s.state(), 0.5)
		if kind != GRU {
			m.in.Y = normal(s.state(), 0.5)
		}
	}
	if o.zoneout {
		m.in.Zoneout = coin(s.units(), 0.6)
	}
	if o.dropConnect {
		m.in.DropConnect = coin(s.H*3*s.H, 0.6)
	}
	if o.lengths {
		m.in.Lengths = make([]int, s.B)
		for b := range m.in.Lengths {
			m.in.Lengths[b] = r.IntN(s.T + 1)
		}
	}
	if o.sparse {
		for i, keep := range coin(len(m.in.X), 0.3) {
			m.in.X[i] *= keep
		}
	}
	m.outer = OutputGrads[F]{Y: normal(s.units(), 1), FinalState: normal(s.state(), 1)}
	if kind != GRU {
		m.outer.State, m.outer.Events = normal(s.units(), 1), normal(s.units(), 1)
		m.outer.FinalY = normal(s.state(), 1)
	}
	return m
}

func (m *model[F]) outputs() *Outputs[F] {
	s := m.Shape
	dirty := func(n int) []F { // Forward must write every number
		f := make([]F, n)
		for i := range f {
			f[i] = F(math.NaN())
		}
		return f
	}
	out := &Outputs[F]{Y: dirty(s.units()), FinalState: dirty(s.state()), Gates: dirty(3 * s.units())}
	if m.Kind != GRU {
		out.State, out.Events, out.FinalY = dirty(s.units()), dirty(s.units()), dirty(s.state())
	}
	if m.Kind != Paper {
		out.Recurrent = dirty(s.units())
	}
	return out
}

func (m *model[F]) run(t require) *Outputs[F] {
	t.Helper()
	out := m.outputs()
	if _, err := m.Forward(&m.in, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// require is what testing.T and rapid.T share.
type require interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func (m *model[F]) loss(t require) float64 {
	t.Helper()
	out := m.run(t)
	var sum float64
	for _, p := range []struct{ value, weight []F }{
		{out.Y, m.outer.Y}, {out.State, m.outer.State}, {out.Events, m.outer.Events},
		{out.FinalState, m.outer.FinalState}, {out.FinalY, m.outer.FinalY},
	} {
		for i, w := range p.weight {
			sum += float64(w) * float64(p.value[i])
		}
	}
	return sum
}

// taker takes the gradients of all inputs.
func (m *model[F]) taker() *Grads[F] {
	in := &m.in
	to := &Grads[F]{
		X: make([]F, len(in.X)), W: make([]F, len(in.W)), R: make([]F, len(in.R)),
		Bx: make([]F, len(in.Bx)), State: make([]F, m.state()),
	}
	if m.Kind != Paper {
		to.Br = make([]F, len(in.Br))
	}
	if m.Kind != GRU {
		to.Thr, to.Y = make([]F, m.H), make([]F, m.state())
	}
	return to
}

func (m *model[F]) gradients(t require) (*Grads[F], Counts) {
	t.Helper()
	to := m.taker()
	n, err := m.Backward(&m.in, m.run(t), &m.outer, to)
	if err != nil {
		t.Fatal(err)
	}
	return to, n
}

func drawOptions(t *rapid.T) options {
	return options{
		zoneout:     rapid.Bool().Draw(t, "zoneout"),
		dropConnect: rapid.Bool().Draw(t, "dropConnect"),
		lengths:     rapid.Bool().Draw(t, "lengths"),
		sparse:      rapid.Bool().Draw(t, "sparse"),
		state:       rapid.Bool().Draw(t, "state"),
	}
}

func drawShape(t *rapid.T) Shape {
	return Shape{
		T: rapid.IntRange(1, 5).Draw(t, "T"),
		B: rapid.IntRange(1, 3).Draw(t, "B"),
		I: rapid.IntRange(1, 4).Draw(t, "I"),
		H: rapid.IntRange(1, 5).Draw(t, "H"),
	}
}

var kinds = []Kind{EvNN, Paper, GRU}

// With the surrogate's antiderivative for a step the cell is smooth, and every
// gradient has a truth.
func TestGradientsMatchFiniteDifferences(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := newModel[float64](kind, drawShape(t), rapid.Uint64().Draw(t, "seed"), drawOptions(t))
				m.Smooth = triangleIntegral[float64]
				if m.in.State == nil {
					m.in.State = make([]float64, m.state())
				}
				if m.in.Y == nil && kind != GRU {
					m.in.Y = make([]float64, m.state())
				}
				to, _ := m.gradients(t)
				for _, p := range []struct {
					name      string
					at, given []float64
				}{
					{"X", m.in.X, to.X}, {"W", m.in.W, to.W}, {"R", m.in.R, to.R}, {"Bx", m.in.Bx, to.Bx},
					{"Br", m.in.Br, to.Br}, {"Thr", m.in.Thr, to.Thr}, {"State", m.in.State, to.State}, {"Y", m.in.Y, to.Y},
				} {
					for i := range p.at {
						want := slope(t, m, &p.at[i])
						if d := math.Abs(p.given[i] - want); d > 2e-5*(1+math.Abs(want)) {
							t.Fatalf("d%s[%d] = %v, finite difference %v", p.name, i, p.given[i], want)
						}
					}
				}
			})
		})
	}
}

// slope is the Richardson-extrapolated central difference; the antiderivative
// of the triangle has kinks in its second derivative, which bound its order.
func slope(t require, m *model[float64], at *float64) float64 {
	old := *at
	defer func() { *at = old }()
	const h = 1e-5
	*at = old + h
	up := m.loss(t)
	*at = old - h
	return (up - m.loss(t)) / (2 * h)
}

// A live mask over the inputs changes nothing where it is set, and leaves the
// gradient alone where it is not.
func TestInputGradientIsComputedOnlyWhereLive(t *testing.T) {
	for _, kind := range kinds {
		m := newModel[float64](kind, Shape{T: 4, B: 3, I: 5, H: 6}, 3, options{})
		all, dense := m.gradients(t)
		m.in.LiveX = make([]float64, len(m.in.X))
		for i := range m.in.LiveX {
			m.in.LiveX[i] = float64(i % 2)
		}
		some, sparse := m.gradients(t)
		for i, live := range m.in.LiveX {
			if want := live * all.X[i]; some.X[i] != want {
				t.Errorf("%v: dX[%d] = %v, want %v", kind, i, some.X[i], want)
			}
		}
		if saved := dense.BackwardMACs - sparse.BackwardMACs; saved != int64(len(m.in.X)/2*3*m.H) {
			t.Errorf("%v: %d MACs saved, want %d", kind, saved, len(m.in.X)/2*3*m.H)
		}
	}
}

// What is computed for one gradient must not lean on what another one needs.
func TestAGradientAskedForAloneIsThatAmongAll(t *testing.T) {
	type gradient = func(to *Grads[float64]) *[]float64
	gradients := map[string]gradient{
		"X":     func(to *Grads[float64]) *[]float64 { return &to.X },
		"W":     func(to *Grads[float64]) *[]float64 { return &to.W },
		"R":     func(to *Grads[float64]) *[]float64 { return &to.R },
		"Bx":    func(to *Grads[float64]) *[]float64 { return &to.Bx },
		"Br":    func(to *Grads[float64]) *[]float64 { return &to.Br },
		"Thr":   func(to *Grads[float64]) *[]float64 { return &to.Thr },
		"State": func(to *Grads[float64]) *[]float64 { return &to.State },
		"Y":     func(to *Grads[float64]) *[]float64 { return &to.Y },
	}
	for _, kind := range kinds {
		for _, o := range []options{{}, {state: true, zoneout: true, dropConnect: true, lengths: true, sparse: true}} {
			m := newModel[float64](kind, Shape{T: 4, B: 3, I: 5, H: 6}, 3, o)
			all, _ := m.gradients(t)
			for name, of := range gradients {
				want := *of(all)
				if want == nil {
					continue
				}
				var alone Grads[float64]
				*of(&alone) = make([]float64, len(want))
				if _, err := m.Backward(&m.in, m.run(t), &m.outer, &alone); err != nil {
					t.Fatal(err)
				}
				near(t, fmt.Sprintf("%v %+v: d%s", kind, o, name), *of(&alone), want, 1e-12)
			}
		}
	}
}

// Skipping is exact: a surrogate that never vanishes but is negligibly small
// turns it off, and gives the same gradients.
func TestSkippingDeadUnitsDoesNotChangeGradients(t *testing.T) {
	for _, kind := range []Kind{EvNN, Paper} {
		rapid.Check(t, func(t *rapid.T) {
			m := newModel[float64](kind, drawShape(t), rapid.Uint64().Draw(t, "seed"), drawOptions(t))
			skipping, few := m.gradients(t)
			m.Surrogate = func(dst, v []float64) {
				triangle(dst, v)
				for i := range dst {
					dst[i] += 1e-200
				}
			}
			dense, many := m.gradients(t)
			if few.BackwardMACs > many.BackwardMACs || many.Live != many.BackwardUnits {
				t.Fatalf("skipping did %d MACs, dense %d with %d of %d units live", few.BackwardMACs, many.BackwardMACs, many.Live, many.BackwardUnits)
			}
			for name, p := range map[string][2][]float64{
				"X": {skipping.X, dense.X}, "W": {skipping.W, dense.W}, "R": {skipping.R, dense.R}, "Bx": {skipping.Bx, dense.Bx},
				"Br": {skipping.Br, dense.Br}, "Thr": {skipping.Thr, dense.Thr}, "State": {skipping.State, dense.State}, "Y": {skipping.Y, dense.Y},
			} {
				near(t, name, p[0], p[1], 1e-12)
			}
		})
	}
}

func near[F kernel.Float](t require, name string, got, want []F, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d numbers, want %d", name, len(got), len(want))
	}
	scale := 1.0
	for _, w := range want {
		scale = max(scale, math.Abs(float64(w)))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance*scale) {
			t.Fatalf("%s[%d] = %v, want %v", name, i, got[i], want[i])
		}
	}
}

func TestTwoWindowsWithCarriedStateAreOneLongRun(t *testing.T) {
	for _, kind := range kinds {
		rapid.Check(t, func(t *rapid.T) {
			s := drawShape(t)
			s.T++
			o := drawOptions(t)
			o.lengths = false
			m := newModel[float64](kind, s, rapid.Uint64().Draw(t, "seed"), o)
			m.checkTwoWindows(t, rapid.IntRange(1, s.T-1).Draw(t, "cut"))
		})
		// So many rows of dense inputs are multiplied in several pieces, the last shorter.
		for sparse, together := range map[bool]int{false: 34, true: 101} {
			m := newModel[float64](kind, Shape{T: 101, B: 33, I: 2, H: 3}, 5, options{state: true})
			if sparse {
				for i := range m.in.X {
					if i%10 != 0 {
						m.in.X[i] = 0
					}
				}
			}
			var mem scratch[float64]
			if got := m.newPass(&m.in, m.outputs(), &mem).stepsTogether(); got != together {
				t.Errorf("%v, sparse=%v: inputs of %d steps are multiplied together, want %d", kind, sparse, got, together)
			}
			mem.release()
			m.checkTwoWindows(t, 7)
		}
	}
}

// checkTwoWindows runs the steps before and after a cut for themselves, and holds them
// against a run of all of them.
func (m *model[F]) checkTwoWindows(t require, cut int) {
	s := m.Shape
	long := m.run(t)
	first, second := *m, *m
	first.T, second.T = cut, s.T-cut
	first.in.X, second.in.X = m.in.X[:cut*s.B*s.I], m.in.X[cut*s.B*s.I:]
	if m.in.Zoneout != nil {
		first.in.Zoneout, second.in.Zoneout = m.in.Zoneout[:cut*s.state()], m.in.Zoneout[cut*s.state():]
	}
	head := first.run(t)
	second.in.State = head.FinalState
	if m.Kind != GRU {
		second.in.Y = head.FinalY
	}
	tail := second.run(t)
	near(t, "Y", append(head.Y, tail.Y...), long.Y, 0)
	near(t, "final state", tail.FinalState, long.FinalState, 0)
	near(t, "final y", tail.FinalY, long.FinalY, 0)
}

func TestRowsOfABatchAreIndependent(t *testing.T) {
	for _, kind := range kinds {
		rapid.Check(t, func(t *rapid.T) {
			m := newModel[float64](kind, drawShape(t), rapid.Uint64().Draw(t, "seed"), drawOptions(t))
			all := m.run(t)
			b := rapid.IntRange(0, m.B-1).Draw(t, "row")
			one := *m
			one.B = 1
			one.in.X = rowOf(m.in.X, m.B, m.I, b)
			one.in.State, one.in.Y = rowOf(m.in.State, m.B, m.H, b), rowOf(m.in.Y, m.B, m.H, b)
			one.in.Zoneout = rowOf(m.in.Zoneout, m.B, m.H, b)
			if m.in.Lengths != nil {
				one.in.Lengths = m.in.Lengths[b : b+1]
			}
			alone := one.run(t)
			near(t, "Y", alone.Y, rowOf(all.Y, m.B, m.H, b), 0)
			near(t, "final state", alone.FinalState, rowOf(all.FinalState, m.B, m.H, b), 0)
		})
	}
}

// rowOf takes batch row b out of a (T, B, n) or (B, n) slice.
func rowOf[F kernel.Float](x []F, B, n, b int) []F {
	var row []F
	for at := b * n; at < len(x); at += B * n {
		row = append(row, x[at:at+n]...)
	}
	return row
}

func TestALengthIsAShorterRun(t *testing.T) {
	for _, kind := range kinds {
		rapid.Check(t, func(t *rapid.T) {
			o := drawOptions(t)
			o.lengths = false
			s := drawShape(t)
			s.B = 1
			m := newModel[float64](kind, s, rapid.Uint64().Draw(t, "seed"), o)
			n := rapid.IntRange(1, s.T).Draw(t, "length")
			padded, short := *m, *m
			padded.in.Lengths = []int{n}
			padded.in.X = append([]float64{}, m.in.X...)
			for i := n * s.I; i < len(padded.in.X); i++ {
				padded.in.X[i] = math.NaN() // what lies past the end is not read
			}
			short.T, short.in.X = n, m.in.X[:n*s.I]
			if o.zoneout {
				short.in.Zoneout = m.in.Zoneout[:n*s.H]
			}
			// Only what the shorter run has, too, gets a gradient.
			padded.outer.State, padded.outer.Events = nil, nil
			short.outer = padded.outer
			short.outer.Y = padded.outer.Y[:n*s.H]

			a, b := padded.run(t), short.run(t)
			near(t, "Y", a.Y, append(append([]float64{}, b.Y...), make([]float64, (s.T-n)*s.H)...), 0)
			near(t, "final state", a.FinalState, b.FinalState, 0)
			near(t, "final y", a.FinalY, b.FinalY, 0)
			ga, _ := padded.gradients(t)
			gb, _ := short.gradients(t)
			near(t, "dX", ga.X, append(gb.X, make([]float64, (s.T-n)*s.I)...), 1e-14)
			near(t, "dW", ga.W, gb.W, 1e-14)
			near(t, "dR", ga.R, gb.R, 1e-14)
			near(t, "dThr", ga.Thr, gb.Thr, 1e-14)
			near(t, "dState", ga.State, gb.State, 1e-14)
		})
	}
}

func TestFloat32AgreesWithFloat64(t *testing.T) {
	for _, kind := range kinds {
		s := Shape{T: 6, B: 3, I: 7, H: 9}
		o := options{zoneout: true, dropConnect: true, lengths: true, state: true}
		wide, narrow := newModel[float64](kind, s, 5, o), newModel[float32](kind, s, 5, o)
		near(t, "Y", widen(narrow.run(t).Y), wide.run(t).Y, 1e-5)
		a, _ := narrow.gradients(t)
		b, _ := wide.gradients(t)
		near(t, "dX", widen(a.X), b.X, 1e-4)
		near(t, "dR", widen(a.R), b.R, 1e-4)
	}
}

func widen(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

func TestSameBitsForAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, kind := range kinds {
		m := newModel[float32](kind, Shape{T: 7, B: 19, I: 33, H: 450}, 7, options{zoneout: true, state: true, sparse: true})
		if m.blocks() < 3 {
			t.Fatal("no blocks to share")
		}
		runtime.GOMAXPROCS(1)
		want, _ := m.gradients(t)
		for _, n := range []int{2, 5} {
			runtime.GOMAXPROCS(n)
			got, _ := m.gradients(t)
			for name, p := range map[string][2][]float32{
				"X": {got.X, want.X}, "W": {got.W, want.W}, "R": {got.R, want.R}, "Bx": {got.Bx, want.Bx}, "Br": {got.Br, want.Br}, "Thr": {got.Thr, want.Thr}, "State": {got.State, want.State}, "Y": {got.Y, want.Y},
			} {
				near(t, fmt.Sprintf("%v d%s on %d", kind, name, n), p[0], p[1], 0)
			}
		}
	}
}

func nonzero(x []float64) (n int64) {
	for _, v := range x {
		if v != 0 {
			n++
		}
	}
	return n
}

func TestCountsComeFromRealEvents(t *testing.T) {
	for _, kind := range []Kind{EvNN, GRU} {
		m := newModel[float64](kind, Shape{T: 5, B: 2, I: 3, H: 4}, 11, options{sparse: true})
		out := m.outputs()
		n, err := m.Forward(&m.in, out)
		if err != nil {
			t.Fatal(err)
		}
		last := out.Y[(m.T-1)*m.state():]
		want := (nonzero(m.in.X) + nonzero(out.Y) - nonzero(last)) * int64(3*m.H)
		if n.ForwardMACs != want {
			t.Errorf("%v: %d forward MACs, want %d", kind, n.ForwardMACs, want)
		}
		if n.Events != nonzero(out.Y) || n.Units != int64(m.units()) || n.DenseForwardMACs != int64(m.T*m.B*(m.I+m.H)*3*m.H) {
			t.Errorf("%v: %+v", kind, n)
		}
		_, back := m.gradients(t)
		// dX, dW, dR and dy of the step before, of 12 gates
		if want := int64(m.T * m.B * (2*m.I + 2*m.H) * 3 * m.H); back.DenseBackwardMACs != want {
			t.Errorf("%v: %d dense backward MACs, want %d", kind, back.DenseBackwardMACs, want)
		}
		if kind == GRU && (back.Live != back.BackwardUnits || back.BackwardUnits != int64(m.units())) {
			t.Errorf("every unit of a GRU is live: %+v", back)
		}
	}
}

func TestNoEventsMeanNoRecurrentWork(t *testing.T) {
	m := newModel[float64](EvNN, Shape{T: 5, B: 2, I: 3, H: 4}, 11, options{})
	for i := range m.in.Thr {
		m.in.Thr[i] = 10 // beyond any state and any surrogate
	}
	n, err := m.Forward(&m.in, m.outputs())
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(len(m.in.X) * 3 * m.H); n.ForwardMACs != want || n.Events != 0 {
		t.Errorf("%d forward MACs and %d events, want %d and 0", n.ForwardMACs, n.Events, want)
	}
	_, back := m.gradients(t)
	// dW, dX, and the product for the initial y, which wants its gradient everywhere.
	if want := int64((2*len(m.in.X) + m.state()) * 3 * m.H); back.BackwardMACs != want || back.Live != 0 {
		t.Errorf("%d backward MACs and %d live, want %d and 0", back.BackwardMACs, back.Live, want)
	}
}

func TestNaNIsReportedWithItsPlace(t *testing.T) {
	m := newModel[float64](EvNN, Shape{T: 3, B: 2, I: 2, H: 4}, 1, options{})
	m.in.X[1*m.B*m.I+1*m.I] = math.NaN()
	_, err := m.Forward(&m.in, m.outputs())
	if !errors.Is(err, ErrNaN) || err.Error() != "unit 0 of row 1 at step 1: state is not a number" {
		t.Error(err)
	}
}

// Blocks of rows run at once, and any of them may come first.
func TestTheFirstOfSeveralNaNsIsReported(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	m := newModel[float64](EvNN, Shape{T: 1, B: 64, I: 2, H: 256}, 1, options{})
	if m.blocks() < 3 {
		t.Fatalf("there are %d blocks of rows, want several", m.blocks())
	}
	for _, row := range []int{63, 3, 40} {
		m.in.X[row*m.I] = math.NaN()
	}
	for range 50 {
		_, err := m.Forward(&m.in, m.outputs())
		if !errors.Is(err, ErrNaN) || err.Error() != "unit 0 of row 3 at step 0: state is not a number" {
			t.Fatal(err)
		}
	}
}

func TestSizesThatDoNotFitAreErrors(t *testing.T) {
	short := make([]float64, 1)
	for name, spoil := range map[string]func(*model[float64]){
		"X":           func(m *model[float64]) { m.in.X = m.in.X[1:] },
		"W":           func(m *model[float64]) { m.in.W = nil },
		"Br":          func(m *model[float64]) { m.in.Br = m.in.Br[1:] },
		"Thr":         func(m *model[float64]) { m.in.Thr = nil },
		"State":       func(m *model[float64]) { m.in.State = short },
		"Zoneout":     func(m *model[float64]) { m.in.Zoneout = short },
		"DropConnect": func(m *model[float64]) { m.in.DropConnect = short },
		"LiveX":       func(m *model[float64]) { m.in.LiveX = short },
		"lengths":     func(m *model[float64]) { m.in.Lengths = []int{1} },
		"length":      func(m *model[float64]) { m.in.Lengths = []int{1, m.T + 1} },
		"empty":       func(m *model[float64]) { m.T = 0 },
		"surrogate":   func(m *model[float64]) { m.Surrogate = nil },
	} {
		m := newModel[float64](EvNN, Shape{T: 3, B: 2, I: 2, H: 4}, 1, options{})
		spoil(m)
		if _, err := m.Forward(&m.in, m.outputs()); err == nil {
			t.Errorf("spoilt %s: no error", name)
		}
		if _, err := m.Backward(&m.in, m.outputs(), &m.outer, &Grads[float64]{}); err == nil {
			t.Errorf("spoilt %s: no error going back", name)
		}
	}
}

func TestOutputsThatDoNotFitAreErrors(t *testing.T) {
	for _, kind := range kinds {
		m := newModel[float64](kind, Shape{T: 3, B: 2, I: 2, H: 4}, 1, options{})
		good := m.outputs()
		for name, of := range map[string]func(*Outputs[float64]) *[]float64{
			"Y":          func(o *Outputs[float64]) *[]float64 { return &o.Y },
			"State":      func(o *Outputs[float64]) *[]float64 { return &o.State },
			"Events":     func(o *Outputs[float64]) *[]float64 { return &o.Events },
			"FinalState": func(o *Outputs[float64]) *[]float64 { return &o.FinalState },
			"FinalY":     func(o *Outputs[float64]) *[]float64 { return &o.FinalY },
			"Gates":      func(o *Outputs[float64]) *[]float64 { return &o.Gates },
			"Recurrent":  func(o *Outputs[float64]) *[]float64 { return &o.Recurrent },
		} {
			for _, wrong := range wrongSizes(*of(good), false) {
				out := *good
				*of(&out) = wrong
				_, err := m.Forward(&m.in, &out)
				wantSizeError(t, kind, "output "+name, wrong, err)
				_, err = m.Backward(&m.in, &out, &m.outer, m.taker())
				wantSizeError(t, kind, "output "+name, wrong, err)
			}
		}
	}
}

// Nothing is added to gradients that fit, where one does not.
func TestGradientsThatDoNotFitAreErrors(t *testing.T) {
	for _, kind := range kinds {
		m := newModel[float64](kind, Shape{T: 3, B: 2, I: 2, H: 4}, 1, options{})
		out, taker := m.run(t), m.taker()
		for name, of := range map[string]func(from *OutputGrads[float64], to *Grads[float64]) *[]float64{
			"output Y":          func(from *OutputGrads[float64], _ *Grads[float64]) *[]float64 { return &from.Y },
			"output State":      func(from *OutputGrads[float64], _ *Grads[float64]) *[]float64 { return &from.State },
			"output Events":     func(from *OutputGrads[float64], _ *Grads[float64]) *[]float64 { return &from.Events },
			"output FinalState": func(from *OutputGrads[float64], _ *Grads[float64]) *[]float64 { return &from.FinalState },
			"output FinalY":     func(from *OutputGrads[float64], _ *Grads[float64]) *[]float64 { return &from.FinalY },
			"X":                 func(_ *OutputGrads[float64], to *Grads[float64]) *[]float64 { return &to.X },
			"W":                 func(_ *OutputGrads[float64], to *Grads[float64]) *[]float64 { return &to.W },
			"R":                 func(_ *OutputGrads[float64], to *Grads[float64]) *[]float64 { return &to.R },
			"Bx":                func(_ *OutputGrads[float64], to *Grads[float64]) *[]float64 { return &to.Bx },
			"Br":                func(_ *OutputGrads[float64], to *Grads[float64]) *[]float64 { return &to.Br },
			"Thr":               func(_ *OutputGrads[float64], to *Grads[float64]) *[]float64 { return &to.Thr },
			"State":             func(_ *OutputGrads[float64], to *Grads[float64]) *[]float64 { return &to.State },
			"Y":                 func(_ *OutputGrads[float64], to *Grads[float64]) *[]float64 { return &to.Y },
		} {
			for _, wrong := range wrongSizes(*of(&m.outer, taker), true) {
				from, to := m.outer, *taker
				*of(&from, &to) = wrong
				_, err := m.Backward(&m.in, out, &from, &to)
				wantSizeError(t, kind, "gradient of "+name, wrong, err)
			}
		}
		for _, g := range [][]float64{taker.X, taker.W, taker.R, taker.Bx, taker.Br, taker.Thr, taker.State, taker.Y} {
			for i, x := range g {
				if x != 0 {
					t.Fatalf("%v: number %d of a gradient is %v after errors, want 0", kind, i, x)
				}
			}
		}
	}
}

// wrongSizes are slices that cannot stand for x, which is nil where the cell has none.
func wrongSizes(x []float64, optional bool) [][]float64 {
	if x == nil {
		return [][]float64{make([]float64, 1)}
	}
	wrong := [][]float64{{}, make([]float64, len(x)-1), make([]float64, len(x)+1)}
	if !optional {
		wrong = append(wrong, nil)
	}
	return wrong
}

func wantSizeError(t *testing.T, kind Kind, name string, wrong []float64, err error) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), name+" has ") && err.Error() != fmt.Sprintf("%v has no %s", kind, name) {
		t.Errorf("%v with %s of %d numbers: got error %v, want one that names it", kind, name, len(wrong), err)
	}
}

func TestNaNInAThresholdIsReported(t *testing.T) {
	for _, kind := range []Kind{EvNN, Paper} {
		m := newModel[float64](kind, Shape{T: 3, B: 2, I: 2, H: 4}, 1, options{})
		m.in.Thr[2] = math.NaN()
		if _, err := m.Forward(&m.in, m.outputs()); !errors.Is(err, ErrNaN) {
			t.Errorf("%v: %v", kind, err)
		}
	}
}

// Rows past their end do not count, and no product is done for them.
func TestPaddingCostsNoWork(t *testing.T) {
	for _, kind := range kinds {
		short := newModel[float64](kind, Shape{T: 2, B: 1, I: 3, H: 4}, 5, options{state: true})
		long := *short
		long.T = 6
		long.in.X = append(append([]float64{}, short.in.X...), make([]float64, 4*3)...)
		long.in.Lengths = []int{2}
		long.outer = OutputGrads[float64]{FinalState: short.outer.FinalState}
		short.outer = long.outer
		for name, count := range map[string]func(m *model[float64]) Counts{
			"forward": func(m *model[float64]) Counts {
				n, err := m.Forward(&m.in, m.outputs())
				if err != nil {
					t.Fatal(err)
				}
				return n
			},
			"backward": func(m *model[float64]) Counts {
				_, n := m.gradients(t)
				return n
			},
		} {
			if got, want := count(&long), count(short); got != want {
				t.Errorf("%v %s: %+v with padding, %+v without", kind, name, got, want)
			}
		}
	}
}
