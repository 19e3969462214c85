package cell

import (
	"sync/atomic"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

// Kind names the equations of a cell.
type Kind int

// The kinds of cell; see the package comment for their equations.
const (
	EvNN Kind = iota
	Paper
	GRU
)

func (k Kind) String() string {
	switch k {
	case EvNN:
		return "EvNN"
	case Paper:
		return "Paper"
	case GRU:
		return "GRU"
	}
	return "unknown kind"
}

var (
	// ErrNaN is returned where a state or its threshold is not a number. The
	// step would swallow it: no event, no sign of it.
	ErrNaN = errors.New("state is not a number")
	// ErrLength is returned for a length outside the sequence.
	ErrLength = errors.New("length out of range")
)

// Cell is a recurrence over a sequence. It holds no state between calls and
// may be used from several goroutines.
type Cell[F kernel.Float] struct {
	Shape
	Kind Kind

	// Surrogate writes s(v) for distances v to the threshold; dst may be v.
	// Not used by GRU.
	Surrogate func(dst, v []F)

	// Smooth, if not nil, takes the place of Theta; dst may be v. With the
	// antiderivative of the surrogate the cell becomes a smooth function and
	// Backward gives its true gradient.
	Smooth func(dst, v []F)
}

// Forward runs the sequence. Every slice of out is written in full. It fails on
// sizes that do not fit and, with ErrNaN, on a state that is not a number.
func (c *Cell[F]) Forward(in *Inputs[F], out *Outputs[F]) (Counts, error) {
	if err := c.check(in, out); err != nil {
		return Counts{}, err
	}
	var mem scratch[F]
	defer mem.release()
	p := c.newPass(in, out, &mem)

	steps := c.steps(in)
	n := Counts{
		Units:            steps * int64(c.H),
		DenseForwardMACs: steps * int64(c.I+c.H) * int64(3*c.H),
	}
	together := p.stepsTogether()
	weights := kernel.NewWeightsFor((c.T+together-1)/together, p.w)
	gateWeights := kernel.NewWeightsFor(c.T, p.r.ColRange(0, 2*c.H))
	candidateWeights := kernel.NewWeightsFor(c.T, p.r.ColRange(2*c.H, 3*c.H))
	defer weights.Release()
	defer gateWeights.Release()
	defer candidateWeights.Release()
	bias := p.bias(&mem)
	fed := kernel.NewMat(mem.dirty(c.state()), c.B, c.H) // y' of running rows, for Paper r*y'
	var events atomic.Int64
	var failed atomic.Int64 // 1 + index of the first unit that is not a number
	for t := range c.T {
		if t%together == 0 {
			n.ForwardMACs += p.startSteps(t, min(t+together, c.T), bias, weights)
		}
		y := p.runningY(t, fed)
		gates := p.step(p.gates, t)
		n.ForwardMACs += kernel.Gated(gates.ColRange(0, 2*c.H), y, gateWeights)
		candidate := gates.ColRange(2*c.H, 3*c.H)
		if c.Kind == Paper {
			c.eachBlock(func(_, lo, hi int) { p.resetBefore(t, lo, hi, fed) })
			n.ForwardMACs += kernel.Gated(candidate, fed, candidateWeights)
		} else {
			n.ForwardMACs += kernel.GatedFrom(in.Br[2*c.H:], p.step(p.recurrent, t), y, candidateWeights)
		}
		c.eachBlock(func(_, lo, hi int) {
			sent := 0
			for b := lo; b < hi; b++ {
				if t >= in.length(b, c.T) {
					p.freeze(t, b)
					continue
				}
				p.update(t, b)
				e, bad := p.emit(t, b)
				if bad >= 0 {
					lower(&failed, int64(1+b*c.H+bad))
				}
				sent += e
			}
			events.Add(int64(sent))
		})
		if at := failed.Load(); at != 0 {
			return n, errors.Wrapf(ErrNaN, "unit %d of row %d at step %d", (at-1)%int64(c.H), (at-1)/int64(c.H), t)
		}
	}
	p.finish()
	n.Events = events.Load()
	return n, nil
}

// lower sets a to v if v is lower or a is unset, so that the first failure in
// order is reported whichever comes first in time.
func lower(a *atomic.Int64, v int64) {
	for old := a.Load(); old == 0 || v < old; old = a.Load() {
		if a.CompareAndSwap(old, v) {
			return
		}
	}
}
