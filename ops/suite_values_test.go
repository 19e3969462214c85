package ops

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// viewsAreRead hands over the inputs in memory that is not row by row. Gorgonia
// gives their gradients the same strides.
func (s opRun) viewsAreRead(t *testing.T) {
	want := s.result(t, tape, s.values, s.dt)
	for _, kind := range []string{tape, lisp} {
		for name, view := range map[string]func(opValue, tensor.Dtype) *tensor.Dense{
			"transposed": transposedView, "by columns": columnMajor, "sliced": slicedView,
		} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				o := s.graph(t, s.values, s.dt)
				for i, n := range o.in {
					if v := view(s.values[i], s.dt); v != nil {
						if err := G.Let(n, v); err != nil {
							t.Fatal(err)
						}
					}
				}
				vm := o.machine(t, kind)
				defer vm.Close()
				same(t, s.opCase, o.run(t, vm), want)
			})
		}
	}
}

// transposedView stores a value of two or more axes column by column, under a
// transposition that is only noted; nil for fewer axes.
func transposedView(v opValue, dt tensor.Dtype) *tensor.Dense {
	if len(v.shape) < 2 {
		return nil
	}
	d := v.of(dt).(*tensor.Dense)
	if d.T() != nil {
		return nil
	}
	d = d.Materialize().(*tensor.Dense)
	if d.T() != nil {
		return nil
	}
	return d
}

// columnMajor stores a value of two or more axes column by column, as
// AsFortran does with what it is given row by row; nil for fewer axes.
func columnMajor(v opValue, dt tensor.Dtype) *tensor.Dense {
	if len(v.shape) < 2 {
		return nil
	}
	return tensor.New(tensor.WithShape(v.shape.Clone()...), tensor.AsFortran(v.backing(dt)))
}

// slicedView puts a value into every other number of a wider tensor. A scalar
// becomes a tensor without axes.
func slicedView(v opValue, dt tensor.Dtype) *tensor.Dense {
	wide := opValue{shape: append(v.shape.Clone(), 2)}
	for _, x := range v.floats {
		wide.floats = append(wide.floats, x, math.NaN())
	}
	for _, x := range v.index {
		wide.index = append(wide.index, x, -1)
	}
	cut := make([]tensor.Slice, len(wide.shape))
	cut[len(v.shape)] = tensor.S(0)
	view, err := wide.of(dt).(*tensor.Dense).Slice(cut...)
	if err != nil || !sameShape(view.Shape(), v.shape) { // an axis of one is lost
		return nil
	}
	return view.(*tensor.Dense)
}

// unusableValuesAreErrors calls the op as a machine does, with values that
// Gorgonia may not have checked.
func (s opRun) unusableValuesAreErrors(t *testing.T) {
	o := s.graph(t, s.values, s.dt)
	op := o.op().Op()
	good := make([]G.Value, len(s.values))
	for i, v := range s.values {
		good[i] = v.of(s.dt)
	}
	refuse := func(name string, sentinel error, values ...G.Value) {
		t.Helper()
		v, err := o.do(values...)
		if err == nil || v != nil {
			t.Errorf("%s: got value %v and error %v, want an error", name, v, err)
		} else if !errors.Is(err, sentinel) || !strings.Contains(err.Error(), op.String()) {
			t.Errorf("%s: got error %q, want it to wrap %q and name %q", name, err, sentinel, op)
		}
	}
	refuse("no values", ErrShape)
	refuse("too many values", ErrShape, append(slices.Clone(good), good[0])...)
	for i, v := range s.values {
		longer := opValue{shape: append(v.shape.Clone(), 2), floats: append(slices.Clone(v.floats), v.floats...), index: append(slices.Clone(v.index), v.index...)}
		other := opValue{shape: v.shape, floats: make([]float64, v.shape.TotalSize())}
		dt := tensor.Float64
		if s.dt == tensor.Float64 {
			dt = tensor.Float32
		}
		for _, bad := range []struct {
			name  string
			value G.Value
			want  error
		}{
			{"nil", nil, ErrShape},
			{"longer", longer.of(s.dt), ErrShape},
			{"of another dtype", other.of(dt), ErrDtype},
			{"of another kind", G.NewB(true), ErrDtype},
		} {
			values := slices.Clone(good)
			values[i] = bad.value
			refuse(s.inputs[i].name+" "+bad.name, bad.want, values...)
		}
	}
}
