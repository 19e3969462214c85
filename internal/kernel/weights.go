package kernel

import (
	"sync"
	"sync/atomic"
)

// Weights is the right-hand matrix W (K, N) of products, made ready once for
// many of them: if they are many, it holds a copy in an order that suits caches.
// It is safe for concurrent use.
type Weights[F Float] struct {
	rows   Mat[F]
	events atomic.Int64 // of products so far
	making sync.Mutex
	panels atomic.Pointer[panels[F]]
}

// NewWeights makes w ready. Its numbers must not change while it is in use.
func NewWeights[F Float](w Mat[F]) *Weights[F] { return &Weights[F]{rows: w} }

// Panels pay for products that use the average row of W, if it was used
// panelUses times.
const panelUses = 32

// ordered gives the panels of W to a product with so many events, or nil if
// they would not pay, or are being made just now.
func (w *Weights[F]) ordered(events int) *panels[F] {
	if events == 0 || events < w.rows.Rows || w.rows.Cols == 0 {
		return nil
	}
	if p := w.panels.Load(); p != nil {
		return p
	}
	if w.events.Add(int64(events)) < panelUses*int64(w.rows.Rows) || !w.making.TryLock() {
		return nil
	}
	defer w.making.Unlock()
	if w.panels.Load() == nil {
		w.panels.Store(newPanels(w.rows))
	}
	return w.panels.Load()
}
