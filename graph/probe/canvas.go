package probe

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pixel is a CSS pixel, 1/96 inch. All layout is in pixels, from the top left
// corner down: whole numbers then fall on whole pixels of a PNG.
const pixel = vg.Inch / 96

// canvas draws in pixels on a canvas of gonum.
type canvas struct {
	vg.Canvas
	height float64
}

type point struct{ x, y float64 }

// stroke is the look of a line.
type stroke struct {
	color  color.Color
	width  float64
	dashes []float64
}

func (c canvas) at(p point) vg.Point {
	return vg.Point{X: vg.Length(p.x) * pixel, Y: vg.Length(c.height-p.y) * pixel}
}

// line draws through all points.
func (c canvas) line(s stroke, points ...point) { c.lines(s, points) }

// lines draws several lines as one path.
func (c canvas) lines(s stroke, all ...[]point) {
	var path vg.Path
	for _, points := range all {
		c.trace(&path, points)
	}
	if len(path) == 0 {
		return
	}
	dashes := make([]vg.Length, len(s.dashes))
	for i, d := range s.dashes {
		dashes[i] = vg.Length(d) * pixel
	}
	c.SetColor(s.color)
	c.SetLineWidth(vg.Length(s.width) * pixel)
	c.SetLineDash(dashes, 0)
	c.Stroke(path)
}

func (c canvas) trace(path *vg.Path, points []point) {
	for i, p := range points {
		if i == 0 {
			path.Move(c.at(p))
		} else {
			path.Line(c.at(p))
		}
	}
}

// polygon fills the area inside its corners.
func (c canvas) polygon(fill color.Color, corners []point) {
	c.polygons(fill, [][]point{corners})
}

// polygons fills several areas as one path.
func (c canvas) polygons(fill color.Color, all [][]point) {
	var path vg.Path
	for _, corners := range all {
		c.trace(&path, corners)
		path.Close()
	}
	if len(path) == 0 {
		return
	}
	c.SetColor(fill)
	c.Fill(path)
}

// rectangle fills the area between two corners.
func (c canvas) rectangle(fill color.Color, left, top, right, bottom float64) {
	c.polygon(fill, []point{{left, top}, {right, top}, {right, bottom}, {left, bottom}})
}

// alignment is where a text's anchor is along it: 0 at its start, 1 at its end.
type alignment float64

const (
	start  alignment = 0
	middle alignment = 0.5
	end    alignment = 1
)

// direction is the one a text is read in.
type direction bool

const (
	across direction = false
	upward direction = true
)

// text writes one line with its anchor at half the height of its small
// letters. Letters start on whole pixels: in between they would blur.
func (c canvas) text(f font.Face, fill color.Color, p point, a alignment, d direction, s string) {
	const halfHeight = 0.35 // of the font size, above the baseline
	back, down := float64(a)*textWidth(f, s), halfHeight*float64(f.Font.Size/pixel)
	c.SetColor(fill)
	c.Push()
	if d == upward {
		c.Translate(c.at(point{math.Round(p.x + down), math.Round(p.y + back)}))
		c.Rotate(math.Pi / 2)
	} else {
		c.Translate(c.at(point{math.Round(p.x - back), math.Round(p.y + down)}))
	}
	c.FillString(f, vg.Point{}, s)
	c.Pop()
}
