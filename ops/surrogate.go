package ops

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/ops/surrogate"
)

// validate checks a surrogate that a caller gave.
func validate(s surrogate.Surrogate) error {
	if s == nil {
		return errors.Wrap(ErrConfig, "surrogate is nil")
	}
	if err := s.Validate(); err != nil {
		return errors.Wrapf(ErrConfig, "surrogate %v", err)
	}
	return nil
}

// antiderivatives is dst[i] = A(v[i]) with A' = s; dst may be v.
func antiderivatives[F kernel.Float](s surrogate.Surrogate, dst, v []F) {
	for i, x := range v {
		dst[i] = F(s.Antiderivative(float64(x)))
	}
}

// steps is dst[i] = Theta(v[i]), or for a smoothed surrogate A(v[i]); dst may be
// v.
func steps[F kernel.Float](s surrogate.Surrogate, dst, v []F) {
	if isSmooth(s) {
		antiderivatives(s, dst, v)
		return
	}
	for i, x := range v {
		dst[i] = 0
		if x > 0 {
			dst[i] = 1
		}
	}
}

func isSmooth(s surrogate.Surrogate) bool {
	_, ok := s.(surrogate.Smoothed)
	return ok
}
