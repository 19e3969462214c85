package exchange

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

var dtypes = []tensor.Dtype{tensor.Float32, tensor.Float64}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// example is an input of a model and what the model of testdata/make.py gives.
type example struct{ X, Y array }

type array struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

func exampleOf(t testing.TB, name string) example {
	t.Helper()
	raw, err := os.ReadFile("testdata/outputs.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]example
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	e, ok := all[name]
	if !ok {
		t.Fatalf("there is no example for %s", name)
	}
	return e
}

func read(t testing.TB, file string) *archive.Archive {
	t.Helper()
	a, err := archive.Read(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// node makes an input of numbers.
func (a array) node(g *G.ExprGraph, name string, dt tensor.Dtype) *G.Node {
	var backing any = slices.Clone(a.Data)
	switch dt {
	case tensor.Float32:
		backing = as[float32](a.Data)
	case tensor.Int:
		backing = as[int](a.Data)
	}
	v := tensor.New(tensor.WithShape(a.Shape...), tensor.WithBacking(backing))
	return G.NewTensor(g, dt, len(a.Shape), G.WithShape(a.Shape...), G.WithName(name), G.WithValue(v))
}

func as[N float32 | int](x []float64) []N {
	y := make([]N, len(x))
	for i, v := range x {
		y[i] = N(v)
	}
	return y
}

// value runs a graph and gives the numbers of a node.
func value(t testing.TB, n *G.Node) []float64 {
	t.Helper()
	var v G.Value
	G.Read(n, &v)
	vm := G.NewTapeMachine(n.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	switch x := v.Data().(type) {
	case []float64:
		return slices.Clone(x)
	case []float32:
		wide := make([]float64, len(x))
		for i, f := range x {
			wide[i] = float64(f)
		}
		return wide
	}
	t.Fatalf("value is %T", v.Data())
	return nil
}

// stackOutput runs layers on top of each other.
func stackOutput(t testing.TB, x array, ls ...layers.Recurrent) []float64 {
	t.Helper()
	stack := must(layers.NewStack(layers.Dropout{}, ls...))
	in := layers.Signal{X: x.node(G.NewGraph(), "x", ls[0].Dtype())}
	return value(t, must(stack.Run(in, nil, layers.Run{})).X)
}

// losses are those of the next words, the first after the last.
func losses(t testing.TB, ids array, m *layers.LanguageModel) []float64 {
	t.Helper()
	g := G.NewGraph()
	B := ids.Shape[1]
	next := array{ids.Shape, append(slices.Clone(ids.Data[B:]), ids.Data[:B]...)}
	out := must(m.Run(ids.node(g, "ids", tensor.Int), nil, layers.Run{}))
	loss := must(m.Loss(out.Signal, next.node(g, "next", tensor.Int)))
	return value(t, must(loss.NLL()))
}

// compare wants numbers within tolerance of the largest.
func compare(t testing.TB, name string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", name, len(got), len(want))
		return
	}
	scale := 0.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tolerance*scale) {
			t.Errorf("%s[%d] is %v, want %v", name, i, got[i], w)
			return
		}
	}
}

// tolerance is the goal for float32; float64 has all digits of the weights.
func tolerance(dt tensor.Dtype) float64 {
	if dt == tensor.Float32 {
		return 1e-5
	}
	return 1e-12
}

// wantError wants an error that wraps a sentinel and says something.
func wantError(t testing.TB, name string, err, sentinel error, says string) {
	t.Helper()
	if err == nil || !errors.Is(err, sentinel) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: error %v, want %q saying %s", name, err, sentinel, says)
	}
}

// params lists the numbers of weights.
func params(ps []*layers.Param) map[string]any {
	out := map[string]any{}
	for _, p := range ps {
		out[p.Name()] = p.Value().Clone().(*tensor.Dense).Data()
	}
	return out
}

// randomise gives weights other numbers, thresholds low ones, so that there are
// events.
func randomise(seed uint64, ps []*layers.Param) {
	r := rand.New(rand.NewPCG(seed, 0))
	for _, p := range ps {
		number := r.NormFloat64
		if strings.HasSuffix(p.Name(), "threshold") {
			number = func() float64 { return 0.2 * r.Float64() }
		}
		switch x := p.Value().Data().(type) {
		case []float32:
			for i := range x {
				x[i] = float32(number())
			}
		case []float64:
			for i := range x {
				x[i] = number()
			}
		}
	}
}

// without is an archive less some tensors.
func without(a *archive.Archive, names ...string) *archive.Archive {
	out := &archive.Archive{Tensors: map[string]*tensor.Dense{}}
	for name, d := range a.Tensors {
		if !slices.Contains(names, name) {
			out.Tensors[name] = d
		}
	}
	return out
}

// with is an archive with another tensor.
func with(a *archive.Archive, name string, d *tensor.Dense) *archive.Archive {
	out := without(a)
	out.Tensors[name] = d
	return out
}

func floats(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(make([]float32, tensor.Shape(shape).TotalSize())))
}

// under is an archive with a prefix before each name.
func under(prefix string, a *archive.Archive) *archive.Archive {
	out := &archive.Archive{Tensors: map[string]*tensor.Dense{}}
	for name, d := range a.Tensors {
		out.Tensors[prefix+name] = d
	}
	return out
}
