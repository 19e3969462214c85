package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// decoderCase is a case of the op on Y (lead..., H) with V words. Its output is
// the flat value [loss | nll | lse], so that all its parts have gradients.
type decoderCase struct {
	lead   tensor.Shape
	h, v   int
	bias   bool
	live   bool
	config SoftmaxCrossEntropyConfig
}

func (d decoderCase) inputs() []opInput {
	sparse := func(r *rand.Rand) float64 {
		if r.Float64() < 0.6 {
			return 0
		}
		return r.NormFloat64()
	}
	y := append(d.lead.Clone(), d.h)
	in := []opInput{
		{name: "Y", shape: y, draw: sparse, fixed: d.config.FixedY},
		{name: "W", shape: tensor.Shape{d.v, d.h}, fixed: d.config.FixedW},
		{name: "Targets", shape: d.lead, below: d.v},
	}
	if d.bias {
		in = append(in, opInput{name: "B", shape: tensor.Shape{d.v}, optional: true})
	}
	if d.live {
		in = append(in, opInput{name: "Live", shape: y, draw: sparse, fixed: true, optional: true})
	}
	return in
}

// unpack names the inputs; what is left out is zero.
func unpack[T any](d decoderCase, in []T) (y, w, targets, b, live T) {
	if d.bias {
		b = in[3]
	}
	if d.live {
		live = in[len(in)-1]
	}
	return in[0], in[1], in[2], b, live
}

func (d decoderCase) build(in []*G.Node) (*CrossEntropy, error) {
	y, w, targets, b, live := unpack(d, in)
	return SoftmaxCrossEntropy(CrossEntropyInputs{Y: y, W: w, Targets: targets, B: b, Live: live}, d.config)
}

func (d decoderCase) op(name string) opCase {
	return opCase{
		name:    name,
		inputs:  d.inputs(),
		smooth:  !d.live,
		formula: d.formula,
		build: func(in []*G.Node) (*G.Node, error) {
			c, err := d.build(in)
			if err != nil {
				return nil, err
			}
			return c.value, nil
		},
	}
}

// formula is the op in plain loops, row by row.
func (d decoderCase) formula(in []opValue, dout []float64) (out []float64, grads [][]float64) {
	y, w, targets, b, live := unpack(d, in)
	n := len(targets.index)
	out = make([]float64, 1+2*n)
	dy, dw, db := make([]float64, n*d.h), make([]float64, d.v*d.h), make([]float64, d.v)
	counted := 0.0
	for _, target := range targets.index {
		if target != IgnoreTarget {
			counted++
		}
	}
	for i, target := range targets.index {
		if target == IgnoreTarget {
			continue
		}
		logits := make([]float64, d.v)
		sum := 0.0
		for v := range logits {
			if d.bias {
				logits[v] = b.floats[v]
			}
			for k := range d.h {
				logits[v] += y.floats[i*d.h+k] * w.floats[v*d.h+k]
			}
			sum += math.Exp(logits[v])
		}
		nll := math.Log(sum) - logits[target]
		out[0] += nll / counted
		out[1+i], out[1+n+i] = nll, math.Log(sum)
		for v := range logits {
			p := math.Exp(logits[v]) / sum
			dlogit := dout[1+n+i] * p
			if v == target {
				p--
			}
			dlogit += (dout[0]/counted + dout[1+i]) * p
			db[v] += dlogit
			for k := range d.h {
				dw[v*d.h+k] += dlogit * y.floats[i*d.h+k]
				if !d.live || live.floats[i*d.h+k] != 0 {
					dy[i*d.h+k] += dlogit * w.floats[v*d.h+k]
				}
			}
		}
	}
	grads = make([][]float64, len(in))
	if !d.config.FixedY {
		grads[0] = dy
	}
	if !d.config.FixedW {
		grads[1] = dw
	}
	if d.bias {
		grads[3] = db
	}
	return out, grads
}

func TestSoftmaxCrossEntropy(t *testing.T) {
	in := func(d decoderCase) opCase { return d.op(fmt.Sprintf("%+v", d)) }
	plain := decoderCase{lead: tensor.Shape{2, 3}, h: 4, v: 5}
	full := decoderCase{lead: tensor.Shape{2, 3}, h: 4, v: 5, bias: true, live: true}
	other := func(c decoderCase) func(in []*G.Node) (*G.Node, error) { return c.op("").build }
	c := in(full)
	for _, change := range []func(d *decoderCase){
		func(d *decoderCase) { d.config.FixedY = true },
		func(d *decoderCase) { d.config.FixedW = true },
		func(d *decoderCase) { d.config.KeepLogits = 30 },
		func(d *decoderCase) { d.config.Meter = NewMeter("one") },
		func(d *decoderCase) { d.config.Meter = NewMeter("other") },
	} {
		changed := full
		change(&changed)
		c.others = append(c.others, other(changed))
	}
	suite(t,
		in(plain),
		c,
		in(decoderCase{lead: tensor.Shape{4}, h: 3, v: 2, bias: true}),
		in(decoderCase{lead: tensor.Shape{3}, h: 2, v: 1, live: true}),
		in(decoderCase{lead: tensor.Shape{3}, h: 2, v: 4, config: SoftmaxCrossEntropyConfig{FixedY: true}}),
		in(decoderCase{lead: tensor.Shape{2, 1, 2}, h: 3, v: 4, bias: true, config: SoftmaxCrossEntropyConfig{FixedW: true}}),
		in(decoderCase{lead: tensor.Shape{2, 3}, h: 4, v: 5, config: SoftmaxCrossEntropyConfig{KeepLogits: 30}}),
		in(decoderCase{lead: tensor.Shape{2, 2}, h: 3, v: 4, bias: true, live: true, config: SoftmaxCrossEntropyConfig{KeepLogits: 1000, FixedY: true}}),
	)
}

// The logits are logarithms of whole numbers, so probabilities are fractions.
func TestSoftmaxCrossEntropyByHand(t *testing.T) {
	ln2, ln3 := math.Ln2, math.Log(3)
	in := []opValue{
		{shape: tensor.Shape{3, 2}, floats: []float64{1, 0, 5, 5, 0, 1}},
		{shape: tensor.Shape{3, 2}, floats: []float64{0, 0, ln2, 0, ln3, ln2}},
		{shape: tensor.Shape{3}, index: []int{2, IgnoreTarget, 0}},
		{shape: tensor.Shape{3}, floats: []float64{0, 0, 0}},
	}
	// Probabilities: row 0 has 1/6 2/6 3/6, row 2 has 1/4 1/4 2/4.
	loss := 1.5 * ln2
	p := [][]float64{{1. / 12, 1. / 6, -1. / 4}, {-3. / 8, 1. / 8, 1. / 4}} // gradients of the logits
	want := outcome{
		out: []float64{loss, ln2, 0, 2 * ln2, math.Log(6), 0, math.Log(4)},
		grads: [][]float64{
			{ln2/6 - ln3/4, -ln2 / 4, 0, 0, ln2/8 + ln3/4, ln2 / 4},
			{p[0][0], p[1][0], p[0][1], p[1][1], p[0][2], p[1][2]},
			nil,
			{p[0][0] + p[1][0], p[0][1] + p[1][1], p[0][2] + p[1][2]},
		},
	}
	c := decoderCase{lead: tensor.Shape{3}, h: 2, v: 3, bias: true}.op("by hand")
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		got := opRun{opCase: c, dt: dt, values: in}.withGradient(t, []float64{1, 0, 0, 0, 0, 0, 0})
		near(t, c, got, want, tolerance(dt))
	}
}

// A language model's loss in the ops that Gorgonia has.
func TestSoftmaxCrossEntropyIsThePlainGraph(t *testing.T) {
	d := decoderCase{lead: tensor.Shape{7}, h: 4, v: 6, bias: true}
	c := d.op("")
	values := c.values(5, tensor.Float64)
	fused := opRun{opCase: c, dt: tensor.Float64, values: values}.withGradient(t, append([]float64{1}, make([]float64, 14)...))

	g := G.NewGraph()
	y, w := values[0].node(g, "Y", tensor.Float64), values[1].node(g, "W", tensor.Float64)
	b := opValue{shape: tensor.Shape{1, d.v}, floats: values[3].floats}.node(g, "B", tensor.Float64)
	chosen := opValue{shape: tensor.Shape{7, d.v}, floats: make([]float64, 7*d.v)}
	for i, v := range values[2].index {
		chosen.floats[i*d.v+v] = 1
	}
	logits := G.Must(G.BroadcastAdd(G.Must(G.Mul(y, G.Must(G.Transpose(w)))), b, nil, []byte{0}))
	lse := G.Must(G.Log(G.Must(G.Sum(G.Must(G.Exp(logits)), 1))))
	picked := G.Must(G.Sum(G.Must(G.HadamardProd(logits, chosen.node(g, "chosen", tensor.Float64))), 1))
	loss := G.Must(G.Mean(G.Must(G.Sub(lse, picked))))
	var read G.Value
	G.Read(loss, &read)
	o := &opGraph{g: g, in: G.Nodes{y, w, nil, b}, loss: loss, wrt: G.Nodes{y, w, b}, read: &read}
	vm := o.machine(t, tape)
	defer vm.Close()
	got := o.run(t, vm)
	fused.out = fused.out[:1]
	near(t, c, got, fused, 1e-12)
}

// The decoder and the embedding share W; the gradients of both uses add up.
func TestSoftmaxCrossEntropyTied(t *testing.T) {
	const n, v, h = 5, 6, 3
	d := decoderCase{lead: tensor.Shape{n}, h: h, v: v}
	values := d.op("").values(7, tensor.Float64)
	build := func() (*opGraph, *G.Node) {
		g := G.NewGraph()
		w, targets := values[1].node(g, "W", tensor.Float64), values[2].node(g, "Targets", tensor.Float64)
		words := opValue{shape: tensor.Shape{n}, index: []int{3, 0, 3, 5, 1}}.node(g, "words", tensor.Float64)
		y := G.Must(G.Tanh(must(t)(Embedding(w, words))))
		c, err := d.build([]*G.Node{y, w, targets})
		if err != nil {
			t.Fatal(err)
		}
		loss := must(t)(c.Loss())
		o := &opGraph{g: g, in: G.Nodes{w}, loss: loss, wrt: G.Nodes{w}, read: new(G.Value)}
		G.Read(loss, o.read)
		return o, w
	}
	o, w := build()
	forward := G.NewTapeMachine(o.g)
	defer forward.Close()
	at := func(i int, x float64) float64 {
		moved := opValue{shape: values[1].shape, floats: slices.Clone(values[1].floats)}
		moved.floats[i] += x
		if err := G.Let(w, moved.of(tensor.Float64)); err != nil {
			t.Fatal(err)
		}
		forward.Reset()
		if err := forward.RunAll(); err != nil {
			t.Fatal(err)
		}
		return flat(*o.read)[0]
	}
	slopes := make([]float64, v*h)
	for i := range slopes {
		slopes[i] = (at(i, 1e-5) - at(i, -1e-5)) / 2e-5
	}
	for _, kind := range []string{tape, lisp} {
		o, _ := build()
		vm := o.machine(t, kind)
		compare(t, kind+": gradient of W", o.run(t, vm).grads[0], slopes, 1e-8)
		vm.Close()
	}
}

// Loss, NLL and LogSumExp are parts of one value that is computed once.
func TestCrossEntropyParts(t *testing.T) {
	for _, lead := range []tensor.Shape{{2, 3}, {4}, {1}} {
		d := decoderCase{lead: lead, h: 3, v: 4, bias: true, config: SoftmaxCrossEntropyConfig{Meter: NewMeter("decoder")}}
		c := d.op("")
		values := c.values(1, tensor.Float64)
		n := lead.TotalSize()
		weights := opInput{shape: tensor.Shape{1 + 2*n}}.value(rand.New(rand.NewPCG(4, 0)), tensor.Float64).floats
		var want outcome
		want.out, want.grads = d.formula(values, weights)

		for _, kind := range []string{tape, lisp} {
			d.config.Meter.Reset()
			g := G.NewGraph()
			in := c.nodes(g, values, tensor.Float64)
			parts, err := d.build(in)
			if err != nil {
				t.Fatal(err)
			}
			loss, nll, lse := must(t)(parts.Loss()), must(t)(parts.NLL()), must(t)(parts.LogSumExp())
			if !loss.IsScalar() || !sameShape(nll.Shape(), lead) || !sameShape(lse.Shape(), lead) {
				t.Fatalf("shapes are %v, %v and %v, want a scalar and %v twice", loss.Shape(), nll.Shape(), lse.Shape(), lead)
			}
			if again := must(t)(parts.Loss()); again != loss {
				t.Error("asked for twice, Loss made two nodes")
			}
			var read [3]G.Value
			sum := G.Must(G.Mul(loss, G.NewScalar(g, tensor.Float64, G.WithName("weight"), G.WithValue(weights[0]))))
			for i, part := range []*G.Node{loss, nll, lse} {
				G.Read(part, &read[i])
				if i > 0 {
					w := opValue{shape: lead, floats: weights[1+(i-1)*n : 1+i*n]}.node(g, fmt.Sprint("weights ", i), tensor.Float64)
					sum = G.Must(G.Add(sum, total(G.Must(G.HadamardProd(part, w)))))
				}
			}
			o := &opGraph{g: g, in: in, loss: sum, wrt: G.Nodes{in[0], in[1], in[3]}, read: new(G.Value)}
			vm := o.machine(t, kind)
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			vm.Close()
			var out []float64
			for _, v := range read {
				out = append(out, flat(v)...)
			}
			*o.read = tensor.New(tensor.WithShape(len(out)), tensor.WithBacking(out))
			near(t, c, o.outcome(t), want, 1e-13)
			if units := d.config.Meter.Counts().Units; units != int64(n*d.h) {
				t.Errorf("%s: went through %d units, want %d, once", kind, units, n*d.h)
			}
		}
	}
}

// One row needs no axis for it.
func TestSoftmaxCrossEntropyOfOneRow(t *testing.T) {
	for _, kind := range []string{tape, lisp} {
		g := G.NewGraph()
		y := opValue{shape: tensor.Shape{2}, floats: []float64{1, 2}}.node(g, "Y", tensor.Float64)
		w := opValue{shape: tensor.Shape{2, 2}, floats: []float64{1, 0, 0, 1}}.node(g, "W", tensor.Float64)
		target := G.NewScalar(g, tensor.Int, G.WithName("target"), G.WithValue(1))
		c, err := SoftmaxCrossEntropy(CrossEntropyInputs{Y: y, W: w, Targets: target}, SoftmaxCrossEntropyConfig{})
		if err != nil {
			t.Fatal(err)
		}
		nll := must(t)(c.NLL())
		o := &opGraph{g: g, in: G.Nodes{y, w}, loss: nll, wrt: G.Nodes{y, w}, read: new(G.Value)}
		G.Read(nll, o.read)
		vm := o.machine(t, kind)
		got := o.run(t, vm)
		vm.Close()
		p := 1 / (1 + math.E)
		compare(t, kind+": nll", got.out, []float64{math.Log1p(1 / math.E)}, 1e-14)
		compare(t, kind+": gradient of Y", got.grads[0], []float64{p, -p}, 1e-14)
		compare(t, kind+": gradient of W", got.grads[1], []float64{p, 2 * p, -p, -2 * p}, 1e-14)
	}
}

// Whatever the shapes, the events and the ignored targets, the op is its
// formula.
func TestSoftmaxCrossEntropyIsItsFormula(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 5)
		d := decoderCase{
			h: size.Draw(rt, "H"), v: size.Draw(rt, "V"),
			bias: rapid.Bool().Draw(rt, "bias"), live: rapid.Bool().Draw(rt, "live"),
		}
		d.lead = rapid.SliceOfN(size, 1, 3).Draw(rt, "lead")
		c := d.op("")
		values := c.values(rapid.Uint64().Draw(rt, "seed"), tensor.Float64)
		n := d.lead.TotalSize()
		values[2].index = rapid.SliceOfN(rapid.IntRange(IgnoreTarget, d.v-1), n, n).Draw(rt, "targets")
		dout := opInput{shape: tensor.Shape{1 + 2*n}}.value(rand.New(rand.NewPCG(1, 1)), tensor.Float64)
		wantOut, wantGrads := d.formula(values, dout.floats)

		op := softmaxCrossEntropy[float64]{bias: d.bias, live: d.live}
		f := forwardOp[float64]{operation: op, out: tensor.Shape{1 + 2*n}}
		var all []G.Value
		for _, v := range values {
			f.in = append(f.in, v.shape)
			all = append(all, v.of(tensor.Float64))
		}
		out, err := f.Do(all...)
		if err != nil {
			rt.Fatal(err)
		}
		grads, err := backwardOp[float64]{f}.Do(append(all, out, dout.of(tensor.Float64))...)
		if err != nil {
			rt.Fatal(err)
		}
		agree := func(name string, got, want []float64) {
			for i, w := range want {
				if !(math.Abs(got[i]-w) <= 1e-12*(1+math.Abs(w))) {
					rt.Fatalf("%s[%d] is %v, want %v", name, i, got[i], w)
				}
			}
		}
		agree("output", flat(out), wantOut)
		agree("gradients", flat(grads), slices.Concat(wantGrads...))
	})
}
