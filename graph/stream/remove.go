package stream

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/internal/cell"
	"github.com/egru/egru/internal/kernel"
)

// kept gives for each layer the units that stay, in ascending order.
func (c Config) kept(ws []weightsOf, names []string, decoder bool) ([][]int, error) {
	if len(c.Remove) > len(ws) {
		return nil, errors.Wrapf(ErrConfig, "Remove is for %d layers, the model has %d", len(c.Remove), len(ws))
	}
	kept := make([][]int, len(ws))
	for i, w := range ws {
		var out []int
		if i < len(c.Remove) {
			out = c.Remove[i]
		}
		switch last := i == len(ws)-1; {
		case len(out) == 0:
		case w.Kind == cell.GRU:
			return nil, errors.Wrapf(ErrConfig, "Remove takes units of %s, a GRU, whose units are never silent", names[i])
		case last && !decoder:
			return nil, errors.Wrapf(ErrConfig, "Remove takes units of %s, which are the output of the model", names[i])
		}
		gone := make([]bool, w.units)
		for _, k := range out {
			if k < 0 || k >= w.units {
				return nil, errors.Wrapf(ErrConfig, "Remove takes unit %d of %s, want 0..%d", k, names[i], w.units-1)
			}
			gone[k] = true
		}
		for k, g := range gone {
			if !g {
				kept[i] = append(kept[i], k)
			}
		}
		if len(kept[i]) == 0 {
			return nil, errors.Wrapf(ErrConfig, "Remove leaves no unit of %s", names[i])
		}
	}
	return kept, nil
}

// only gives the weights of some inputs and units. Nil inputs are all.
func (w weightsOf) only(inputs, units []int) weightsOf {
	var gates []int
	for block := range 3 {
		for _, k := range units {
			gates = append(gates, block*w.units+k)
		}
	}
	if inputs == nil {
		inputs = upTo(w.inputs)
	}
	pick := func(x []float32, rows, columns []int, width int) []float32 {
		if x == nil {
			return nil
		}
		return picked(kernel.NewMat(x, len(x)/width, width), rows, columns).Data
	}
	w.w, w.r = pick(w.w, inputs, gates, 3*w.units), pick(w.r, units, gates, 3*w.units)
	w.bx, w.br = pick(w.bx, []int{0}, gates, 3*w.units), pick(w.br, []int{0}, gates, 3*w.units)
	w.thr, w.gain = pick(w.thr, []int{0}, units, w.units), pick(w.gain, []int{0}, units, w.units)
	w.inputs, w.units = len(inputs), len(units)
	return w
}

func picked(m kernel.Mat[float32], rows, columns []int) kernel.Mat[float32] {
	p := kernel.NewMat(make([]float32, len(rows)*len(columns)), len(rows), len(columns))
	for i, k := range rows {
		for j, c := range columns {
			p.Data[i*p.Stride+j] = m.Row(k)[c]
		}
	}
	return p
}

func upTo(n int) []int {
	ks := make([]int, n)
	for k := range ks {
		ks[k] = k
	}
	return ks
}
