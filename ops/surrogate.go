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

// derivatives is dst[i] = s(v[i]); dst may be v.
func derivatives[F kernel.Float](s surrogate.Surrogate, dst, v []F) {
	if loops, ok := s.(surrogate.Slices); ok {
		switch dst := any(dst).(type) {
		case []float32:
			loops.Derivatives32(dst, any(v).([]float32))
			return
		case []float64:
			loops.Derivatives64(dst, any(v).([]float64))
			return
		}
	}
	for i, x := range v {
		dst[i] = F(s.Derivative(float64(x)))
	}
}

// antiderivatives is dst[i] = A(v[i]) with A' = s; dst may be v.
func antiderivatives[F kernel.Float](s surrogate.Surrogate, dst, v []F) {
	for i, x := range v {
		dst[i] = F(s.Antiderivative(float64(x)))
	}
}
