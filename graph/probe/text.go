package probe

import (
	"sort"
	"strings"
	"sync"
	"unicode"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// Font sizes in pixels.
const (
	titleSize  = 16
	labelSize  = 13
	tickSize   = 12
	lineHeight = 18 // for all of them
)

// faces are the fonts of all figures. They carry their own metrics: a figure
// looks the same on every machine.
var faces = sync.OnceValue(func() (f struct{ title, heading, label, tick font.Face }) {
	cache := font.NewCache(liberation.Collection())
	face := func(pixels float64, weight xfont.Weight) font.Face {
		f := font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight}
		return cache.Lookup(f, vg.Length(pixels)*pixel)
	}
	f.title = face(titleSize, xfont.WeightBold)
	f.heading = face(labelSize, xfont.WeightBold)
	f.label = face(labelSize, xfont.WeightNormal)
	f.tick = face(tickSize, xfont.WeightNormal)
	return f
})

func textWidth(f font.Face, s string) float64 { return float64(f.Width(s) / pixel) }

// clean makes one line of what may come from anywhere, without the control
// characters that XML does not allow. Spaces are single, as SVG has them.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// shorten cuts a text that is too wide and says so with an ellipsis.
func shorten(f font.Face, s string, most float64) string {
	if textWidth(f, s) <= most {
		return s
	}
	runes := []rune(s)
	cut := func(n int) string { return strings.TrimSpace(string(runes[:n])) + "…" }
	tooMany := sort.Search(len(runes), func(n int) bool { return textWidth(f, cut(n)) > most })
	return cut(max(0, tooMany-1))
}

// wrap breaks a text between words into lines that are not too wide.
func wrap(f font.Face, s string, most float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		word = shorten(f, word, most)
		if line != "" && textWidth(f, line+" "+word) > most {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
