package ops

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/egru/egru/internal/cell"
	"github.com/egru/egru/ops/surrogate"
)

// unrolled is a recurrent layer that can be built twice over the same weights:
// by one op for the whole sequence, and out of small ops, step by step.
type unrolled struct {
	kind       cell.Kind
	surrogate  surrogate.Surrogate
	T, B, I, H int

	zoneout, dropConnect bool
	live                 bool // the steps compute gradients of y' by GatedMatMulLive

	output string // that the loss takes from every step: y, state or event
	ended  bool   // the loss takes the final state too
	seed   uint64
}

// TestFusedEqualsUnrolled: outputs, states and all gradients of the one op are
// those of the graph that spells out every step.
func TestFusedEqualsUnrolled(t *testing.T) {
	all := allSurrogates(t)
	rapid.Check(t, func(rt *rapid.T) {
		u := unrolled{
			kind: rapid.SampledFrom([]cell.Kind{cell.EvNN, cell.Paper, cell.GRU}).Draw(rt, "kind"),
			surrogate: surrogate.Triangle{
				Dampening: rapid.SampledFrom([]float64{0.3, 1, 2}).Draw(rt, "dampening"),
				Support:   rapid.SampledFrom([]float64{0.5, 1, 4}).Draw(rt, "support"),
			},
			T: rapid.IntRange(1, 3).Draw(rt, "T"),
			B: rapid.IntRange(1, 3).Draw(rt, "B"),
			// Gorgonia loses an axis of one on slicing.
			I:           rapid.IntRange(2, 4).Draw(rt, "I"),
			H:           rapid.IntRange(2, 6).Draw(rt, "H"),
			zoneout:     rapid.Bool().Draw(rt, "zoneout"),
			dropConnect: rapid.Bool().Draw(rt, "drop connect"),
			live:        rapid.Bool().Draw(rt, "live"),
			output:      ofY,
			ended:       rapid.Bool().Draw(rt, "final state"),
			seed:        rapid.Uint64().Draw(rt, "seed"),
		}
		if u.kind != cell.GRU {
			u.output = rapid.SampledFrom([]string{ofY, ofState, ofEvents}).Draw(rt, "output")
		}
		if rapid.Bool().Draw(rt, "another surrogate") {
			u.surrogate = rapid.SampledFrom(all).Draw(rt, "surrogate")
		}
		u.fusedEqualsUnrolled(rt)
	})
}

// Every surrogate, in both variants and for every output.
func TestFusedEqualsUnrolledForEverySurrogate(t *testing.T) {
	eachSurrogate(t, func(t *testing.T, s surrogate.Surrogate) {
		for _, kind := range []cell.Kind{cell.EvNN, cell.Paper} {
			for i, output := range []string{ofY, ofState, ofEvents} {
				unrolled{
					kind: kind, surrogate: s, T: 3, B: 2, I: 2, H: 5,
					zoneout: i == 1, dropConnect: i == 2, live: i != 1,
					output: output, ended: true, seed: uint64(i),
				}.fusedEqualsUnrolled(t)
			}
		}
	})
}

func (u unrolled) fusedEqualsUnrolled(t rapid.TB) {
	want := u.run(t, u.stepByStep)
	got := u.run(t, u.fused)
	largest := map[string]float64{}
	all := 0.0
	for name, w := range want {
		for _, x := range w {
			largest[name] = max(largest[name], math.Abs(x))
		}
		all = max(all, largest[name])
	}
	for name, w := range want {
		// Where terms of the size of other gradients cancel, what is left of them
		// are a few of their roundings.
		bound := max(1e-12*largest[name], 8*0x1p-53*all)
		for i, x := range w {
			if !(math.Abs(got[name][i]-x) <= bound) {
				t.Errorf("gradient of %s[%d] is %v, want %v", name, i, got[name][i], x)
			}
		}
	}
}

// The outputs of every step.
const (
	ofY      = "y"
	ofState  = "state"
	ofEvents = "events"
)

// run gives the gradients of a loss towards all inputs, by name. That of dout is
// the output itself, that of dstate the final state:
//
//	loss = sum_t sum (dout[t] * output[t]) + sum (dstate * state[T-1])
func (u unrolled) run(t rapid.TB, build func(in map[string]*G.Node) (weighted, state *G.Node)) map[string][]float64 {
	g := G.NewGraph()
	in, wrt := u.inputs(g)
	weighted, state := build(in)
	loss := G.Must(G.Add(weighted, total(G.Must(G.HadamardProd(state, in["dstate"])))))
	if thr := in["Thr"]; thr != nil { // the states of one step of Paper do not depend on it
		nothing := opInput{shape: tensor.Shape{u.H}, draw: func(*rand.Rand) float64 { return 0 }}.value(nil, tensor.Float64)
		loss = G.Must(G.Add(loss, total(G.Must(G.HadamardProd(thr, nothing.node(g, "nothing", tensor.Float64))))))
	}
	if _, err := G.Grad(loss, wrt...); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(wrt...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	grads := map[string][]float64{}
	for _, n := range wrt {
		v, err := n.Grad()
		if err != nil {
			t.Fatal(err)
		}
		grads[n.Name()] = flat(v)
	}
	return grads
}

// inputs are standard normal, x with every other number zero.
func (u unrolled) inputs(g *G.ExprGraph) (in map[string]*G.Node, wrt G.Nodes) {
	r := rand.New(rand.NewPCG(u.seed, 0))
	coin := func(r *rand.Rand) float64 { return float64(r.IntN(2)) }
	state := tensor.Shape{u.B, u.H}
	inputs := []opInput{
		{name: "X", shape: tensor.Shape{u.T, u.B, u.I}, draw: func(r *rand.Rand) float64 { return coin(r) * r.NormFloat64() }},
		{name: "W", shape: tensor.Shape{u.I, 3 * u.H}},
		{name: "R", shape: tensor.Shape{u.H, 3 * u.H}},
		{name: "Bx", shape: tensor.Shape{3 * u.H}},
		{name: "State", shape: state},
		{name: "dout", shape: tensor.Shape{u.T, u.B, u.H}},
		{name: "dstate", shape: state, draw: func(r *rand.Rand) float64 {
			if u.ended {
				return r.NormFloat64()
			}
			return 0
		}},
	}
	if u.kind != cell.Paper {
		inputs = append(inputs, opInput{name: "Br", shape: tensor.Shape{3 * u.H}})
	}
	if u.kind != cell.GRU {
		inputs = append(inputs,
			opInput{name: "Thr", shape: tensor.Shape{u.H}, draw: func(r *rand.Rand) float64 { return 0.5 * r.Float64() }},
			opInput{name: "Y", shape: state, draw: func(r *rand.Rand) float64 { return coin(r) * r.NormFloat64() }})
	}
	if u.zoneout {
		inputs = append(inputs, opInput{name: "Zoneout", shape: tensor.Shape{u.T, u.B, u.H}, draw: coin, fixed: true})
	}
	if u.dropConnect {
		inputs = append(inputs, opInput{name: "DropConnect", shape: tensor.Shape{u.H, 3 * u.H}, draw: coin, fixed: true})
	}
	in = map[string]*G.Node{}
	for _, i := range inputs {
		n := i.value(r, tensor.Float64).node(g, i.name, tensor.Float64)
		in[i.name] = n
		if !i.fixed {
			wrt = append(wrt, n)
		}
	}
	return in, wrt
}

func (u unrolled) fused(in map[string]*G.Node) (weighted, state *G.Node) {
	var s *Sequence
	var err error
	if u.kind == cell.GRU {
		s, err = GRU(GRUInputs{
			X: in["X"], W: in["W"], R: in["R"], Bx: in["Bx"], Br: in["Br"],
			State: in["State"], Zoneout: in["Zoneout"], DropConnect: in["DropConnect"],
		}, GRUConfig{})
	} else {
		variant := EvNN
		if u.kind == cell.Paper {
			variant = Paper
		}
		s, err = EGRU(EGRUInputs{
			X: in["X"], W: in["W"], R: in["R"], Bx: in["Bx"], Br: in["Br"], Thr: in["Thr"],
			State: in["State"], Y: in["Y"], Zoneout: in["Zoneout"], DropConnect: in["DropConnect"],
		}, EGRUConfig{Variant: variant, Surrogate: u.surrogate})
	}
	if err != nil {
		panic(err)
	}
	part := map[string]func() (*G.Node, error){ofY: s.Y, ofState: s.States, ofEvents: s.Events}[u.output]
	output, state := G.Must(part()), G.Must(s.FinalState())
	return total(G.Must(G.HadamardProd(output, in["dout"]))), state
}

// stepByStep spells out the equations in the package comment of internal/cell.
func (u unrolled) stepByStep(in map[string]*G.Node) (weighted, state *G.Node) {
	r := in["R"]
	if u.dropConnect {
		r = G.Must(G.HadamardProd(r, in["DropConnect"]))
	}
	w, r3, bx := u.blocks(in["W"]), u.blocks(r), u.blocks(in["Bx"])
	br := make([]*G.Node, 3)
	if u.kind != cell.Paper {
		br = u.blocks(in["Br"])
	}
	state, y := in["State"], in["Y"]
	if u.kind == cell.GRU {
		y = state
	}
	var live *G.Node // where y takes a gradient; nil for everywhere
	for step := range u.T {
		x := G.Must(TimeSlice(in["X"], step))
		fromX := func(block int) *G.Node {
			return G.Must(AddBias(G.Must(GatedMatMul(x, w[block])), bx[block]))
		}
		fromY := func(y *G.Node, block int) *G.Node {
			var q *G.Node
			if live == nil {
				q = G.Must(GatedMatMul(y, r3[block]))
			} else {
				q = G.Must(GatedMatMulLive(y, r3[block], live))
			}
			if br[block] == nil {
				return q
			}
			return G.Must(AddBias(q, br[block]))
		}
		gate := func(block int) *G.Node { return G.Must(G.Sigmoid(G.Must(G.Add(fromX(block), fromY(y, block))))) }
		mix := func(share, a, b *G.Node) *G.Node { // share*a + (1-share)*b
			return G.Must(G.Add(b, G.Must(G.HadamardProd(share, G.Must(G.Sub(a, b))))))
		}

		var c *G.Node
		switch u.kind {
		case cell.Paper:
			reset := gate(1)
			candidate := G.Must(G.Tanh(G.Must(G.Add(fromX(2), fromY(G.Must(G.HadamardProd(reset, y)), 2)))))
			c = G.Must(G.Sub(mix(gate(0), candidate, state), y))
		default:
			keep, reset := gate(0), gate(1)
			if u.kind == cell.GRU {
				keep, reset = reset, keep
			}
			recurrent := G.Must(G.HadamardProd(reset, fromY(y, 2)))
			c = mix(keep, state, G.Must(G.Tanh(G.Must(G.Add(fromX(2), recurrent)))))
		}
		if u.zoneout {
			c = mix(G.Must(TimeSlice(in["Zoneout"], step)), c, state)
		}
		state, y = c, c
		var o *G.Node
		if u.kind != cell.GRU {
			y = G.Must(Event(c, in["Thr"], u.surrogate))
			if u.live {
				live = G.Must(Live(c, in["Thr"], u.surrogate))
			}
		}
		if u.kind == cell.EvNN || u.output == ofEvents {
			v := G.Must(AddBias(c, G.Must(G.Neg(in["Thr"]))))
			o = G.Must(Heaviside(v, u.surrogate))
		}
		if u.kind == cell.EvNN {
			state = G.Must(G.Sub(c, G.Must(Gain(o, in["Thr"]))))
		}

		output := map[string]*G.Node{ofY: y, ofState: state, ofEvents: o}[u.output]
		part := total(G.Must(G.HadamardProd(output, G.Must(TimeSlice(in["dout"], step)))))
		if weighted == nil {
			weighted = part
		} else {
			weighted = G.Must(G.Add(weighted, part))
		}
	}
	return weighted, state
}

// blocks cuts the last axis of a weight into its three gates.
func (u unrolled) blocks(n *G.Node) []*G.Node {
	cut := make([]*G.Node, 3)
	for i := range cut {
		columns := G.S(i*u.H, (i+1)*u.H)
		if n.Dims() == 1 {
			cut[i] = G.Must(G.Slice(n, columns))
		} else {
			cut[i] = G.Must(G.Slice(n, nil, columns))
		}
	}
	return cut
}
