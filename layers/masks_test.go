package layers

import (
	"math"
	"runtime"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

func gruOf(inputs, hidden int, zoneout, dropConnect float64) *GRU {
	c := DefaultGRU(inputs, hidden)
	c.Zoneout, c.DropConnect, c.Dtype = zoneout, dropConnect, tensor.Float64
	return must(NewGRU("rnn", c))
}

// outputsOf runs a layer from zeros in a run that may have a key.
func outputsOf(t *testing.T, l Recurrent, T, B, I int, of func(g *G.ExprGraph) Run) []float64 {
	t.Helper()
	return forward(t, func(g *G.ExprGraph) *G.Node {
		x := randomNode(g, "x", l.Dtype(), 2, T, B, I)
		return must(l.Run(Signal{X: x}, State{}, of(g))).X
	})
}

func inTraining(step float64) func(*G.ExprGraph) Run {
	return func(g *G.ExprGraph) Run { return trainRun(g, step) }
}

func atEvaluation(*G.ExprGraph) Run { return Run{} }

func TestMasksFollowTheKey(t *testing.T) {
	for name, l := range map[string]Recurrent{
		"zoneout of EGRU":      egruOf("rnn", ops.EvNN, testI, testH, func(c *EGRUConfig) { c.Zoneout = 0.5 }),
		"drop connect of EGRU": egruOf("rnn", ops.Paper, testI, testH, func(c *EGRUConfig) { c.DropConnect = 0.5 }),
		"zoneout of GRU":       gruOf(testI, testH, 0.5, 0),
		"drop connect of GRU":  gruOf(testI, testH, 0, 0.5),
	} {
		of := func(run func(*G.ExprGraph) Run) []float64 { return outputsOf(t, l, testT, testB, testI, run) }
		first := of(inTraining(1))
		compare(t, name+" of one key", of(inTraining(1)), first, 0)
		differ(t, name+" of another step", of(inTraining(2)), first)
		differ(t, name+" at evaluation", of(atEvaluation), first)
	}
}

// From a state of zeros, a unit that keeps its old state stays at zero.
func TestZoneoutKeepsItsShareOfOldStates(t *testing.T) {
	const B, H, p = 64, 64, 0.25
	plain := outputsOf(t, gruOf(testI, H, 0, 0), 1, B, testI, atEvaluation)
	l := gruOf(testI, H, p, 0)

	kept := 0.0
	for i, y := range outputsOf(t, l, 1, B, testI, inTraining(1)) {
		switch y {
		case 0:
			kept += 1.0 / (B * H)
		case plain[i]:
		default:
			t.Fatalf("unit %d is %v in training, want 0 or %v", i, y, plain[i])
		}
	}
	if math.Abs(kept-p) > sigmas*math.Sqrt(p*(1-p)/(B*H)) {
		t.Errorf("%.4f of the states are kept, want %v", kept, p)
	}

	for i := range plain {
		plain[i] *= 1 - p
	}
	compare(t, "output at evaluation", outputsOf(t, l, 1, B, testI, atEvaluation), plain, 0)
}

func TestDropConnectDropsItsShareOfWeights(t *testing.T) {
	const H, p = 40, 0.25
	l := gruOf(testI, H, 0, p)
	got := run(t, tape, func(g *G.ExprGraph) built {
		x := randomNode(g, "x", tensor.Float64, 2, 3, testB, testI)
		return built{out: must(l.Run(Signal{X: x}, State{}, trainRun(g, 1))).X}.with(l.Params())
	})
	dropped := 0.0
	for _, d := range got.grads["rnn.recurrent_kernel"] {
		if d == 0 {
			dropped += 1.0 / (H * 3 * H)
		}
	}
	if math.Abs(dropped-p) > sigmas*math.Sqrt(p*(1-p)/(3*H*H)) {
		t.Errorf("%.4f of the weights are dropped, want %v", dropped, p)
	}

	plain := outputsOf(t, gruOf(testI, H, 0, 0), testT, testB, testI, atEvaluation)
	compare(t, "output at evaluation", outputsOf(t, l, testT, testB, testI, atEvaluation), plain, 0)
}

// Whatever the state a unit starts from, at evaluation it ends its step at
// p*old + (1-p)*new.
func TestZoneoutAtEvaluationMixesOldAndNewStates(t *testing.T) {
	const p = 0.25
	for name, of := range map[string]func(zoneout float64) Recurrent{
		"GRU": func(zoneout float64) Recurrent { return gruOf(testI, testH, zoneout, 0) },
		"EGRU": func(zoneout float64) Recurrent {
			return egruOf("rnn", ops.EvNN, testI, testH, func(c *EGRUConfig) { c.Zoneout = zoneout })
		},
	} {
		state := func(l Recurrent) []float64 {
			return forward(t, func(g *G.ExprGraph) *G.Node {
				for _, w := range l.Params() {
					if w.Name() == "rnn.threshold" { // no event: the state is not reset
						for i := range w.Value().Float64s() {
							w.Value().Float64s()[i] = 9
						}
					}
				}
				x := randomNode(g, "x", tensor.Float64, 2, 1, testB, testI)
				start := State{H: randomNode(g, "h", tensor.Float64, 3, testB, testH)}
				return must(must(l.Run(Signal{X: x}, start, Run{})).Final()).H
			})
		}
		want := state(of(0))
		for i, old := range normal(3, testB*testH) {
			want[i] = p*old + (1-p)*want[i]
		}
		compare(t, name, state(of(p)), want, 1e-15)
	}
}

// A layer that runs twice in a graph takes memory for it once.
func TestZoneoutAtEvaluationIsMadeOnce(t *testing.T) {
	const H = 1 << 18
	x := randomNode(G.NewGraph(), "x", tensor.Float64, 2, 1, 1, testI)
	m := masks{layer: "rnn", hidden: H, dtype: tensor.Float64}
	first := must(m.zoneout(x, 0.25))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	second := must(m.zoneout(x, 0.25))
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; second != first || taken > H {
		t.Errorf("the same node is given: %v, and %d bytes are taken for it", second == first, taken)
	}
}

// A run with DropConnect is a run with other recurrent weights, the same at all
// steps and in all rows.
func TestDropConnectIsOneMaskForARun(t *testing.T) {
	const p = 0.5
	dropped := gruOf(testI, testH, 0, p)
	got := outputsOf(t, dropped, testT, testB, testI, inTraining(1))
	mask := forward(t, func(g *G.ExprGraph) *G.Node {
		return must(ops.Mask(trainRun(g, 1).Key, tensor.Float64, ops.MaskConfig{
			Shape: tensor.Shape{testH, 3 * testH}, Keep: 1 - p, Scale: true, Stream: "rnn.dropconnect",
		}))
	})
	plain := gruOf(testI, testH, 0, 0)
	for _, w := range plain.Params() {
		if w.Name() == "rnn.recurrent_kernel" {
			for i, m := range mask {
				w.Value().Float64s()[i] *= m
			}
		}
	}
	compare(t, "output", got, outputsOf(t, plain, testT, testB, testI, atEvaluation), 1e-15)
}

func TestMasksInTrainingNeedAKey(t *testing.T) {
	train := func(l Recurrent) error {
		x := randomNode(G.NewGraph(), "x", tensor.Float64, 2, testT, testB, testI)
		_, err := l.Run(Signal{X: x}, State{}, Run{Train: true})
		return err
	}
	for says, l := range map[string]Recurrent{
		"zoneout of 0.5":     gruOf(testI, testH, 0.5, 0),
		"dropconnect of 0.5": egruOf("rnn", ops.EvNN, testI, testH, func(c *EGRUConfig) { c.DropConnect = 0.5 }),
	} {
		wantError(t, says, train(l), ErrConfig, "rnn", says, "needs Run.Key")
	}
	if err := train(gruOf(testI, testH, 0, 0)); err != nil {
		t.Errorf("a layer without masks: %v", err)
	}
}
