package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/egru/egru/internal/pool"
)

func TestPanelsHoldAMatrixOrItsTranspose(t *testing.T) {
	both(t, panelsHold[float32], panelsHold[float64])
}

func TestPanelsHoldAMatrixOrItsTransposeOnEveryPath(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) { panelsHold[float32](t) })
}

func panelsHold[F Float](t *testing.T) {
	sizes := []int{0, 1, 15, 16, 17, 127, 128, 129, 300}
	for _, rows := range sizes {
		for _, cols := range sizes {
			m, _ := guarded[F](rows, cols, 3, 5)
			fill(rand.New(rand.NewPCG(1, 1)), m, 1)
			const width = panelWidth
			for _, turned := range []bool{false, true} {
				want := m
				if turned {
					want = flipped(m, 0)
				}
				p := panelsOf(m, turned)
				for c := 0; c < want.Cols; c += width {
					panel := p.panel(c)
					if panel.Rows != want.Rows || panel.Cols != width || panel.Stride != width {
						t.Fatalf("(%d, %d) turned=%v: a panel is (%d, %d), %d apart", rows, cols, turned, panel.Rows, panel.Cols, panel.Stride)
					}
					if panel.Rows > 0 && misaligned(panel.Data) != 0 {
						t.Fatalf("(%d, %d) turned=%v: panel of column %d starts between cache lines", rows, cols, turned, c)
					}
					for i := range panel.Rows {
						for j, got := range panel.Row(i) {
							x := F(0) // fills up
							if c+j < want.Cols {
								x = want.Row(i)[c+j]
							}
							if bits(got) != bits(x) {
								t.Fatalf("(%d, %d) turned=%v: [%d,%d] is %v, want %v", rows, cols, turned, i, c+j, got, x)
							}
						}
					}
				}
			}
		}
	}
}

// Otherwise every window of a run on several processors would take memory fresh from the
// system.
func TestMemoryOfPanelsGoesWhereAnyProcessorFindsIt(t *testing.T) {
	for range 100 { // the race detector drops some of what pools hold
		p := newPanels[float32](100, 300)
		p.release()
		if s, _ := pool.Take[float32](len(p.lent)); &s[0] == &p.lent[0] {
			return
		}
	}
	t.Error("it is not in the pool")
}
