package cell

import (
	"fmt"
	"testing"
)

// What rows share gets the sum of their gradients, however they are cut into
// blocks.
func TestGradientsAreSumsOverRows(t *testing.T) {
	for _, kind := range kinds {
		for _, lengths := range []bool{false, true} {
			m := newModel[float64](kind, Shape{T: 3, B: 5, I: 2, H: 1000}, 3, options{state: true, zoneout: true, lengths: lengths})
			if m.blocks() < 2 {
				t.Fatal("only one block")
			}
			all, counts := m.gradients(t)
			sum, n := m.taker(), Counts{}
			for b := range m.B {
				one := *m
				one.B = 1
				one.in.X = rowOf(m.in.X, m.B, m.I, b)
				one.in.State, one.in.Y = rowOf(m.in.State, m.B, m.H, b), rowOf(m.in.Y, m.B, m.H, b)
				one.in.Zoneout = rowOf(m.in.Zoneout, m.B, m.H, b)
				if lengths {
					one.in.Lengths = m.in.Lengths[b : b+1]
				}
				one.outer = OutputGrads[float64]{
					Y: rowOf(m.outer.Y, m.B, m.H, b), State: rowOf(m.outer.State, m.B, m.H, b), Events: rowOf(m.outer.Events, m.B, m.H, b),
					FinalState: rowOf(m.outer.FinalState, m.B, m.H, b), FinalY: rowOf(m.outer.FinalY, m.B, m.H, b),
				}
				part, c := one.gradients(t)
				for _, p := range [][2][]float64{{sum.W, part.W}, {sum.R, part.R}, {sum.Bx, part.Bx}, {sum.Br, part.Br}, {sum.Thr, part.Thr}} {
					for i, v := range p[1] {
						p[0][i] += v
					}
				}
				n.Live += c.Live
				n.BackwardUnits += c.BackwardUnits
				n.BackwardMACs += c.BackwardMACs
			}
			name := fmt.Sprintf("%v lengths=%v ", kind, lengths)
			near(t, name+"dW", all.W, sum.W, 1e-12)
			near(t, name+"dR", all.R, sum.R, 1e-12)
			near(t, name+"dBx", all.Bx, sum.Bx, 1e-12)
			near(t, name+"dBr", all.Br, sum.Br, 1e-12)
			near(t, name+"dThr", all.Thr, sum.Thr, 1e-12)
			if counts.Live != n.Live || counts.BackwardUnits != n.BackwardUnits || counts.BackwardMACs != n.BackwardMACs {
				t.Errorf("%scounts %+v, the rows have %+v", name, counts, n)
			}
		}
	}
}
