package optim

import (
	"cmp"
	"slices"
	"strconv"
	"unsafe"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/rowmajor"
)

// parameter is one entry of a model: the memory of its value and its gradient,
// row-major and contiguous. The fields of the other precision are nil.
type parameter struct {
	name  string
	shape tensor.Shape // borrowed from the value
	f32   pair[float32]
	f64   pair[float64]
}

func (p *parameter) dtype() tensor.Dtype {
	if p.f32.value != nil {
		return tensor.Float32
	}
	return tensor.Float64
}

type pair[F kernel.Float] struct{ value, grad []F }

// reader reads models. It keeps its memory, so that a step allocates nothing.
type reader struct {
	params    []parameter
	names     map[string]struct{}
	positions []string
	spans     []span
}

// span is a stretch of memory.
type span struct {
	from, to uintptr
	param    int
	grad     bool
}

// read checks all that can be wrong with a model by itself. The result is valid
// until the next call.
func (r *reader) read(solver string, model []G.ValueGrad) ([]parameter, error) {
	if r.names == nil {
		r.names = make(map[string]struct{}, len(model))
	}
	clear(r.names)
	clear(r.params)
	r.params = r.params[:0]
	for i, vg := range model {
		if n, isNode := vg.(*G.Node); vg == nil || isNode && n == nil {
			return nil, errors.Wrapf(ErrValue, "%s: parameter %d is nil", solver, i)
		}
		name := r.nameOf(vg, i)
		if _, taken := r.names[name]; taken {
			return nil, errors.Wrapf(ErrName, "%s: parameter %q comes twice", solver, name)
		}
		r.names[name] = struct{}{}
		p, err := readParameter(vg)
		if err != nil {
			return nil, errors.Wrapf(err, "%s: parameter %q", solver, name)
		}
		p.name = name
		r.params = append(r.params, p)
	}
	return r.params, errors.WithMessage(r.checkShared(), solver)
}

// unnamed is what Node.Name makes up for an input node without a name.
var unnamed = new(G.Node).Name()

func (r *reader) nameOf(vg G.ValueGrad, position int) string {
	if n, ok := vg.(G.Namer); ok {
		if name := n.Name(); name != "" && name != unnamed {
			return name
		}
	}
	for len(r.positions) <= position {
		r.positions = append(r.positions, "#"+strconv.Itoa(len(r.positions)))
	}
	return r.positions[position]
}

func readParameter(vg G.ValueGrad) (p parameter, err error) {
	value := vg.Value()
	if value == nil {
		return p, errors.Wrap(ErrValue, "has no value")
	}
	p.shape = value.Shape()
	if p.f32.value, p.f64.value, err = floats(value); err != nil {
		return p, errors.Wrapf(ErrValue, "value %v", err)
	}
	grad, err := vg.Grad()
	switch {
	case err != nil:
		return p, errors.Wrap(ErrGradient, err.Error())
	case grad == nil:
		return p, errors.Wrap(ErrGradient,
			"has no gradient; has the machine run, and is the parameter among those of gorgonia.Grad?")
	case isConstant(vg, grad):
		return p, errors.Wrap(ErrGradient,
			"gradient is a constant, which a step must not overwrite; the machine needs gorgonia.BindDualValues of all parameters")
	case grad.Dtype() != value.Dtype():
		return p, errors.Wrapf(ErrGradient, "gradient has dtype %v, want %v", grad.Dtype(), value.Dtype())
	case !grad.Shape().Eq(p.shape): // Eq takes (n), (n,1) and (1,n) for one, and so may we
		return p, errors.Wrapf(ErrGradient, "gradient has shape %v, want %v", grad.Shape(), p.shape)
	}
	if p.f32.grad, p.f64.grad, err = floats(grad); err != nil {
		return p, errors.Wrapf(ErrGradient, "gradient %v", err)
	}
	return p, nil
}

// isConstant tells whether a gradient is the value of a constant node, as it can
// be without BindDualValues. Gorgonia shares those among all graphs of the
// process: setting one to zero would falsify the derivatives of later graphs.
func isConstant(vg G.ValueGrad, grad G.Value) bool {
	n, ok := vg.(*G.Node)
	if !ok || n.Deriv() == nil {
		return false
	}
	c, ok := n.Deriv().Op().(interface{ Value() G.Value })
	return ok && c.Value() == grad
}

// floats gives the memory of a value. One of the slices is nil.
func floats(v G.Value) ([]float32, []float64, error) {
	switch t := v.(type) {
	case *G.F32:
		return unsafe.Slice((*float32)(t), 1), nil, nil
	case *G.F64:
		return nil, unsafe.Slice((*float64)(t), 1), nil
	case *tensor.Dense:
		if t.Dtype() != tensor.Float32 && t.Dtype() != tensor.Float64 {
			return nil, nil, errors.Errorf("has dtype %v, want float32 or float64", t.Dtype())
		}
		if !t.IsNativelyAccessible() || t.IsMasked() || !rowmajor.Is(t.Shape(), t.Strides()) {
			return nil, nil, errors.New("is masked or a transposed or strided view, want a tensor stored row by row in one piece")
		}
		if t.Dtype() == tensor.Float32 {
			return t.Float32s(), nil, nil
		}
		return nil, t.Float64s(), nil
	}
	return nil, nil, errors.Errorf("is a %T, want a *tensor.Dense, *gorgonia.F32 or *gorgonia.F64", v)
}

// checkShared reports overlaps. A weight behind two nodes would be moved twice,
// each time by a part of its gradient; and machines without BindDualValues give
// one tensor to several parameters whose gradients are equal.
func (r *reader) checkShared() error {
	r.spans = r.spans[:0]
	for i := range r.params {
		p := &r.params[i]
		r.spans = append(r.spans,
			spanOf(p.f32.value, p.f64.value, i, false),
			spanOf(p.f32.grad, p.f64.grad, i, true))
	}
	slices.SortFunc(r.spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(r.spans); i++ {
		if a, b := r.spans[i-1], r.spans[i]; b.from < a.to {
			return errors.Wrapf(ErrShared,
				"%s and %s overlap; one weight is one node, and the machine needs gorgonia.BindDualValues of all parameters",
				r.describe(a), r.describe(b))
		}
	}
	return nil
}

func spanOf(f32 []float32, f64 []float64, param int, grad bool) span {
	from := uintptr(unsafe.Pointer(unsafe.SliceData(f64)))
	to := from + 8*uintptr(len(f64))
	if f32 != nil {
		from = uintptr(unsafe.Pointer(unsafe.SliceData(f32)))
		to = from + 4*uintptr(len(f32))
	}
	return span{from, to, param, grad}
}

func (r *reader) describe(s span) string {
	if s.grad {
		return "the gradient of " + strconv.Quote(r.params[s.param].name)
	}
	return "the value of " + strconv.Quote(r.params[s.param].name)
}
