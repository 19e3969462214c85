package cell

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/egru/egru/internal/kernel"
)

var benchShapes = []Shape{{T: 70, B: 64, I: 750, H: 1350}, {T: 35, B: 20, I: 256, H: 256}}

// benchSurrogate is the triangle of the published models, 3.6 high and 3.6
// steep.
func benchSurrogate(dst, v []float32) { kernel.Triangle(dst, v, 3.6, 3.6) }

// BenchmarkLayer runs whole layers with events in 15 % of the units.
func BenchmarkLayer(b *testing.B) {
	for _, s := range benchShapes {
		for _, kind := range kinds {
			b.Run(fmt.Sprintf("T=%d/B=%d/I=%d/H=%d/%v", s.T, s.B, s.I, s.H, kind), func(b *testing.B) {
				m := benchModel(s, kind)
				to := m.taker()
				to.Y = nil // the initial y would take its gradient everywhere
				benchLayer(b, m, to)
			})
		}
	}
}

// BenchmarkSilentLayer runs layers without inputs, events and live units, and
// wants the gradients of biases and thresholds only: what is left is the work on
// every unit, and looking for products to do.
func BenchmarkSilentLayer(b *testing.B) {
	for _, s := range benchShapes {
		for _, kind := range []Kind{EvNN, Paper} {
			b.Run(fmt.Sprintf("T=%d/B=%d/I=%d/H=%d/%v", s.T, s.B, s.I, s.H, kind), func(b *testing.B) {
				m := benchModel(s, kind)
				clear(m.in.X)
				clear(m.in.Y)
				for i := range m.in.Thr {
					m.in.Thr[i] = 100
				}
				to := m.taker()
				to.X, to.W, to.R, to.Y = nil, nil, nil, nil
				benchLayer(b, m, to)
			})
		}
	}
}

func benchLayer(b *testing.B, m *model[float32], to *Grads[float32]) {
	out := m.outputs()
	forward, err := m.Forward(&m.in, out)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("forward", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := m.Forward(&m.in, out); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(forward.Events)/float64(forward.Units), "activity")
		b.ReportMetric(2e-9*float64(forward.ForwardMACs)*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
	})
	b.Run("backward", func(b *testing.B) {
		var n Counts
		b.ReportAllocs()
		for b.Loop() {
			if n, err = m.Backward(&m.in, out, &m.outer, to); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n.Live)/float64(n.BackwardUnits), "live")
		b.ReportMetric(2e-9*float64(n.BackwardMACs)*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
	})
}

// benchModel is a layer with kernels of the usual scale, whose threshold is
// found by halving: it gives activity 0.15 in a few rows.
func benchModel(s Shape, kind Kind) *model[float32] {
	m := newModel[float32](kind, s, 1, options{state: true})
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range []struct {
		weights []float32
		fan     int
	}{{m.in.W, s.I}, {m.in.R, s.H}} {
		for i := range k.weights {
			k.weights[i] = float32(r.NormFloat64() / math.Sqrt(float64(k.fan)))
		}
	}
	if kind == GRU {
		return m
	}
	m.Surrogate = benchSurrogate
	few := *m
	few.T, few.B = min(s.T, 20), 2
	few.in.X = m.in.X[:few.rows()*few.I]
	few.in.State, few.in.Y = m.in.State[:few.state()], m.in.Y[:few.state()]
	out := few.outputs()
	low, high := float32(0), float32(2)
	for range 12 {
		for i := range m.in.Thr {
			m.in.Thr[i] = (low + high) / 2
		}
		n, err := few.Forward(&few.in, out)
		if err != nil || float64(n.Events) > 0.15*float64(n.Units) {
			low = m.in.Thr[0]
		} else {
			high = m.in.Thr[0]
		}
	}
	return m
}
