package probe

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/egru/egru/internal/atomicfile"
)

// Figure is a picture, in SVG and in PNG. Notebooks show it by its methods SVG
// and PNG. It does not change after it was drawn. Text in Latin, Greek and
// Cyrillic letters looks the same everywhere; the PNG has no others.
type Figure struct {
	title         string
	width, height int
	svg           string
	png           []byte
}

// SVG is the picture as an SVG document.
func (f *Figure) SVG() string { return f.svg }

// PNG is the picture as a PNG file.
func (f *Figure) PNG() []byte { return bytes.Clone(f.png) }

// Size is the size in pixels; the SVG is that of 96 pixels to the inch.
func (f *Figure) Size() (width, height int) { return f.width, f.height }

// String names the figure, for where there are no pictures.
func (f *Figure) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s (figure, %d x %d pixels)", f.title, f.width, f.height))
}

// WriteFile saves the picture as the extension of path says, .svg or .png;
// another gives ErrExtension. A file of that name is replaced as a whole: after
// an error it is what it was.
func (f *Figure) WriteFile(path string) error {
	var data []byte
	switch ext := filepath.Ext(path); strings.ToLower(ext) {
	case ".svg":
		data = []byte(f.svg)
	case ".png":
		data = f.png
	default:
		return errors.Wrapf(ErrExtension, "figure %s: path has %q, want .svg or .png", path, ext)
	}
	return errors.Wrapf(atomicfile.WriteBytes(path, data), "figure %s", path)
}

// draw makes a figure of what is drawn on a canvas of width x height pixels.
func draw(title string, w, h int, on func(canvas)) (*Figure, error) {
	f := &Figure{title: title, width: w, height: h}
	size := func(pixels int) vg.Length { return vg.Length(pixels) * pixel }

	svg := vgsvg.New(size(w), size(h))
	on(canvas{svg, float64(h)})
	var s strings.Builder
	if _, err := svg.WriteTo(&s); err != nil {
		return nil, errors.Wrap(err, "svg")
	}
	// Where the font is not installed, others of the same widths may be. Text
	// of the user's has no bare quotes and is left alone.
	const family = `style="font-family:Liberation Sans`
	f.svg = strings.ReplaceAll(s.String(), family+";", family+",Arial,Helvetica,sans-serif;")

	img := vgimg.NewWith(vgimg.UseWH(size(w), size(h)), vgimg.UseDPI(96))
	on(canvas{img, float64(h)})
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(&b); err != nil {
		return nil, errors.Wrap(err, "png")
	}
	f.png = b.Bytes()
	return f, nil
}
