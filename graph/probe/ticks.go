package probe

import (
	"math"
	"strconv"
)

// tick is a labelled mark on an axis.
type tick struct {
	at    float64
	label string
}

// ticks are round numbers on the axis, about want of them.
func (a axis) ticks(want int) []tick {
	if a.log {
		return a.logTicks(want)
	}
	return a.linearTicks(want)
}

// linearTicks are the multiples of the step in range.
func (a axis) linearTicks(want int) []tick {
	step := a.step(want)
	var ts []tick
	label := labels(math.Max(math.Abs(a.min), math.Abs(a.max)), step)
	const slack = 1e-6 // of a step, for rounding
	for i := math.Ceil(a.min/step - slack); i <= a.max/step+slack; i++ {
		v := i*step + 0 // not -0
		ts = append(ts, tick{math.Min(math.Max(v, a.min), a.max), label(v)})
	}
	return ts
}

// step is the smallest of 1, 2, 2.5 and 5 times a power of ten of which at most
// want cover the range; a whole number on an axis of such.
func (a axis) step(want int) float64 {
	rough := (a.max - a.min) / float64(want)
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * power
	for _, m := range []float64{5, 2.5, 2, 1} {
		s := m * power
		if s >= rough && (!a.whole || s == math.Trunc(s)) {
			step = s
		}
	}
	if a.whole {
		step = math.Max(1, math.Round(step))
	}
	return step
}

// logTicks are powers of ten and, where these are few, their round multiples.
func (a axis) logTicks(want int) []tick {
	const enough = 3
	for _, multiples := range [][]float64{{1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 4, 5, 6, 8}} {
		var vs []float64
		for k := math.Floor(math.Log10(a.min)); k <= math.Ceil(math.Log10(a.max)); k++ {
			for _, m := range multiples {
				if v := m * math.Pow(10, k); v >= a.min*(1-1e-9) && v <= a.max*(1+1e-9) {
					vs = append(vs, v)
				}
			}
		}
		if len(vs) < enough {
			continue
		}
		every := (len(vs) + want - 1) / want
		var ts []tick
		for i := 0; i < len(vs); i += every {
			ts = append(ts, tick{vs[i], labels(vs[i], vs[i])(vs[i])})
		}
		return ts
	}
	return a.linearTicks(want)
}

// labels gives the labels for multiples of a step up to a magnitude, all with
// the same suffix and number of decimals.
func labels(magnitude, step float64) func(float64) string {
	if magnitude >= 1e15 || magnitude < 1e-4 {
		return func(v float64) string { return strconv.FormatFloat(round(v), 'g', -1, 64) }
	}
	divisor, suffix := 1.0, ""
	if magnitude >= 1e4 {
		for _, s := range []struct {
			of     float64
			suffix string
		}{{1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}} {
			if magnitude >= s.of && step >= s.of/10 {
				divisor, suffix = s.of, s.suffix
			}
		}
	}
	decimals := 0
	for unit := step / divisor; decimals < 15 && math.Abs(unit-math.Round(unit)) > 1e-6*unit; decimals++ {
		unit *= 10
	}
	return func(v float64) string {
		if v == 0 {
			return "0"
		}
		return strconv.FormatFloat(v/divisor, 'f', decimals, 64) + suffix
	}
}

// round cuts off what arithmetic left behind the twelfth digit.
func round(v float64) float64 { return roundTo(12, v) }

func roundTo(digits int, v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		return v
	}
	return r
}
