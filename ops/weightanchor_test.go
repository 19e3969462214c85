package ops

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// shared is a weight W (V, E) with several uses.
type shared struct {
	name             string
	lookups          int
	decode           []SoftmaxCrossEntropyConfig // of decoders
	products, others int                         // of ours, and of Gorgonia's own
	n, v, e          int
}

var oneDecoder = []SoftmaxCrossEntropyConfig{{}}

var sharedCases = []shared{
	{name: "embedding", lookups: 1},
	{name: "embedding twice", lookups: 2},
	{name: "decoder", decode: oneDecoder},
	{name: "embedding and decoder", lookups: 1, decode: oneDecoder},
	{name: "embedding and decoder of kept logits", lookups: 1, decode: []SoftmaxCrossEntropyConfig{{KeepLogits: 1000}}},
	{name: "embedding and decoder of fixed features", lookups: 1, decode: []SoftmaxCrossEntropyConfig{{FixedY: true}}},
	{name: "embedding and decoder of fixed W", lookups: 1, decode: []SoftmaxCrossEntropyConfig{{FixedW: true}}},
	{name: "embedding and kept logits of fixed W", lookups: 1, decode: []SoftmaxCrossEntropyConfig{{FixedW: true, KeepLogits: 1000}}},
	{name: "embedding twice and two decoders", lookups: 2, decode: []SoftmaxCrossEntropyConfig{{}, {KeepLogits: 1000}}},
	{name: "embedding and product", lookups: 1, products: 1},
	{name: "embedding and Gorgonia's product", lookups: 1, others: 1},
	{name: "embedding, decoder and Gorgonia's product", lookups: 1, decode: oneDecoder, others: 1},
	{name: "many of ours", lookups: 5, decode: make([]SoftmaxCrossEntropyConfig, 3), products: 4},
	{name: "all", lookups: 3, decode: make([]SoftmaxCrossEntropyConfig, 2), products: 2, others: 1},
}

// small is the case in a size for finite differences.
func (s shared) small() shared {
	s.n, s.v, s.e = 5, 7, 3
	return s
}

func (s shared) uses() int { return s.lookups + len(s.decode) + s.products + s.others }

// op takes W, or a weight for each use, and has an output for each of n places:
//
//	y   = tanh(x + all rows looked up)
//	out = sum over features of y + nll of each decoder of y + sum over features of each z W
func (s shared) op(apart bool) opCase {
	op := opCase{name: s.name, smooth: true}
	weights := 1
	if apart {
		weights = s.uses()
	}
	input := func(fixed bool, below int, name string, shape ...int) {
		op.inputs = append(op.inputs, opInput{name: name, shape: shape, below: below, fixed: fixed})
	}
	for i := range weights {
		decoder := i - s.lookups
		fixed := apart && decoder >= 0 && decoder < len(s.decode) && s.decode[decoder].FixedW
		input(fixed, 0, fmt.Sprint("W", i), s.v, s.e)
	}
	input(false, 0, "x", s.n, s.e)
	input(false, 0, "z", s.n, s.v)
	for i := range s.lookups {
		input(false, s.v, fmt.Sprint("ids", i), s.n)
	}
	for i, c := range s.decode {
		op.smooth = op.smooth && !c.FixedY && !c.FixedW
		input(false, s.v, fmt.Sprint("targets", i), s.n)
	}
	op.build = func(in []*G.Node) (*G.Node, error) {
		use := 0
		w := func() *G.Node {
			use++
			return in[(use-1)%weights]
		}
		y, z, words := in[weights], in[weights+1], in[weights+2:]
		for i := range s.lookups {
			y = G.Must(G.Add(y, G.Must(Embedding(w(), words[i]))))
		}
		y = G.Must(G.Tanh(y))
		// z takes part in any case, for its gradient.
		out := G.Must(G.Add(G.Must(G.Sum(y, 1)), G.Must(G.Sum(z, 1))))
		add := func(n *G.Node) { out = G.Must(G.Add(out, n)) }
		for i, config := range s.decode {
			c, err := SoftmaxCrossEntropy(CrossEntropyInputs{Y: y, W: w(), Targets: words[s.lookups+i]}, config)
			if err != nil {
				return nil, err
			}
			add(G.Must(c.NLL()))
		}
		for range s.products {
			z = G.Must(G.Tanh(z)) // another one for each
			add(G.Must(G.Sum(G.Must(GatedMatMul(z, w())), 1)))
		}
		for range s.others {
			add(G.Must(G.Sum(G.Must(G.Mul(z, w())), 1)))
		}
		return out, nil
	}
	return op
}

// sumOfApart is what a weight for each use has as its gradients, summed up.
func (s shared) sumOfApart(t *testing.T, kind string, values []opValue, dt tensor.Dtype) []float64 {
	t.Helper()
	apart := s.op(true)
	all := append(slices.Repeat(values[:1], s.uses()), values[1:]...)
	got := apart.result(t, kind, all, dt)
	sum := make([]float64, s.v*s.e)
	for _, g := range got.grads[:s.uses()] {
		for i, x := range g {
			sum[i] += x
		}
	}
	return sum
}

func TestTheGradientOfAWeightIsTheSumOfThoseOfItsUses(t *testing.T) {
	for _, s := range sharedCases {
		s = s.small()
		c := s.op(false)
		t.Run(s.name, func(t *testing.T) {
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				values := c.values(1, dt)
				want := s.sumOfApart(t, tape, values, dt)
				for _, kind := range []string{tape, lisp} {
					compare(t, kind+": gradient of W", c.result(t, kind, values, dt).grads[0], want, tolerance(dt))
				}
			}
			if c.smooth {
				c.gradientsAreDerivatives(t)
			}
		})
	}
}

// Everything that the suite demands of one op, it demands of several around a weight.
func TestUsesOfAWeightRunWhereverOneDoes(t *testing.T) {
	for _, s := range sharedCases {
		c := s.small().op(false)
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(s.name+" "+dt.String(), func(t *testing.T) {
				r := opRun{opCase: c, dt: dt, values: c.values(1, dt)}
				t.Run("inputs stay as they are", r.inputsStay)
				t.Run("used memory does not show", r.runsInUsedMemory)
				t.Run("the next run takes new values", r.nextRunTakesNewValues)
				t.Run("machines share a graph", r.machinesShareGraph)
				t.Run("clones run at once", r.clonesRunAtOnce)
				t.Run("every value can be traced", r.everyValueCanBeTraced)
			})
		}
	}
}

func TestTheGradientOfAWeightHasNoGradient(t *testing.T) {
	for _, s := range sharedCases {
		c := s.small().op(false)
		o := c.graph(t, c.values(1, tensor.Float64), tensor.Float64)
		grads, err := G.Grad(o.loss, o.in[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := G.Grad(total(G.Must(G.Square(grads[0]))), o.in[0]); err == nil {
			t.Errorf("%s: the gradient of W was differentiated", s.name)
		}
	}
	for _, o := range []operation[float64]{weightTicket[float64]{}, weightGradient[float64]{of: tensor.Shape{2, 3}}} {
		op := forwardOp[float64]{operation: o}
		_, err := op.SymDiff(nil, nil, nil)
		wantError(t, o.String(), ErrSecondDerivative, "gradient of ")(nil, err)
	}
}

// Whatever order Gorgonia finds the uses in, and however many processors there are.
func TestTheGradientOfAWeightHasTheSameBitsInEveryGraph(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, s := range sharedCases {
		if s.others > 0 {
			continue // Gorgonia adds those up in an order of its own
		}
		s.n, s.v, s.e = 300, 40, 50
		c := s.op(false)
		values := c.values(1, tensor.Float32)
		var first []float64
		for _, procs := range []int{1, 2, 3, 7} {
			runtime.GOMAXPROCS(procs)
			got := c.result(t, tape, values, tensor.Float32).grads[0]
			if first == nil {
				first = got
			}
			compare(t, fmt.Sprintf("%s: gradient on %d processors", s.name, procs), got, first, 0)
		}
	}
}

// Sums of the same tickets in any order make a gradient of the same inputs in the
// same order: whole gradients, products, lookups, each as their nodes were made.
func TestUsesAreAddedUpInTheOrderInWhichTheyWereMade(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	ids := func(name string) *G.Node {
		return G.NewTensor(n("W", 3, 2).Graph(), tensor.Int, 1, G.WithShape(4), G.WithName(name))
	}
	var want, tickets []*G.Node
	for _, kind := range []contribution{wholeWeight, productWithWeight, rowsOfWeight} {
		for i := range 3 {
			use, grad := n(fmt.Sprint("y", i), 4, 3), n(fmt.Sprint("d", kind, i), 4, 2)
			switch kind {
			case wholeWeight:
				grad = n(fmt.Sprint("dW", i), 3, 2)
			case rowsOfWeight:
				use = ids(fmt.Sprint("ids", i))
			}
			if kind != wholeWeight {
				want = append(want, use)
			}
			want = append(want, grad)
			tickets = append(tickets, must(t)(ticketOfWeight[float64](kind, use, grad)))
		}
	}
	for seed := range uint64(20) {
		var sum *G.Node
		for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(tickets)) {
			if sum == nil {
				sum = tickets[i]
			} else {
				sum = G.Must(G.Add(sum, tickets[i]))
			}
		}
		dw := must(t)(gradientOfWeight[float64](tensor.Shape{3, 2}, sum))
		in, err := inputsOf(dw)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(in[:len(in)-1], want) {
			t.Fatalf("sum %v has the inputs %v, want %v", sum, in, want)
		}
	}
}

// The heap at the end of a run, when the machine still holds all that it computed,
// has one array as large as W beside W: its gradient.
func TestAWeightOfSeveralUsesHasOneArrayForItsGradient(t *testing.T) {
	const v, e = 20000, 16
	for _, s := range sharedCases {
		if s.others > 0 || len(s.decode) > 1 {
			continue // an array for each
		}
		s.n, s.v, s.e = 3, v, e
		s.decode = slices.Clone(s.decode)
		for i := range s.decode {
			s.decode[i].KeepLogits *= 100
		}
		c := s.op(false)
		o := c.graph(t, c.values(1, tensor.Float64), tensor.Float64)
		grads, err := G.Grad(o.loss, o.in[0])
		if err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(o.g)
		before := heap()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		arrays := float64(heap()-before) / (8 * v * e)
		runtime.KeepAlive(vm)
		if grads[0].Value() == nil {
			t.Fatalf("%s: the run made no gradient", s.name)
		}
		if arrays < 0.9 || arrays > 1.6 { // logits and features of z are a sixteenth each
			t.Errorf("%s: the run holds %.2f arrays as large as W, want one", s.name, arrays)
		}
	}
}

// heap is what is in use. Pools are emptied by the second collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Rows are added where the decoder left its part, but not if somebody else reads that.
func TestAGradientThatIsReadIsNotOverwritten(t *testing.T) {
	s := shared{lookups: 1, decode: oneDecoder}.small()
	c := s.op(false)
	values := c.values(1, tensor.Float64)
	apart := s.op(true).result(t, tape, append(values[:1:1], values...), tensor.Float64)
	want := c.result(t, tape, values, tensor.Float64)

	o := c.graph(t, values, tensor.Float64)
	if _, err := G.Grad(o.loss, o.wrt...); err != nil {
		t.Fatal(err)
	}
	var part G.Value
	for _, n := range o.g.AllNodes() {
		if n.Op() != nil && strings.HasPrefix(n.Op().String(), "share{") && n.Shape().Eq(tensor.Shape{s.v, s.e}) {
			G.Read(n, &part)
		}
	}
	vm := G.NewTapeMachine(o.g, G.BindDualValues(o.wrt...))
	defer vm.Close()
	same(t, c, o.run(t, vm), want)
	compare(t, "gradient of the decoder alone", flat(part), apart.grads[1], 0)
}

// A loose end would be refused by a LispMachine.
func TestARefusedUseOfAWeightLeavesNothingInTheGraph(t *testing.T) {
	n := nodeMaker(tensor.Float64)
	w, y := n("W", 5, 4), n("y", 3, 6)
	ids := G.NewTensor(w.Graph(), tensor.Int, 1, G.WithShape(3), G.WithName("ids"))
	empty := G.NewTensor(w.Graph(), tensor.Int, 2, G.WithShape(3, 0), G.WithName("empty"))
	before := len(w.Graph().AllNodes())
	for name, use := range map[string]func() error{
		"embedding": func() error { _, err := Embedding(w, empty); return err },
		"decoder": func() error {
			_, err := SoftmaxCrossEntropy(CrossEntropyInputs{Y: y, W: w, Targets: ids}, SoftmaxCrossEntropyConfig{})
			return err
		},
		"decoder that keeps logits": func() error {
			_, err := SoftmaxCrossEntropy(CrossEntropyInputs{Y: y, W: w, Targets: ids}, SoftmaxCrossEntropyConfig{KeepLogits: 100})
			return err
		},
	} {
		if err := use(); err == nil {
			t.Errorf("%s: got no error", name)
		}
		if after := len(w.Graph().AllNodes()); after != before {
			t.Errorf("%s: %d nodes, want the %d from before", name, after, before)
		}
	}
}

// Gorgonia passes over nodes that have a gradient, so that a second loss would be given
// the first one's.
func TestASecondGradBehindOneAnchorIsRefused(t *testing.T) {
	for name, use := range map[string]func(g *G.ExprGraph, x *G.Node, i int) (*G.Node, error){
		"product": func(g *G.ExprGraph, w *G.Node, i int) (*G.Node, error) {
			y := G.NewMatrix(g, G.Float64, G.WithShape(3, 2), G.WithName(fmt.Sprint("y", i)), G.WithInit(G.Ones()))
			return GatedMatMul(y, w)
		},
		"embedding": func(g *G.ExprGraph, w *G.Node, i int) (*G.Node, error) {
			ids := G.NewVector(g, tensor.Int, G.WithShape(2), G.WithName(fmt.Sprint("ids", i)), G.WithValue(tensor.New(tensor.WithBacking([]int{0, 1}))))
			return Embedding(w, ids)
		},
		"time slice": func(_ *G.ExprGraph, x *G.Node, i int) (*G.Node, error) { return TimeSlice(x, i) },
	} {
		g := G.NewGraph()
		x := G.NewMatrix(g, G.Float64, G.WithShape(2, 4), G.WithName("x"), G.WithInit(G.Ones()))
		loss := func(i int) *G.Node { return must(t)(G.Sum(must(t)(use(g, x, i)))) }
		first, second := loss(0), loss(1)
		if _, err := G.Grad(first, x); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := G.Grad(second, x); err == nil || !strings.Contains(err.Error(), "add up the losses") {
			t.Errorf("%s: the second Grad gave error %v, want it to say what to do", name, err)
		}
	}
}
