package probe

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/ops"
)

// Count is what one meter counted.
type Count struct {
	Name string
	ops.Counts
}

// Counts are what the meters of a model counted; see Meters for what sets
// layers and products apart.
type Counts struct {
	Layers, Products []Count
}

// Total is the sum over the layers, with the work of the products added, but
// not their units and events.
func (c Counts) Total() ops.Counts {
	var sum ops.Counts
	for _, l := range c.Layers {
		sum = sum.Add(l.Counts)
	}
	for _, p := range c.Products {
		sum = sum.Add(ops.Counts{
			ForwardMACs:       p.ForwardMACs,
			BackwardMACs:      p.BackwardMACs,
			DenseForwardMACs:  p.DenseForwardMACs,
			DenseBackwardMACs: p.DenseBackwardMACs,
		})
	}
	return sum
}

// Activity is the mean activity of all units of all layers, the events of all
// layers by their units: a wide layer weighs more than a narrow one. 0 without
// any unit.
func (c Counts) Activity() float64 { return c.Total().Activity() }

// Since is what was counted after an earlier reading of the same meters.
// Readings of other meters, or a reset in between, give ErrCounts.
func (c Counts) Since(earlier Counts) (Counts, error) {
	ls, err := since("layer", c.Layers, earlier.Layers)
	if err != nil {
		return Counts{}, err
	}
	ps, err := since("product", c.Products, earlier.Products)
	return Counts{ls, ps}, err
}

// Add is what was counted here and there, by meters of the same model; counts of
// nothing add nothing. Readings of other meters give ErrCounts.
func (c Counts) Add(d Counts) (Counts, error) {
	ls, err := add("layer", c.Layers, d.Layers)
	if err != nil {
		return Counts{}, err
	}
	ps, err := add("product", c.Products, d.Products)
	return Counts{ls, ps}, err
}

func add(kind string, a, b []Count) ([]Count, error) {
	switch {
	case len(a) == 0:
		return b, nil
	case len(b) == 0:
		return a, nil
	case len(a) != len(b):
		return nil, errors.Wrapf(ErrCounts, "%d %ss and %d, want as many", len(a), kind, len(b))
	}
	var sums []Count
	for i := range a {
		if a[i].Name != b[i].Name {
			return nil, errors.Wrapf(ErrCounts, "%s %d is %q and %q, want one", kind, i, a[i].Name, b[i].Name)
		}
		sums = append(sums, Count{a[i].Name, a[i].Counts.Add(b[i].Counts)})
	}
	return sums, nil
}

func since(kind string, now, earlier []Count) ([]Count, error) {
	if len(now) != len(earlier) {
		return nil, errors.Wrapf(ErrCounts, "earlier: %d %ss, want %d", len(earlier), kind, len(now))
	}
	var ds []Count
	for i, c := range now {
		e := earlier[i]
		if c.Name != e.Name {
			return nil, errors.Wrapf(ErrCounts, "earlier: %s %d is %q, want %q", kind, i, e.Name, c.Name)
		}
		d, ok := minus(c.Counts, e.Counts)
		if !ok {
			return nil, errors.Wrapf(ErrCounts, "earlier: %s %q had counted more than now; was its meter reset in between?", kind, c.Name)
		}
		ds = append(ds, Count{c.Name, d})
	}
	return ds, nil
}

// minus is a - b; not ok if one of its numbers is negative.
func minus(a, b ops.Counts) (d ops.Counts, ok bool) {
	d = ops.Counts{
		Units:             a.Units - b.Units,
		Events:            a.Events - b.Events,
		Live:              a.Live - b.Live,
		ForwardMACs:       a.ForwardMACs - b.ForwardMACs,
		BackwardMACs:      a.BackwardMACs - b.BackwardMACs,
		DenseForwardMACs:  a.DenseForwardMACs - b.DenseForwardMACs,
		DenseBackwardMACs: a.DenseBackwardMACs - b.DenseBackwardMACs,
		BackwardUnits:     a.BackwardUnits - b.BackwardUnits,
	}
	ok = min(d.Units, d.Events, d.Live, d.ForwardMACs, d.BackwardMACs, d.DenseForwardMACs, d.DenseBackwardMACs, d.BackwardUnits) >= 0
	return d, ok
}
