package ops

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

// sequenceInputs are the inputs of the recurrent ops, all of them.
func sequenceInputs(roles ...role) []opInput {
	const T, B, I, H = 4, 3, 2, 5
	shapes := [roleCount]tensor.Shape{
		roleX: {T, B, I}, roleW: {I, 3 * H}, roleR: {H, 3 * H}, roleBx: {3 * H}, roleBr: {3 * H}, roleThr: {H},
		roleState: {B, H}, roleY: {B, H}, roleZoneout: {T, B, H}, roleDropConnect: {H, 3 * H}, roleLengths: {B},
	}
	coin := func(r *rand.Rand) float64 { return float64(r.IntN(2)) }
	inputs := make([]opInput, len(roles))
	for i, r := range roles {
		inputs[i] = opInput{name: roleOperands[r].name, shape: shapes[r]}
		switch r {
		case roleThr:
			inputs[i].draw = func(r *rand.Rand) float64 { return 0.1 + 0.4*r.Float64() }
		case roleZoneout, roleDropConnect:
			inputs[i].draw, inputs[i].fixed = coin, true
		case roleLengths:
			inputs[i].below = T + 1
		}
		inputs[i].optional = r >= roleState
	}
	return inputs
}

var (
	evnnRoles  = []role{roleX, roleW, roleR, roleBx, roleBr, roleThr, roleState, roleY, roleZoneout, roleDropConnect, roleLengths}
	paperRoles = []role{roleX, roleW, roleR, roleBx, roleThr, roleState, roleY, roleZoneout, roleDropConnect, roleLengths}
	gruRoles   = []role{roleX, roleW, roleR, roleBx, roleBr, roleState, roleZoneout, roleDropConnect, roleLengths}
)

func byRole(roles []role, in []*G.Node) (of [roleCount]*G.Node) {
	for i, r := range roles {
		of[r] = in[i]
	}
	return of
}

func egruOf(roles []role, cfg EGRUConfig, part func(*Sequence) (*G.Node, error)) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) {
		of := byRole(roles, in)
		s, err := EGRU(EGRUInputs{
			X: of[roleX], W: of[roleW], R: of[roleR], Bx: of[roleBx], Br: of[roleBr], Thr: of[roleThr],
			State: of[roleState], Y: of[roleY], Zoneout: of[roleZoneout], DropConnect: of[roleDropConnect], Lengths: of[roleLengths],
		}, cfg)
		if err != nil {
			return nil, err
		}
		return part(s)
	}
}

func gruOf(cfg GRUConfig, part func(*Sequence) (*G.Node, error)) func([]*G.Node) (*G.Node, error) {
	return func(in []*G.Node) (*G.Node, error) {
		of := byRole(gruRoles, in)
		s, err := GRU(GRUInputs{
			X: of[roleX], W: of[roleW], R: of[roleR], Bx: of[roleBx], Br: of[roleBr],
			State: of[roleState], Zoneout: of[roleZoneout], DropConnect: of[roleDropConnect], Lengths: of[roleLengths],
		}, cfg)
		if err != nil {
			return nil, err
		}
		return part(s)
	}
}

func TestSequenceOps(t *testing.T) {
	smooth := func(v Variant) EGRUConfig {
		c := DefaultEGRU()
		c.Variant, c.Smooth = v, true
		return c
	}
	other := smooth(EvNN)
	other.Surrogate = surrogate.Triangle{Dampening: 0.5, Support: 2}
	fixed := smooth(EvNN)
	fixed.FixedState = true
	metered := smooth(EvNN)
	metered.Meter = NewMeter("m")
	y := (*Sequence).Y
	suite(t,
		opCase{
			name: "EGRU EvNN", smooth: true,
			inputs: sequenceInputs(evnnRoles...),
			build:  egruOf(evnnRoles, smooth(EvNN), y),
			others: []func([]*G.Node) (*G.Node, error){
				egruOf(evnnRoles, other, y), egruOf(evnnRoles, fixed, y), egruOf(evnnRoles, metered, y), egruOf(evnnRoles, DefaultEGRU(), y),
			},
		},
		opCase{name: "states of EGRU EvNN", smooth: true, inputs: sequenceInputs(evnnRoles...), build: egruOf(evnnRoles, smooth(EvNN), (*Sequence).States)},
		opCase{name: "events of EGRU EvNN", smooth: true, inputs: sequenceInputs(evnnRoles...), build: egruOf(evnnRoles, smooth(EvNN), (*Sequence).Events)},
		opCase{name: "final y of EGRU EvNN", smooth: true, inputs: sequenceInputs(evnnRoles...), build: egruOf(evnnRoles, smooth(EvNN), (*Sequence).FinalY)},
		opCase{name: "EGRU Paper", smooth: true, inputs: sequenceInputs(paperRoles...), build: egruOf(paperRoles, smooth(Paper), y)},
		opCase{name: "final state of EGRU Paper", smooth: true, inputs: sequenceInputs(paperRoles...), build: egruOf(paperRoles, smooth(Paper), (*Sequence).FinalState)},
		opCase{name: "GRU", smooth: true, inputs: sequenceInputs(gruRoles...), build: gruOf(GRUConfig{}, y)},
		opCase{name: "final state of GRU", smooth: true, inputs: sequenceInputs(gruRoles...), build: gruOf(GRUConfig{}, (*Sequence).FinalState)},
	)
}

// A layer above computes its input's gradient only where the layer below is
// live, and the weights below get the same gradient as without.
func TestLiveMaskBetweenLayersChangesNoGradientBelow(t *testing.T) {
	inputs := sequenceInputs(evnnRoles[:6]...)
	values := opCase{inputs: inputs}.values(3, tensor.Float64)
	const H = 5
	r := rand.New(rand.NewPCG(4, 0))
	above := opInput{shape: tensor.Shape{H, 3 * H}}.value(r, tensor.Float64)
	cfg := DefaultEGRU()
	cfg.Surrogate = surrogate.Triangle{Dampening: 1, Support: 4}

	run := func(masked bool) ([][]float64, Counts) {
		g := G.NewGraph()
		in := opCase{inputs: inputs}.nodes(g, values, tensor.Float64)
		below, err := EGRU(EGRUInputs{X: in[0], W: in[1], R: in[2], Bx: in[3], Br: in[4], Thr: in[5]}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		x := must(t)(below.Y())
		second := EGRUInputs{X: x, W: above.node(g, "above", tensor.Float64), R: in[2], Bx: in[3], Br: in[4], Thr: in[5]}
		if masked {
			second.LiveX = must(t)(below.Live())
		}
		upper := cfg
		upper.Meter = NewMeter("above")
		s, err := EGRU(second, upper)
		if err != nil {
			t.Fatal(err)
		}
		loss := total(must(t)(s.Y()))
		if _, err := G.Grad(loss, in...); err != nil {
			t.Fatal(err)
		}
		if err := G.NewTapeMachine(g, G.BindDualValues(in...)).RunAll(); err != nil {
			t.Fatal(err)
		}
		var grads [][]float64
		for _, n := range in {
			v, err := n.Grad()
			if err != nil {
				t.Fatal(err)
			}
			grads = append(grads, flat(v))
		}
		return grads, upper.Meter.Counts()
	}
	want, all := run(false)
	got, some := run(true)
	for i := range want {
		compare(t, inputs[i].name, got[i], want[i], 1e-13)
	}
	if some.BackwardMACs >= all.BackwardMACs {
		t.Errorf("%d MACs with a live mask, %d without", some.BackwardMACs, all.BackwardMACs)
	}
}

func TestMeterGathersOverRunsAndCanBeReset(t *testing.T) {
	cfg := DefaultEGRU()
	cfg.Meter = NewMeter("layer")
	inputs := sequenceInputs(evnnRoles[:6]...)
	c := opCase{inputs: inputs, build: egruOf(evnnRoles[:6], cfg, (*Sequence).Y)}
	o := c.graph(t, c.values(1, tensor.Float64), tensor.Float64)
	vm := G.NewTapeMachine(o.g)
	for range 2 {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
	}
	n := cfg.Meter.Counts()
	events := int64(0)
	for _, y := range flat(*o.read) {
		if y != 0 {
			events++
		}
	}
	if n.Units != 2*4*3*5 || n.Events != 2*events || n.DenseForwardMACs != 2*4*3*(2+5)*15 {
		t.Errorf("%+v after two runs with %d events each", n, events)
	}
	cfg.Meter.Reset()
	if n := cfg.Meter.Counts(); n != (Counts{}) {
		t.Errorf("%+v after a reset", n)
	}
}

func TestSequenceErrorsNameOpAndShapes(t *testing.T) {
	g := G.NewGraph()
	n := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	good := func() EGRUInputs {
		return EGRUInputs{X: n("x", 4, 3, 2), W: n("w", 2, 15), R: n("r", 5, 15), Bx: n("bx", 15), Br: n("br", 15), Thr: n("thr", 5)}
	}
	for _, c := range []struct {
		name     string
		spoil    func(*EGRUInputs, *EGRUConfig)
		sentinel error
		says     string
	}{
		{"kernel", func(in *EGRUInputs, _ *EGRUConfig) { in.W = n("w3", 3, 15) }, ErrShape, "W has shape (3, 15), want (2, 15)"},
		{"recurrent kernel", func(in *EGRUInputs, _ *EGRUConfig) { in.R = n("r4", 4, 15) }, ErrShape, "want"},
		{"rank", func(in *EGRUInputs, _ *EGRUConfig) { in.X = n("x2", 4, 3) }, ErrShape, "X has shape (4, 3) of 2 axes, want 3"},
		{"state", func(in *EGRUInputs, _ *EGRUConfig) { in.State = n("s", 4, 5) }, ErrShape, "State has shape (4, 5), want (3, 5)"},
		{"zoneout", func(in *EGRUInputs, _ *EGRUConfig) { in.Zoneout = n("z", 4, 3, 4) }, ErrShape, "Zoneout has shape (4, 3, 4), want (4, 3, 5)"},
		{"lengths", func(in *EGRUInputs, _ *EGRUConfig) { in.Lengths = n("l", 3) }, ErrDtype, "Lengths has dtype float64, want int"},
		{"nil", func(in *EGRUInputs, _ *EGRUConfig) { in.Thr = nil }, ErrNode, "Thr is nil"},
		{"surrogate", func(_ *EGRUInputs, c *EGRUConfig) { c.Surrogate = nil }, ErrConfig, "EGRU"},
		{"support", func(_ *EGRUInputs, c *EGRUConfig) { c.Surrogate = surrogate.Triangle{Dampening: 1} }, ErrConfig, "support is 0"},
		{"variant", func(_ *EGRUInputs, c *EGRUConfig) { c.Variant = 7 }, ErrConfig, "variant is 7"},
		{"two biases for Paper", func(_ *EGRUInputs, c *EGRUConfig) { c.Variant = Paper }, ErrConfig, "one bias"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, cfg := good(), DefaultEGRU()
			c.spoil(&in, &cfg)
			s, err := EGRU(in, cfg)
			if s != nil {
				t.Error("a sequence came back")
			}
			wantError(t, "EGRU", c.sentinel, c.says)(nil, err)
		})
	}
}

func TestNaNInASequenceStopsTheRun(t *testing.T) {
	inputs := sequenceInputs(evnnRoles[:6]...)
	c := opCase{inputs: inputs, build: egruOf(evnnRoles[:6], DefaultEGRU(), (*Sequence).Y)}
	values := c.values(1, tensor.Float64)
	values[0].floats[3] = math.NaN()
	err := G.NewTapeMachine(c.graph(t, values, tensor.Float64).g).RunAll()
	if err == nil || !strings.Contains(err.Error(), "unit 0 of row 1 at step 0") || !strings.Contains(err.Error(), "EGRU EvNN") {
		t.Error(err)
	}
}

func TestALengthBeyondTheSequenceStopsTheRun(t *testing.T) {
	c := opCase{inputs: sequenceInputs(gruRoles...), build: gruOf(GRUConfig{}, (*Sequence).Y)}
	values := c.values(1, tensor.Float64)
	values[len(values)-1].index[1] = 5
	o := c.graph(t, values, tensor.Float64)
	err := G.NewTapeMachine(o.g).RunAll()
	if err == nil || !strings.Contains(err.Error(), "row 1 has length 5, want 0..4") || !strings.Contains(err.Error(), ErrIndex.Error()) {
		t.Error(err)
	}
}
