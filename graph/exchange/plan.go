package exchange

import (
	"math"

	"github.com/egru/egru/layers"
)

// plan is what an import is going to do: all of it once everything is checked,
// or nothing.
type plan struct {
	moves []func()
	wrong problems
}

// change is what becomes of a weight on its way.
type change int

const (
	asItIs     change = iota
	transposed        // from (n, m) to (m, n)
	clamped           // into [0, 1]
)

func (p *plan) set(to *layers.Param, w weight, c change) {
	switch dst := to.Value().Data().(type) {
	case []float32:
		move(p, to.Name(), dst, w, c)
	case []float64:
		move(p, to.Name(), dst, w, c)
	}
}

func move[F float32 | float64](p *plan, name string, dst []F, w weight, c change) {
	x := make([]F, len(dst))
	switch from := w.numbers.(type) {
	case []float32:
		convert(p, name, x, from)
	case []float64:
		convert(p, name, x, from)
	}
	switch c {
	case transposed:
		x = transpose(x, w.shape[0], w.shape[1])
	case clamped:
		for i := range x {
			x[i] = min(max(x[i], 0), 1)
		}
	}
	p.moves = append(p.moves, func() { copy(dst, x) })
}

// convert changes the precision. What is finite must stay finite.
func convert[F, G float32 | float64](p *plan, name string, dst []F, src []G) {
	for i, x := range src {
		dst[i] = F(x)
		if math.IsInf(float64(dst[i]), 0) && !math.IsInf(float64(x), 0) {
			p.wrong.addf("number %d for %s is %v, which float32 cannot hold", i, name, x)
			return
		}
	}
}

// fill sets every element to a number.
func (p *plan) fill(to *layers.Param, number float64) {
	p.moves = append(p.moves, func() {
		switch dst := to.Value().Data().(type) {
		case []float32:
			for i := range dst {
				dst[i] = float32(number)
			}
		case []float64:
			for i := range dst {
				dst[i] = number
			}
		}
	})
}

func (p *plan) carryOut(what string) error {
	if err := p.wrong.err(ErrArchive, what); err != nil {
		return err
	}
	for _, move := range p.moves {
		move()
	}
	return nil
}

// transpose gives (columns, rows) of row-major (rows, columns).
func transpose[F any](x []F, rows, columns int) []F {
	out := make([]F, len(x))
	for i := range rows {
		for j, v := range x[i*columns:][:columns] {
			out[j*rows+i] = v
		}
	}
	return out
}

// weightsOf are the weights of a layer by what follows the layer's name.
func weightsOf(l layers.Recurrent) map[string]*layers.Param {
	ps := map[string]*layers.Param{}
	for _, p := range l.Params() {
		ps[p.Name()[len(l.Name())+1:]] = p
	}
	return ps
}
