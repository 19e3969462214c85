package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/layers"
)

// plainTolerance is relative to the largest number of an array, in float64.
const plainTolerance = 1e-12

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func draw(r *rand.Rand, d *tensor.Dense) *tensor.Dense {
	for i := range d.Float64s() {
		d.Float64s()[i] = r.NormFloat64()
	}
	return d
}

func normal64(r *rand.Rand, shape ...int) *tensor.Dense {
	return draw(r, tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float64)))
}

func floats(v G.Value) []float64 {
	switch x := v.Data().(type) {
	case []float64:
		return x
	case float64:
		return []float64{x}
	}
	panic(fmt.Sprintf("%T", v.Data()))
}

func equal(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	scale := 0.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	if scale == 0 {
		t.Errorf("%s is all zeros, which would hide errors", what)
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= plainTolerance*scale) {
			t.Errorf("%s[%d] is %v, want %v", what, i, got[i], w)
			return
		}
	}
}

// gradsOf runs a machine and gives loss and gradients by name.
func gradsOf(t *testing.T, vm G.VM, loss *G.Value, wrt G.Nodes) map[string][]float64 {
	t.Helper()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	of := map[string][]float64{"loss": floats(*loss)}
	for _, n := range wrt {
		of[n.Name()] = floats(must(n.Grad()))
	}
	return of
}

// gates are the columns of a gradient (N, 3H) of each gate.
func gates(d []float64, units int) [3][]float64 {
	var of [3][]float64
	for i := range 3 {
		of[i] = columns(d, units, i)
	}
	return of
}

// comparePlain wants the gradients of a plain GRU to be those of the layer.
func comparePlain(t *testing.T, name string, units int, plain, want map[string][]float64) {
	t.Helper()
	w, r := gates(want[name+".kernel"], units), gates(want[name+".recurrent_kernel"], units)
	bx, br := gates(want[name+".bias"], units), gates(want[name+".recurrent_bias"], units)
	for i, gate := range []string{"r", "z", "n"} {
		equal(t, name+".W"+gate, plain[name+".W"+gate], w[i])
		equal(t, name+".R"+gate, plain[name+".R"+gate], r[i])
		equal(t, name+".b"+gate, plain[name+".b"+gate], bx[i])
	}
	equal(t, name+".brn", plain[name+".brn"], br[2])
}

// The baseline is honest: it computes what the library's GRU does.
func TestPlainGRUIsTheGRUOfTheLibrary(t *testing.T) {
	for _, c := range []struct {
		T, B, I, H int
		fixedX     bool
	}{{4, 3, 2, 5, false}, {4, 3, 2, 5, true}, {2, 2, 3, 4, false}, {3, 1, 2, 4, false}} {
		t.Run(fmt.Sprintf("T=%d B=%d fixed x %v", c.T, c.B, c.fixedX), func(t *testing.T) {
			cfg := layers.DefaultGRU(c.I, c.H)
			cfg.Dtype = tensor.Float64
			l := must(layers.NewGRU("rnn", cfg))
			r := rand.New(rand.NewPCG(1, 2))
			for _, p := range l.Params() {
				draw(r, p.Value())
			}
			x, dy := normal64(r, c.T, c.B, c.I), normal64(r, c.T, c.B, c.H)

			g := G.NewGraph()
			in := held(g, "x", x)
			out := must(l.Run(layers.Signal{X: in, Fixed: c.fixedX}, layers.State{}, layers.Run{}))
			loss := must(G.Sum(must(G.HadamardProd(out.X, held(g, "dy", dy)))))
			wrt := must(layers.Nodes(g, l.Params()))
			if !c.fixedX {
				wrt = append(wrt, in)
			}
			must(G.Grad(loss, wrt...))
			var value G.Value
			G.Read(loss, &value)
			want := gradsOf(t, G.NewTapeMachine(g, G.BindDualValues(wrt...)), &value, wrt)

			vm, read, wrt := plainGraph(c.fixedX, newPlainGRU(l), steps(x), steps(dy))
			got := gradsOf(t, vm, read, wrt)
			equal(t, "loss", got["loss"], want["loss"])
			comparePlain(t, "rnn", c.H, got, want)
			for step := range c.T {
				name := fmt.Sprintf("x at %d", step)
				if _, ok := got[name]; ok == c.fixedX {
					t.Errorf("gradient of %s: %v", name, ok)
				} else if ok {
					equal(t, name, got[name], want["x"][step*c.B*c.I:(step+1)*c.B*c.I])
				}
			}
		})
	}
}

func TestPlainLanguageModelIsThatOfTheLibrary(t *testing.T) {
	c := config{sizes: sizes{T: 4, B: 3, I: 3, H: 5, V: 7, layers: 2}, seed: 1}
	cfg := c.languageModel(layers.CellGRU)
	cfg.Dtype = tensor.Float64
	m := must(layers.NewLanguageModel(cfg))
	r := rand.New(rand.NewPCG(1, 2))
	for _, p := range m.Params() {
		draw(r, p.Value())
	}
	window := c.window()

	s := must(graph.NewSession(graph.LanguageModel{LanguageModel: m}, graph.Config{}))
	result := must(s.Train(s.NewStream(c.B), window))
	want := map[string][]float64{}
	for i, p := range m.Params() {
		want[p.Name()] = floats(must(result.Grads[i].Grad()))
	}

	vm, read, wrt := newPlainLM(m).graph(window)
	got := gradsOf(t, vm, read, wrt)
	equal(t, "loss", got["loss"], []float64{result.Loss})
	equal(t, "embedding", got["embedding"], want["embedding.weight"])
	equal(t, "bias", got["bias"], want["decoder.bias"])
	comparePlain(t, "rnn.0", 5, got, want)
	comparePlain(t, "rnn.1", 3, got, want)
}
