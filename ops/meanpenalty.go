package ops

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var _ operation[float32] = meanPenalty[float32]{}

// MeanPenaltyConfig holds the settings of MeanPenalty.
type MeanPenaltyConfig struct {
	Weight float64 // at least 0; 0 gives a penalty of 0
	Target float64 // of the mean
}

// Validate returns ErrConfig for a Weight below 0 or a setting that is not finite.
func (c MeanPenaltyConfig) Validate() error {
	if !(c.Weight >= 0) || math.IsInf(c.Weight, 0) {
		return errors.Wrapf(ErrConfig, "Weight is %v, want it finite and at least 0", c.Weight)
	}
	if math.IsNaN(c.Target) || math.IsInf(c.Target, 0) {
		return errors.Wrapf(ErrConfig, "Target is %v, want it finite", c.Target)
	}
	return nil
}

// MeanPenalty is a scalar that grows as the mean of all numbers of x leaves its
// target:
//
//	out = Weight * (mean(x) - Target)^2
//	dx  = dout * 2 * Weight * (mean(x) - Target) / n,  n numbers in x
//
// Added to a loss, it draws the mean to the target: of Sequence.Events the
// activity of a layer, of Sequence.States its mean state. x has any shape. Sums
// are made in float64, in one order for any number of processors.
//
// A nil node gives ErrNode; an empty axis ErrShape; dtypes other than float32
// and float64 ErrDtype; a Weight below 0, or a setting that is not finite,
// ErrConfig.
func MeanPenalty(x *G.Node, cfg MeanPenaltyConfig) (*G.Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, errors.Wrap(err, "MeanPenalty")
	}
	return apply(meanPenalty[float32]{cfg}, meanPenalty[float64]{cfg}, x)
}

type meanPenalty[F kernel.Float] struct {
	MeanPenaltyConfig
}

func (p meanPenalty[F]) String() string {
	return fmt.Sprintf("MeanPenalty(weight=%v, target=%v)", p.Weight, p.Target)
}

func (meanPenalty[F]) operands() []operand { return []operand{{name: "x", rank: anyRank}} }

func (meanPenalty[F]) shape([]tensor.Shape) (tensor.Shape, error) { return tensor.ScalarShape(), nil }

func (p meanPenalty[F]) forward(in []array[F], out []F) error {
	off := p.off(in[0].floats)
	out[0] = F(p.Weight * off * off)
	return nil
}

func (p meanPenalty[F]) backward(in []array[F], _, grad []F, into [][]F) error {
	x, dx := in[0].floats, into[0]
	each := F(float64(grad[0]) * 2 * p.Weight * p.off(x) / float64(len(x)))
	kernel.Parallel(len(dx), elementBlock, func(lo, hi int) {
		for i := range dx[lo:hi] {
			dx[lo+i] += each
		}
	})
	return nil
}

// off is how far the mean is from the target.
func (p meanPenalty[F]) off(x []F) float64 {
	sums := make([]float64, (len(x)+elementBlock-1)/elementBlock)
	kernel.Parallel(len(x), elementBlock, func(lo, hi int) {
		for _, v := range x[lo:hi] {
			sums[lo/elementBlock] += float64(v)
		}
	})
	sum := 0.0
	for _, s := range sums {
		sum += s
	}
	return sum/float64(len(x)) - p.Target
}
