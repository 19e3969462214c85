package exchange

import (
	"slices"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

// export gathers copies of weights for an archive, which gets all or none.
type export struct {
	a       *archive.Archive
	prefix  string
	names   []string
	tensors []*tensor.Dense
}

// add gives the tensor that the archive will hold.
func (e *export) add(name string, p *layers.Param, c change) *tensor.Dense {
	var t *tensor.Dense
	switch x := p.Value().Data().(type) {
	case []float32:
		t = exported(p.Value().Shape(), x, c)
	case []float64:
		t = exported(p.Value().Shape(), x, c)
	}
	e.put(name, t)
	return t
}

func (e *export) put(name string, t *tensor.Dense) {
	e.names = append(e.names, e.prefix+name)
	e.tensors = append(e.tensors, t)
}

func exported[F float32 | float64](shape tensor.Shape, x []F, c change) *tensor.Dense {
	shape = shape.Clone()
	if c == transposed {
		x = transpose(x, shape[0], shape[1])
		shape[0], shape[1] = shape[1], shape[0]
	} else {
		x = slices.Clone(x)
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
}

func (e *export) carryOut(what string) error {
	var wrong problems
	if e.a == nil {
		wrong.addf("archive is nil")
		return wrong.err(ErrArchive, what)
	}
	var taken []string
	for _, name := range e.names {
		if e.a.Tensors[name] != nil {
			taken = append(taken, name)
		}
	}
	if len(taken) > 0 {
		wrong.addf("already there are %s", listed(taken))
		return wrong.err(ErrArchive, what)
	}
	if e.a.Tensors == nil {
		e.a.Tensors = map[string]*tensor.Dense{}
	}
	for i, name := range e.names {
		e.a.Tensors[name] = e.tensors[i]
	}
	return nil
}

// gain is what the output of a layer is multiplied by, a number for each unit;
// nil for ones.
func gain(l *layers.EGRU) []float64 {
	g := make([]float64, l.Units())
	for i := range g {
		g[i] = l.Config().OutputGain
	}
	if p := weightsOf(l)["gain"]; p != nil {
		switch x := p.Value().Data().(type) {
		case []float32:
			for i := range g {
				g[i] = float64(x[i])
			}
		case []float64:
			copy(g, x)
		}
	}
	if !slices.ContainsFunc(g, func(x float64) bool { return x != 1 }) {
		return nil
	}
	return g
}

// fold multiplies what t makes of a layer's output by the layer's gain: rows of a
// kernel (H, 3H'), columns of a decoder (V, H).
func fold(t *tensor.Dense, gain []float64, columns bool) {
	if gain == nil {
		return
	}
	switch x := t.Data().(type) {
	case []float32:
		multiply(x, t.Shape()[1], gain, columns)
	case []float64:
		multiply(x, t.Shape()[1], gain, columns)
	}
}

func multiply[F float32 | float64](x []F, width int, gain []float64, columns bool) {
	for i := range x {
		unit := i / width
		if columns {
			unit = i % width
		}
		x[i] = F(float64(x[i]) * gain[unit])
	}
}
