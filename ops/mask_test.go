package ops

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func maskCase(dt tensor.Dtype, cfg MaskConfig) opCase {
	of := func(dt tensor.Dtype, cfg MaskConfig) func(in []*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return Mask(in[0], dt, cfg) }
	}
	change := func(f func(cfg *MaskConfig)) func(in []*G.Node) (*G.Node, error) {
		other := cfg
		f(&other)
		return of(dt, other)
	}
	otherDtype := tensor.Float32
	if dt == otherDtype {
		otherDtype = tensor.Float64
	}
	return opCase{
		name:   fmt.Sprintf("Mask of %v %v", dt, cfg.Shape),
		inputs: []opInput{{name: "key", shape: tensor.Shape{2}, below: 1 << 30}},
		build:  of(dt, cfg),
		formula: func(in []opValue, _ []float64) (out []float64, grads [][]float64) {
			one := 1.0
			if cfg.Scale {
				one = 1 / cfg.Keep
			}
			for i := range cfg.Shape.TotalSize() {
				out = append(out, one*drawn(in[0], cfg.Stream, i, cfg.Keep))
			}
			return out, [][]float64{nil}
		},
		others: []func(in []*G.Node) (*G.Node, error){
			of(otherDtype, cfg),
			change(func(cfg *MaskConfig) { cfg.Keep /= 2 }),
			change(func(cfg *MaskConfig) { cfg.Stream += "b" }),
			change(func(cfg *MaskConfig) { cfg.Scale = !cfg.Scale }),
			change(func(cfg *MaskConfig) { cfg.Shape = append(cfg.Shape.Clone(), 1) }),
		},
	}
}

func TestMask(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		suite(t,
			maskCase(dt, MaskConfig{Shape: tensor.Shape{3, 2, 4}, Keep: 0.7, Stream: "zoneout"}),
			maskCase(dt, MaskConfig{Shape: tensor.Shape{5}, Keep: 0.3, Scale: true, Stream: "dropconnect"}),
			maskCase(dt, MaskConfig{Keep: 0.5}),
		)
	}
}

func TestMaskOfOneStreamIsThatOfDropout(t *testing.T) {
	m := maskCase(tensor.Float64, MaskConfig{Shape: tensor.Shape{40}, Keep: 0.75, Scale: true, Stream: "x"})
	key := m.values(1, tensor.Float64)[0]
	x := opValue{shape: tensor.Shape{40}}
	for range 40 {
		x.floats = append(x.floats, 1)
	}
	d := dropoutCase(DropoutConfig{P: 0.25, Stream: "x"}, 40)
	compare(t, "mask", m.result(t, tape, []opValue{key}, tensor.Float64).out, d.result(t, tape, []opValue{x, key}, tensor.Float64).out, 0)
}

func TestMaskKeepsItsSettings(t *testing.T) {
	shape := tensor.Shape{2, 3}
	c := maskCase(tensor.Float64, MaskConfig{Shape: shape, Keep: 1})
	o := c.graph(t, c.values(1, tensor.Float64), tensor.Float64)
	name := o.out.Op().String()
	shape[0] = 5
	vm := o.machine(t, tape)
	defer vm.Close()
	compare(t, "mask", o.run(t, vm).out, []float64{1, 1, 1, 1, 1, 1}, 0)
	if now := o.out.Op().String(); now != name {
		t.Errorf("%s became %s", name, now)
	}
}

func TestMaskErrors(t *testing.T) {
	g := G.NewGraph()
	key := G.NewVector(g, tensor.Int, G.WithShape(2), G.WithName("key"))
	good := MaskConfig{Shape: tensor.Shape{2, 3}, Keep: 0.5}
	for _, keep := range []float64{-0.1, 1.1, math.NaN()} {
		wantError(t, "Keep", ErrConfig, "Mask: Keep is ")(Mask(key, tensor.Float32, MaskConfig{Shape: good.Shape, Keep: keep}))
	}
	wantError(t, "nothing to scale", ErrConfig, "Mask: Keep is 0 with Scale true")(Mask(key, tensor.Float32, MaskConfig{Shape: good.Shape, Scale: true}))
	wantError(t, "empty axis", ErrShape, "Mask: Shape is (2, 0), with an empty axis")(Mask(key, tensor.Float32, MaskConfig{Shape: tensor.Shape{2, 0}, Keep: 0.5}))
	wantError(t, "dtype", ErrDtype, "Mask: dtype is int, want float32 or float64")(Mask(key, tensor.Int, good))
	long := G.NewVector(g, tensor.Int, G.WithShape(3), G.WithName("long"))
	wantError(t, "key", ErrShape, "key has shape (3), want (2): seed and step")(Mask(long, tensor.Float64, good))
}
