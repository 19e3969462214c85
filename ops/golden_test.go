package ops

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

// goldenDir holds reference values of other implementations; its README says
// what they are. EGRU_GOLDEN_DIR names another directory of such files to run
// in its place.
const goldenDir = "../testdata/golden"

// goldenFile is the form of the files.
type goldenFile struct {
	About  string `json:"about"`
	Config struct {
		Dampening, Support float64
	} `json:"config"`
	Inputs  map[string]goldenArray     `json:"inputs"`
	Outputs map[string]json.RawMessage `json:"outputs"`
	Grads   map[string]goldenArray     `json:"grads"`
}

type goldenArray struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

// goldenCell maps the names in a file to what our ops call them.
type goldenCell struct {
	name       string
	is         func(map[string]goldenArray) bool
	inputs     map[string]role   // nodes
	outputs    map[string]string // values to compare, and the name of the gradient that comes into them
	transposed bool              // torch keeps (3H, I)
}

var goldenCells = []goldenCell{
	{
		name: "torch.nn.GRU",
		is:   func(in map[string]goldenArray) bool { _, ok := in["weight_ih"]; return ok },
		inputs: map[string]role{
			"x": roleX, "weight_ih": roleW, "weight_hh": roleR, "bias_ih": roleBx, "bias_hh": roleBr, "h0": roleState,
			"zoneout_mask": roleZoneout,
		},
		outputs:    map[string]string{"y": "grad_y", "hn": "grad_hn"},
		transposed: true,
	},
	{
		name: "EGRU Paper",
		is:   func(in map[string]goldenArray) bool { _, ok := in["recurrent_bias"]; return !ok },
		inputs: map[string]role{
			"x": roleX, "kernel": roleW, "recurrent_kernel": roleR, "bias": roleBx, "threshold": roleThr,
			"c0": roleState, "y0": roleY, "zoneout_mask": roleZoneout,
		},
		outputs: map[string]string{"y": "grad_y", "c": "grad_c", "event": "grad_event"},
	},
	{
		name: "EGRU EvNN",
		is:   func(map[string]goldenArray) bool { return true },
		inputs: map[string]role{
			"x": roleX, "kernel": roleW, "recurrent_kernel": roleR, "bias": roleBx, "recurrent_bias": roleBr, "threshold": roleThr,
			"h0": roleState, "y0": roleY, "zoneout_mask": roleZoneout,
		},
		outputs: map[string]string{"y": "grad_y", "h": "grad_h", "event": "grad_event"},
	},
}

func TestGolden(t *testing.T) {
	dir := goldenDir
	if d := os.Getenv("EGRU_GOLDEN_DIR"); d != "" {
		dir = d
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files in %s (%v)", dir, err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var f goldenFile
		if err := json.Unmarshal(raw, &f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			for _, machine := range []string{"TapeMachine", "LispMachine"} {
				t.Run(name+"/"+dt.String()+"/"+machine, func(t *testing.T) { f.run(t, dt, machine) })
			}
		}
	}
}

func (f *goldenFile) cell() goldenCell {
	for _, c := range goldenCells {
		if c.is(f.Inputs) {
			return c
		}
	}
	panic("unreachable: the last cell takes every file")
}

func (f *goldenFile) run(t *testing.T, dt tensor.Dtype, machine string) {
	c := f.cell()
	g := G.NewGraph()
	nodes := map[string]*G.Node{}
	var of [roleCount]*G.Node
	for name, a := range f.Inputs {
		r, known := c.inputs[name]
		if _, gradient := strings.CutPrefix(name, "grad_"); !known && !gradient {
			t.Fatalf("input %q of %s is not known to this test", name, c.name)
		}
		n := a.node(g, name, dt, c.transposed && (r == roleW || r == roleR) && known, r == roleState && known)
		nodes[name] = n
		if known {
			of[r] = n
		}
	}
	var seq *Sequence
	var err error
	if c.transposed {
		seq, err = GRU(GRUInputs{
			X: of[roleX], W: of[roleW], R: of[roleR], Bx: of[roleBx], Br: of[roleBr], State: of[roleState], Zoneout: of[roleZoneout],
		}, GRUConfig{})
	} else {
		cfg := DefaultEGRU()
		cfg.Surrogate = surrogate.Triangle{Dampening: f.Config.Dampening, Support: f.Config.Support}
		if of[roleBr] == nil {
			cfg.Variant = Paper
		}
		seq, err = EGRU(EGRUInputs{
			X: of[roleX], W: of[roleW], R: of[roleR], Bx: of[roleBx], Br: of[roleBr], Thr: of[roleThr],
			State: of[roleState], Y: of[roleY], Zoneout: of[roleZoneout],
		}, cfg)
	}
	if err != nil {
		t.Fatal(err)
	}

	values := map[string]*G.Value{}
	var loss *G.Node
	for name, gradient := range c.outputs {
		weight := nodes[gradient]
		raw, compared := f.Outputs[name]
		switch {
		case weight == nil && !compared:
			continue
		case weight == nil:
			// An output that the loss leaves out would be a root of the graph,
			// which the LispMachine refuses.
			var a goldenArray
			if err := json.Unmarshal(raw, &a); err != nil {
				t.Fatal(err)
			}
			a.Data = make([]float64, len(a.Data))
			weight = a.node(g, "no gradient of "+name, dt, false, false)
		}
		out, err := map[string]func() (*G.Node, error){
			"y": seq.Y, "h": seq.States, "c": seq.States, "event": seq.Events, "hn": seq.FinalState,
		}[name]()
		if err != nil {
			t.Fatal(err)
		}
		values[name] = new(G.Value)
		G.Read(out, values[name])
		term := G.Must(G.Sum(G.Must(G.HadamardProd(out, weight))))
		if loss == nil {
			loss = term
		} else {
			loss = G.Must(G.Add(loss, term))
		}
		delete(nodes, gradient)
	}
	for name := range nodes {
		if strings.HasPrefix(name, "grad_") {
			t.Fatalf("%q comes into no output of %s", name, c.name)
		}
	}
	var lossValue G.Value
	G.Read(loss, &lossValue)

	var wrt G.Nodes
	for name := range f.Grads {
		if nodes[name] == nil {
			t.Fatalf("gradient of %q, which is no input of %s", name, c.name)
		}
		wrt = append(wrt, nodes[name])
	}
	var vm G.VM
	if machine == "TapeMachine" {
		if _, err := G.Grad(loss, wrt...); err != nil {
			t.Fatal(err)
		}
		vm = G.NewTapeMachine(g, G.BindDualValues(wrt...))
	} else {
		vm = G.NewLispMachine(g)
	}
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}

	tolerance := 1e-9
	if dt == tensor.Float32 {
		tolerance = 1e-4
	}
	for name, raw := range f.Outputs {
		if name == "loss" {
			var want float64
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			compare(t, name, numbers(lossValue), []float64{want}, tolerance)
			continue
		}
		var want goldenArray
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		v, ok := values[name]
		if !ok {
			t.Fatalf("output %q of %s is not known to this test", name, c.name)
		}
		compare(t, name, numbers(*v), want.Data, tolerance)
	}
	for name, want := range f.Grads {
		v, err := nodes[name].Grad()
		if err != nil {
			t.Fatal(err)
		}
		got := numbers(v)
		if r := c.inputs[name]; c.transposed && (r == roleW || r == roleR) {
			got = transposed(got, want.Shape[1], want.Shape[0])
		}
		compare(t, "d"+name, got, want.Data, tolerance)
	}
}

// node makes the input of an array. Torch's initial state has an axis for the
// layers in front.
func (a goldenArray) node(g *G.ExprGraph, name string, dt tensor.Dtype, transpose, state bool) *G.Node {
	shape, data := tensor.Shape(a.Shape).Clone(), a.Data
	if transpose {
		data = transposed(data, shape[0], shape[1])
		shape[0], shape[1] = shape[1], shape[0]
	}
	if state && len(shape) == 3 {
		shape = shape[1:]
	}
	var backing any = append([]float64{}, data...)
	if dt == tensor.Float32 {
		narrow := make([]float32, len(data))
		for i, v := range data {
			narrow[i] = float32(v)
		}
		backing = narrow
	}
	v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
	return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
}

// transposed turns a row-major (rows, cols) into (cols, rows).
func transposed(x []float64, rows, cols int) []float64 {
	out := make([]float64, len(x))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = x[i*cols+j]
		}
	}
	return out
}

func numbers(v G.Value) []float64 {
	switch d := v.Data().(type) {
	case []float64:
		return d
	case []float32:
		w := make([]float64, len(d))
		for i, x := range d {
			w[i] = float64(x)
		}
		return w
	case float64:
		return []float64{d}
	case float32:
		return []float64{float64(d)}
	}
	return nil
}

// compare wants each number within tolerance of the largest magnitude wanted.
func compare(t *testing.T, name string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d numbers, want %d", name, len(got), len(want))
		return
	}
	scale, worst, at := 0.0, 0.0, 0
	for i, w := range want {
		scale = max(scale, math.Abs(w))
		if d := math.Abs(got[i] - w); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*scale) {
		t.Errorf("%s[%d] = %v, want %v: %.2g of the largest, at most %.0g allowed", name, at, got[at], want[at], worst/scale, tolerance)
	}
}
