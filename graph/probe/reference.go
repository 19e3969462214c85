package probe

import (
	"math"
	"sort"
)

// Reference is a horizontal line to compare with, such as the loss of another
// model.
type Reference struct {
	Label string
	Y     float64
}

const mostReferenceLabel = 110 // pixels

func (r Reference) label() string { return shorten(faces().tick, clean(r.Label), mostReferenceLabel) }

// drawReferences draws the reference lines, with their labels right of the
// data.
func (p panel) drawReferences(c canvas, f frame) {
	rs := make([]Reference, len(p.references))
	copy(rs, p.references)
	sort.SliceStable(rs, func(i, j int) bool { return rs[i].Y > rs[j].Y })
	ys := make([]float64, len(rs))
	for i, r := range rs {
		ys[i] = math.Floor(f.atY(r.Y)) + 0.5
	}
	line := stroke{faded, 1.25, []float64{2, 3}}
	for i, at := range apart(ys, tickSize+1, f.bottom) {
		c.line(line, point{f.left, ys[i]}, point{f.right, ys[i]})
		c.line(stroke{faded, 0.75, nil}, point{f.right, ys[i]}, point{f.right + referenceGap - 3, at})
		c.text(faces().tick, faded, point{f.right + referenceGap, at}, start, across, rs[i].label())
	}
}

// apart moves positions in rising order as little downward as keeps them a gap
// apart, and those that this pushes over the most they may be, back upward.
func apart(ys []float64, gap, most float64) []float64 {
	moved := make([]float64, len(ys))
	copy(moved, ys)
	for i := 1; i < len(moved); i++ {
		moved[i] = math.Max(moved[i], moved[i-1]+gap)
	}
	for i := len(moved) - 1; i >= 0; i-- {
		moved[i] = math.Min(moved[i], most)
		most = moved[i] - gap
	}
	return moved
}
