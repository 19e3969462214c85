package probe

import (
	"image/color"
	"math"
)

// The colours of everything that is not data.
var (
	ink   = color.Gray{0x22}
	faded = color.Gray{0x59} // of reference lines and their labels
	grid  = color.Gray{0xE2}
)

// palette is that of Okabe and Ito, Color Universal Design (2008), which
// colour-blind readers can tell apart, without its yellow and in an order in
// which neighbours differ in brightness too.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xB2, 0xFF}, // blue
	color.RGBA{0xD5, 0x5E, 0x00, 0xFF}, // vermilion
	color.RGBA{0x00, 0x9E, 0x73, 0xFF}, // bluish green
	color.RGBA{0x22, 0x22, 0x22, 0xFF}, // black
	color.RGBA{0xE6, 0x9F, 0x00, 0xFF}, // orange
	color.RGBA{0xCC, 0x79, 0xA7, 0xFF}, // reddish purple
	color.RGBA{0x56, 0xB4, 0xE9, 0xFF}, // sky blue
}

// dashes are in pixels. Their number and that of the markers have no factor in
// common with each other or the palette's: 210 series differ.
var dashes = [][]float64{nil, {8, 3}, {3, 3}, {9, 3, 2, 3}, {14, 4}}

// markers are polygons within a circle of radius 1 around the origin.
var markers = [][]point{
	regular(24, 0), // circle
	regular(4, 45), // square
	regular(3, 90), // triangle
	regular(4, 0),  // diamond
	regular(3, 270),
	regular(5, 90),
}

func regular(corners int, degrees float64) []point {
	ps := make([]point, corners)
	for i := range ps {
		a := 2*math.Pi*float64(i)/float64(corners) + degrees*math.Pi/180
		ps[i] = point{math.Cos(a), -math.Sin(a)}
	}
	return ps
}

// look is how a series is drawn.
type look struct {
	stroke
	marker []point
}

const (
	curveWidth   = 1.75
	markerRadius = 4
)

// looks hands out a look to each name in the order in which they turn up, and
// a new one each time without a name.
type looks struct {
	given  int
	byName map[string]look
}

func (l *looks) of(name string) look {
	if known, ok := l.byName[name]; ok && name != "" {
		return known
	}
	i := l.given
	l.given++
	l.byName[name] = look{
		stroke{palette[i%len(palette)], curveWidth, dashes[i%len(dashes)]},
		markers[i%len(markers)],
	}
	return l.byName[name]
}

func (c canvas) marker(l look, p point) {
	if len(l.marker) == 0 {
		return
	}
	corners := make([]point, len(l.marker))
	for i, m := range l.marker {
		corners[i] = point{p.x + markerRadius*m.x, p.y + markerRadius*m.y}
	}
	c.polygon(l.color, corners)
}
