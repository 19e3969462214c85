package probe

import "math"

// curve is a series with its look.
type curve struct {
	look
	series Series
}

// draw draws the line, with gaps where points cannot be shown, and markers. The
// nth curve of a panel begins with another marker, so that those of curves on
// top of each other do not cover each other.
func (v curve) draw(c canvas, f frame, nth int) {
	var pieces [][]point
	var piece, shown []point
	flush := func() {
		if len(piece) > 0 {
			pieces = append(pieces, piece)
			piece = nil
		}
	}
	for i, y := range v.series.Y {
		x := v.series.x(i)
		if !f.x.shows(x) || !f.y.shows(y) {
			flush()
			continue
		}
		p := f.at(x, y)
		piece, shown = append(piece, p), append(shown, p)
	}
	flush()

	for _, piece := range pieces {
		if len(piece) == 1 {
			c.marker(v.look, piece[0]) // without a neighbour to draw a line to
			continue
		}
		c.line(v.stroke, thin(piece)...)
	}
	every, first := 1, 0
	if n := len(shown); n > manyPoints {
		every = n / fewMarkers
		first = nth * every / 3 % every
	}
	for i := first; i < len(shown); i += every {
		c.marker(v.look, shown[i])
	}
}

const (
	manyPoints = 25 // more than these do not get a marker each
	fewMarkers = 8
)

// thin leaves out points that make no difference: of those that follow each
// other within one pixel of x it keeps the first, the lowest, the highest and
// the last.
func thin(points []point) []point {
	var kept []point
	for len(points) > 0 {
		column, n := math.Floor(points[0].x), 1
		low, high := 0, 0
		for n < len(points) && math.Floor(points[n].x) == column {
			if points[n].y < points[low].y {
				low = n
			}
			if points[n].y > points[high].y {
				high = n
			}
			n++
		}
		last := -1
		for _, i := range []int{0, min(low, high), max(low, high), n - 1} {
			if i > last {
				kept, last = append(kept, points[i]), i
			}
		}
		points = points[n:]
	}
	return kept
}
