package prune

import (
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/layers"
)

// EGRU makes a layer of the same name of some inputs and some units of another, in
// their order; nil for all. It computes for these units what the other does, as long
// as the outputs of the other units, and the inputs left out, are zero:
//
//	W (I, 3H), R (H, 3H), b (3H) keep rows of inputs or units, and columns of units
//	in each of their three blocks; thresholds and gains (H) those of units
//
// A nil layer gives ErrModel; inputs or units that are not there, not rising or
// none ErrUnits.
func EGRU(l *layers.EGRU, inputs, units []int) (*layers.EGRU, error) {
	if l == nil {
		return nil, errors.Wrap(ErrModel, "EGRU layer is nil")
	}
	c := l.Config()
	var err error
	if inputs, err = chosen("inputs", inputs, c.Inputs); err != nil {
		return nil, errors.Wrap(err, l.Name())
	}
	if units, err = chosen("units", units, c.Hidden); err != nil {
		return nil, errors.Wrap(err, l.Name())
	}
	// The three blocks of columns.
	var columns []int
	for block := range 3 {
		for _, u := range units {
			columns = append(columns, block*c.Hidden+u)
		}
	}
	c.Inputs, c.Hidden = len(inputs), len(units)
	small, err := layers.NewEGRU(l.Name(), c)
	if err != nil {
		return nil, err
	}
	one := []int{0}
	for i, from := range l.Params() {
		to := small.Params()[i]
		switch strings.TrimPrefix(from.Name(), l.Name()+".") {
		case "kernel":
			pick(to, from, inputs, columns)
		case "recurrent_kernel":
			pick(to, from, units, columns)
		case "bias", "recurrent_bias":
			pick(to, from, one, columns)
		case "threshold", "gain":
			pick(to, from, one, units)
		default:
			return nil, errors.Wrapf(ErrModel, "weight %s of an EGRU is not known", from.Name())
		}
	}
	return small, nil
}

// Linear makes a layer of the same name of some of the inputs of another, in their
// order; nil for all. It computes what the other does, as long as the inputs left
// out are zero. Errors are those of EGRU.
func Linear(l *layers.Linear, inputs []int) (*layers.Linear, error) {
	if l == nil {
		return nil, errors.Wrap(ErrModel, "linear layer is nil")
	}
	ps := l.Params()
	w := ps[0]
	name := strings.TrimSuffix(w.Name(), ".weight")
	I, O := w.Value().Shape()[0], w.Value().Shape()[1]
	inputs, err := chosen("inputs", inputs, I)
	if err != nil {
		return nil, errors.Wrap(err, name)
	}
	small, err := layers.NewLinear(name, layers.LinearConfig{
		Inputs: len(inputs), Outputs: O, NoBias: len(ps) == 1, Dtype: w.Value().Dtype(),
	})
	if err != nil {
		return nil, err
	}
	pick(small.Params()[0], w, inputs, upTo(O))
	if len(ps) > 1 {
		pick(small.Params()[1], ps[1], []int{0}, upTo(O))
	}
	return small, nil
}

// chosen checks places among n; all of them for nil.
func chosen(what string, places []int, n int) ([]int, error) {
	if places == nil {
		return upTo(n), nil
	}
	if len(places) == 0 {
		return nil, errors.Wrapf(ErrUnits, "no %s are to stay, want at least one of the %d", what, n)
	}
	before := -1
	for i, p := range places {
		if p <= before || p >= n {
			return nil, errors.Wrapf(ErrUnits, "%s[%d] is %d, want it above %d and below %d", what, i, p, before, n)
		}
		before = p
	}
	return places, nil
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// pick copies rows and columns of a matrix; a vector is one row.
func pick(to, from *layers.Param, rows, columns []int) {
	width := from.Value().Shape()[from.Value().Dims()-1]
	if from.Value().Dtype() == tensor.Float32 {
		pickFloats(to.Value().Float32s(), from.Value().Float32s(), rows, columns, width)
	} else {
		pickFloats(to.Value().Float64s(), from.Value().Float64s(), rows, columns, width)
	}
}

func pickFloats[F kernel.Float](to, from []F, rows, columns []int, width int) {
	for i, r := range rows {
		for j, c := range columns {
			to[i*len(columns)+j] = from[r*width+c]
		}
	}
}
