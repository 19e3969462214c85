package probe

import "math"

// largest and smallest magnitudes that axes are laid out for: sums, products
// and logarithms of such numbers stay finite.
const (
	largest  = 1e300
	smallest = 1e-300
)

// axis maps numbers to 0..1 between its ends.
type axis struct {
	min, max float64
	log      bool
	whole    bool // only whole numbers get a tick
}

// newAxis is an axis that holds no number yet. Its scale cannot change later.
func newAxis(log bool) axis {
	return axis{min: math.Inf(1), max: math.Inf(-1), log: log, whole: true}
}

// shows tells whether a number can be drawn on the axis.
func (a axis) shows(v float64) bool {
	if a.log {
		return v >= smallest && v <= largest
	}
	return math.Abs(v) <= largest // false for NaN
}

func (a *axis) include(v float64) {
	a.min, a.max = math.Min(a.min, v), math.Max(a.max, v)
	a.whole = a.whole && v == math.Trunc(v)
}

// includeShown leaves out numbers that the axis cannot show.
func (a *axis) includeShown(vs []float64) {
	for _, v := range vs {
		if a.shows(v) {
			a.include(v)
		}
	}
}

func (a axis) empty() bool { return a.min > a.max }

// widen makes room around a range that is empty or so narrow that its ends
// could not be told apart.
func (a *axis) widen() {
	const (
		narrow = 1e-9
		margin = 0.05
	)
	if a.log {
		if a.max/a.min < 1+narrow {
			a.min, a.max = a.min/(1+margin), a.max*(1+margin)
		}
		return
	}
	magnitude := math.Max(math.Abs(a.min), math.Abs(a.max))
	if a.max-a.min > math.Max(narrow*magnitude, smallest) {
		return
	}
	by := margin * magnitude
	if by < smallest || a.whole {
		by = math.Max(1, by)
	}
	a.min, a.max = a.min-by, a.max+by
}

// at is where a number is: 0 at the lower end, 1 at the upper.
func (a axis) at(v float64) float64 {
	if a.log {
		return (math.Log(v) - math.Log(a.min)) / (math.Log(a.max) - math.Log(a.min))
	}
	return (v - a.min) / (a.max - a.min)
}
