package graph

import (
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/random"
)

// LengthsConfig holds the settings of Lengths. Start from DefaultLengths.
type LengthsConfig struct {
	Base   int     // steps that a window usually has
	Full   float64 // probability of windows around Base, others are around Base/2; in [0, 1], default 0.95
	Spread float64 // standard deviation around that, in steps, from 0 to Base; default 5
	Min    int     // steps that every window has, from 1 to Base; default 5
	Seed   uint64
}

// DefaultLengths are the lengths of Merity et al. around base steps; Spread and
// Min are base itself where that is below 5.
func DefaultLengths(base int) LengthsConfig {
	return LengthsConfig{Base: base, Full: 0.95, Spread: min(5, float64(base)), Min: min(5, base)}
}

// Validate names every setting outside its domain.
func (c LengthsConfig) Validate() error {
	var bad []string
	want := func(ok bool, problem string, value any) {
		if !ok {
			bad = append(bad, fmt.Sprintf(problem, value))
		}
	}
	want(c.Base >= 1, "Base is %d, want at least 1", c.Base)
	want(c.Full >= 0 && c.Full <= 1, "Full is %v, want it in [0, 1]", c.Full)
	want(c.Spread >= 0 && c.Spread <= float64(c.Base), "Spread is %v, want it from 0 to Base", c.Spread)
	want(c.Min >= 1 && c.Min <= c.Base, "Min is %d, want it from 1 to Base", c.Min)
	if len(bad) > 0 {
		return errors.Wrapf(ErrConfig, "lengths: %s", strings.Join(bad, "; "))
	}
	return nil
}

// Lengths draws the lengths of windows, so that they end at other places in each
// epoch:
//
//	around = Base with probability Full, else Base/2
//	length = max(Min, round(around + Spread*N(0, 1)))
//
// The length of a window is a function of the seed, the epoch and the number of
// the window in it, and of nothing else: there is no state to save. No length is
// above Base + 7 Spread.
//
// Source: Merity et al., "Regularizing and Optimizing LSTM Language Models",
// ICLR 2018, section 4.1.
type Lengths struct {
	config LengthsConfig
}

// NewLengths makes the lengths of a config, or an error that wraps ErrConfig.
func NewLengths(c LengthsConfig) (*Lengths, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Lengths{c}, nil
}

// Config is the setting the lengths were made with.
func (l *Lengths) Config() LengthsConfig { return l.config }

// Of is the length of a window of an epoch, for Windows.NextOf. Any numbers will
// do.
func (l *Lengths) Of(epoch, window int) int {
	c := l.config
	choice, w0, w1, _ := random.NewStream(c.Seed, uint64(epoch), "window lengths").Bits(uint64(window))
	around := float64(c.Base)
	if !random.Happens(choice, c.Full) {
		around /= 2
	}
	return max(c.Min, int(math.Round(around+c.Spread*random.Normal(w0, w1))))
}

// Scale is steps/Base, the scale of the rate for a window of so many steps in
// optim.StepScaled: the loss is a mean over the window, and a short one would
// count as much as a long one.
func (l *Lengths) Scale(steps int) float64 { return float64(steps) / float64(l.config.Base) }
