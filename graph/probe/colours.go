package probe

import (
	"image/color"
	"math"
	"sync"

	"gonum.org/v1/plot/palette/brewer"
)

// shades are the colours of a scale from light to dark. They grow darker all the
// way, so that they tell in grey too, and none is white, which is nothing.
var shades = sync.OnceValue(func() []color.RGBA {
	// ColorBrewer's Blues (Brewer, Harrower), without its first, which is hardly
	// a colour; what lies between two is mixed.
	const between = 8
	p, err := brewer.GetPalette(brewer.TypeSequential, "Blues", 9)
	if err != nil {
		return []color.RGBA{{0x08, 0x30, 0x6B, 0xFF}} // not reached: the palette is there
	}
	anchors := p.Colors()[1:]
	var all []color.RGBA
	for i := range (len(anchors)-1)*between + 1 {
		a := color.RGBAModel.Convert(anchors[i/between]).(color.RGBA)
		b := color.RGBAModel.Convert(anchors[min(i/between+1, len(anchors)-1)]).(color.RGBA)
		mix := func(from, to uint8) uint8 {
			share := float64(i%between) / between
			return uint8(math.Round(float64(from)*(1-share) + float64(to)*share))
		}
		all = append(all, color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xFF})
	}
	return all
})

// shade is which of the shades stands for a share of the scale, from 0 to 1; none,
// below 0, for nothing.
func shade(share float64) int {
	if !(share > 0) {
		return -1
	}
	n := len(shades())
	return min(int(share*float64(n)), n-1)
}
