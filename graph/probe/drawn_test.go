package probe

import (
	"image"
	"image/color"
	"math"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// recorder is a canvas that keeps what is drawn, in pixels from the top left.
type recorder struct {
	height  float64
	texts   []written
	strokes []stroked
	fills   []stroked

	color   color.Color
	width   vg.Length
	dashes  []vg.Length
	origins []vg.Point
	turned  []bool
}

type written struct {
	text                     string
	left, top, right, bottom float64
}

type stroked struct {
	color  color.Color
	width  float64
	dashes int
	paths  [][]point
}

// record draws a layout.
func record(l layout) (*recorder, arrangement) {
	a := l.arrange()
	r := &recorder{height: a.height, origins: []vg.Point{{}}, turned: []bool{false}}
	l.draw(canvas{r, a.height}, a)
	return r, a
}

func (r *recorder) SetLineWidth(w vg.Length)                { r.width = w }
func (r *recorder) SetLineDash(ds []vg.Length, _ vg.Length) { r.dashes = ds }
func (r *recorder) SetColor(c color.Color)                  { r.color = c }
func (r *recorder) Rotate(float64)                          { r.turned[len(r.turned)-1] = true }
func (r *recorder) Scale(float64, float64)                  { panic("not used") }
func (r *recorder) DrawImage(vg.Rectangle, image.Image)     { panic("not used") }
func (r *recorder) Translate(p vg.Point)                    { r.origins[len(r.origins)-1] = r.origin().Add(p) }
func (r *recorder) origin() vg.Point                        { return r.origins[len(r.origins)-1] }

func (r *recorder) Push() {
	r.origins = append(r.origins, r.origin())
	r.turned = append(r.turned, r.turned[len(r.turned)-1])
}

func (r *recorder) Pop() {
	r.origins = r.origins[:len(r.origins)-1]
	r.turned = r.turned[:len(r.turned)-1]
}

func (r *recorder) path(p vg.Path) stroked {
	s := stroked{color: r.color, width: float64(r.width / pixel), dashes: len(r.dashes)}
	for _, c := range p {
		if c.Type == vg.CloseComp {
			continue
		}
		if c.Type == vg.MoveComp {
			s.paths = append(s.paths, nil)
		}
		last := len(s.paths) - 1
		s.paths[last] = append(s.paths[last], point{float64(c.Pos.X / pixel), r.height - float64(c.Pos.Y/pixel)})
	}
	return s
}

func (r *recorder) Stroke(p vg.Path) { r.strokes = append(r.strokes, r.path(p)) }
func (r *recorder) Fill(p vg.Path)   { r.fills = append(r.fills, r.path(p)) }

// FillString keeps the box of capitals and of what hangs below the baseline.
func (r *recorder) FillString(f font.Face, at vg.Point, s string) {
	const capitals, hanging = 0.73, 0.21 // of the size
	at = at.Add(r.origin())
	x, y := float64(at.X/pixel), r.height-float64(at.Y/pixel)
	w, size := textWidth(f, s), float64(f.Font.Size/pixel)
	b := written{s, x, y - capitals*size, x + w, y + hanging*size}
	if r.turned[len(r.turned)-1] {
		b = written{s, x - capitals*size, y - w, x + hanging*size, y}
	}
	r.texts = append(r.texts, b)
}

func (a written) overlaps(b written) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

// wantLegible fails if a text is cut off, runs into another or into the data.
func wantLegible(t interface {
	Helper()
	Errorf(string, ...any)
}, r *recorder, a arrangement) {
	t.Helper()
	for i, w := range r.texts {
		if w.left < 0 || w.top < 0 || w.right > figureWidth || w.bottom > a.height {
			t.Errorf("text %q is cut off: %+v in %d x %v", w.text, w, figureWidth, a.height)
		}
		for _, f := range a.frames {
			if w.overlaps(written{"", f.left, f.top, f.right, f.bottom}) {
				t.Errorf("text %q covers data", w.text)
			}
		}
		for _, v := range r.texts[:i] {
			if v.overlaps(w) {
				t.Errorf("texts %q and %q overlap", v.text, w.text)
			}
		}
	}
}

// wantInside fails if something is drawn outside the figure.
func wantInside(t interface {
	Helper()
	Fatalf(string, ...any)
}, r *recorder, a arrangement) {
	t.Helper()
	for _, s := range append(r.strokes, r.fills...) {
		for _, path := range s.paths {
			for _, p := range path {
				if !(p.x >= 0 && p.x <= figureWidth && p.y >= 0 && p.y <= a.height) {
					t.Fatalf("%v is drawn at %v, outside %d x %v", s.color, p, figureWidth, a.height)
				}
			}
		}
	}
}

// count is how many times a text is written.
func (r *recorder) count(text string) int {
	n := 0
	for _, w := range r.texts {
		if w.text == text {
			n++
		}
	}
	return n
}

func (r *recorder) has(text string) bool { return r.count(text) > 0 }

// in picks the strokes of a colour.
func (r *recorder) in(c color.Color) []stroked {
	var found []stroked
	for _, s := range r.strokes {
		if s.color == c {
			found = append(found, s)
		}
	}
	return found
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

func TestTheRecorderSeesTextsThatOverlap(t *testing.T) {
	r := &recorder{height: 100, origins: []vg.Point{{}}, turned: []bool{false}}
	c := canvas{r, 100}
	c.text(faces().tick, ink, point{50, 50}, start, across, "across")
	c.text(faces().tick, ink, point{60, 60}, middle, upward, "upward")
	c.text(faces().tick, ink, point{60, 95}, middle, across, "below")
	if !r.texts[0].overlaps(r.texts[1]) || r.texts[0].overlaps(r.texts[2]) {
		t.Errorf("boxes are %+v", r.texts)
	}
}
