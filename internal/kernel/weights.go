package kernel

import (
	"sync"
	"sync/atomic"
)

// Weights is the matrix W (K, N) of products, made ready once for many of them: if
// they are many, it holds copies in orders that suit caches. It is safe for
// concurrent use.
type Weights[F Float] struct {
	matrix   Mat[F] // (K, N), or if turned (N, K)
	turned   bool
	expected int // products

	panels       arranged[F] // of W
	acrossPanels arranged[F] // of its transpose, for dense products with that
}

// NewWeights makes w (K, N) ready. Its numbers must not change while it is in use.
func NewWeights[F Float](w Mat[F]) *Weights[F] { return NewWeightsFor(1, w) }

// NewWeightsFor is NewWeights for so many products, each like the first: copies that
// pay for all of them are made at once. There may be more or fewer.
func NewWeightsFor[F Float](products int, w Mat[F]) *Weights[F] {
	return &Weights[F]{matrix: w, expected: products}
}

// NewTurnedWeights makes the transpose of w (N, K) ready, for which it always
// makes copies. Its numbers must not change while it is in use.
func NewTurnedWeights[F Float](w Mat[F]) *Weights[F] {
	return &Weights[F]{matrix: w, turned: true, expected: 1}
}

// Release gives the memory of the copies to later weights. W must not be in use any
// more.
func (w *Weights[F]) Release() {
	for _, a := range []*arranged[F]{&w.panels, &w.acrossPanels} {
		if p := a.made.Swap(nil); p != nil {
			p.release()
		}
	}
}

// mustHave panics unless W has at least that shape, if turned, just that.
func (w *Weights[F]) mustHave(K, N int) {
	if !w.turned {
		w.matrix.mustHave(K, N)
		return
	}
	w.matrix.mustHave(N, K)
	if w.matrix.Rows != N || w.matrix.Cols != K {
		panic("kernel: turned weights of another shape")
	}
}

// fits says whether products of that shape take all of W.
func (w *Weights[F]) fits(K, N int) bool {
	return w.turned || w.matrix.Rows == K && w.matrix.Cols == N
}

// panelsFor gives W in panels to a product that uses so many of its rows, each as
// often as it does, or nil if that would not pay.
func (w *Weights[F]) panelsFor(uses int) *panels[F] {
	return w.panels.forUses(uses*w.expected, w.turned, w.matrix, w.turned)
}

// across gives the transpose of W in panels, however often it is used: which
// loop a product takes must not depend on those before.
func (w *Weights[F]) across() *panels[F] {
	return w.acrossPanels.forUses(0, true, w.matrix, !w.turned)
}

// arranged is a copy of a matrix that is made when it pays.
type arranged[F Float] struct {
	uses   atomic.Int64 // of rows so far
	making sync.Mutex
	made   atomic.Pointer[panels[F]]
}

// arrangedUses of every row of a matrix pay for a copy.
const arrangedUses = 8

// forUses gives a copy of m, or of its transpose, to a product that makes so many
// uses of rows, or nil if it would not pay and is no must.
func (a *arranged[F]) forUses(uses int, must bool, m Mat[F], turned bool) *panels[F] {
	if p := a.made.Load(); p != nil {
		return p
	}
	rows := m.Rows
	if turned {
		rows = m.Cols
	}
	if a.uses.Add(int64(uses)) < arrangedUses*int64(rows) && !must {
		return nil
	}
	a.making.Lock()
	defer a.making.Unlock()
	if a.made.Load() == nil {
		a.made.Store(panelsOf(m, turned))
	}
	return a.made.Load()
}
