package probe

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/ops/surrogate"
)

// Surrogates describes a figure of surrogates over the distance v of a state to
// its threshold: s(v), and below it the antiderivative, which rises as the step
// would. v goes to 2.5 times the distance at which the widest has fallen to half
// its height.
//
// No surrogates, one that is nil or not valid, or two of one name give ErrFigure.
func Surrogates(title string, list ...surrogate.Surrogate) (Panels, error) {
	reach, seen := 0.0, map[string]bool{}
	for i, s := range list {
		if s == nil {
			return Panels{}, errors.Wrapf(ErrFigure, "surrogate %d is nil", i)
		}
		if err := s.Validate(); err != nil {
			return Panels{}, errors.Wrapf(ErrFigure, "surrogate %d: %v", i, err)
		}
		if seen[s.String()] {
			return Panels{}, errors.Wrapf(ErrFigure, "surrogate %d, %v, has the name of another", i, s)
		}
		seen[s.String()] = true
		reach = max(reach, halfHeight(s))
	}
	if len(list) == 0 {
		return Panels{}, errors.Wrap(ErrFigure, "there are no surrogates, want at least 1")
	}
	if reach == 0 { // none of them falls
		reach = 1
	}
	const (
		width = 2.5
		steps = 400
	)
	v := make([]float64, steps+1)
	for i := range v {
		v[i] = width * reach * (2*float64(i)/steps - 1)
	}
	derivatives := Lines{Title: "derivative s(v)", FromZero: true}
	antiderivatives := Lines{Title: "antiderivative"}
	for _, s := range list {
		d, a := Series{Name: s.String(), X: v}, Series{Name: s.String(), X: v}
		for _, v := range v {
			d.Y = append(d.Y, s.Derivative(v))
			a.Y = append(a.Y, s.Antiderivative(v))
		}
		derivatives.Series = append(derivatives.Series, d)
		antiderivatives.Series = append(antiderivatives.Series, a)
	}
	return Panels{Title: title, XLabel: "v, distance to the threshold", Panels: []Lines{derivatives, antiderivatives}}, nil
}

// halfHeight is the distance, to a factor of 2^(1/4), from which on s is below half
// its height, or 0 if there is none.
func halfHeight(s surrogate.Surrogate) float64 {
	const closest, farthest, step = 0x1p-100, 0x1p+100, 1.189207115002721
	for v := closest; v < farthest; v *= step {
		if s.Derivative(v) < s.Derivative(0)/2 {
			return v
		}
	}
	return 0
}
