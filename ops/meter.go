package ops

import "sync"

// Counts is the work that ops really did, counted from the zeros they met,
// beside what dense products of the same shapes would have done. A MAC is one
// multiply-accumulate.
type Counts struct {
	Units  int64 // outputs computed: T*B*H for a sequence, padding left out
	Events int64 // outputs that were not zero
	Live   int64 // outputs a gradient could pass: event or nonzero surrogate

	ForwardMACs, BackwardMACs           int64
	DenseForwardMACs, DenseBackwardMACs int64

	BackwardUnits int64 // outputs that a backward pass went through
}

// Add gives the sum of two counts.
func (c Counts) Add(d Counts) Counts {
	c.Units += d.Units
	c.Events += d.Events
	c.Live += d.Live
	c.ForwardMACs += d.ForwardMACs
	c.BackwardMACs += d.BackwardMACs
	c.DenseForwardMACs += d.DenseForwardMACs
	c.DenseBackwardMACs += d.DenseBackwardMACs
	c.BackwardUnits += d.BackwardUnits
	return c
}

// Activity is the fraction of outputs that were not zero; 0 before any run.
func (c Counts) Activity() float64 { return ratio(c.Events, c.Units) }

// BackwardActivity is the fraction of outputs that a gradient could pass, of
// those a backward pass went through; 0 before any.
func (c Counts) BackwardActivity() float64 { return ratio(c.Live, c.BackwardUnits) }

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Meter gathers the counts of the ops it was given to, over all runs since it
// was made or reset, and lets a Watcher look at recurrent ones. It only watches:
// results do not depend on it. A nil Meter gathers nothing. It is safe for
// concurrent use.
type Meter struct {
	name string
	mu   sync.Mutex
	sum  Counts

	watchers []*Watcher // replaced, never changed
}

// NewMeter makes a meter. Its name labels the ops it watches; two ops that are
// alike but for the names of their meters stay two.
func NewMeter(name string) *Meter { return &Meter{name: name} }

// Name is the name given to NewMeter; empty for a nil Meter.
func (m *Meter) Name() string {
	if m == nil {
		return ""
	}
	return m.name
}

// Counts is the sum so far.
func (m *Meter) Counts() Counts {
	if m == nil {
		return Counts{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sum
}

// Reset sets the sum to zero.
func (m *Meter) Reset() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sum = Counts{}
}

func (m *Meter) add(c Counts) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sum = m.sum.Add(c)
}
