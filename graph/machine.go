package graph

import (
	"math"
	"slices"
	"sync"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// machine is one graph of a model with the virtual machine that runs it.
type machine struct {
	*Window
	vm      G.VM
	weights G.Nodes
	grads   []gradient
	key     *tensor.Dense // seed and number of the run; nil outside training

	lossValue    G.Value
	penaltyValue G.Value
	endValues    []G.Value // of the states, in order
	outputValue  map[string]*G.Value
}

// newMachine builds a graph and compiles it. It is the one place where
// Gorgonia's panics are caught: it panics on graphs it cannot compile.
func newMachine(model Model, k key, shared gradients) (m *machine, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, errors.Wrapf(ErrBuild, "%v", r)
		}
	}()
	g := G.NewGraph()
	m = &machine{
		Window: &Window{
			T: k.T, B: k.B,
			Run:     layers.Run{Train: k.train, FixedState: true},
			graph:   g,
			inputs:  map[string]*G.Node{},
			outputs: map[string]*G.Node{},
		},
		outputValue: map[string]*G.Value{},
	}
	if k.train {
		m.key = tensor.New(tensor.WithShape(2), tensor.Of(tensor.Int))
		m.Run.Key = G.NewTensor(g, tensor.Int, 1, G.WithShape(2), G.WithName("random key"), G.WithValue(m.key))
	}
	if err := model.Build(m.Window); err != nil {
		return nil, err
	}
	if err := m.complete(); err != nil {
		return nil, err
	}
	var opts []G.VMOpt
	if k.train {
		if m.weights, err = layers.Nodes(g, model.Params()); err != nil {
			return nil, err
		}
		objective, err := m.objective()
		if err != nil {
			return nil, err
		}
		of, err := differentiate(objective, m.weights)
		if err != nil {
			return nil, err
		}
		for i, n := range m.weights {
			m.grads = append(m.grads, gradient{into: shared.bind(n), of: of[i]})
		}
		// Of no nodes would mean of all.
		if n := added(g, m.weights, m.grads); len(n) > 0 {
			opts = append(opts, G.BindDualValues(n...))
		}
	}
	if err := distinct(g); err != nil {
		return nil, err
	}
	m.read()
	m.vm = G.NewTapeMachine(g, opts...)
	return m, nil
}

// differentiating is held by one session at a time: the constants that gradients
// are made of are global in Gorgonia (v0.9.18), and are written to when first used.
var differentiating sync.Mutex

func differentiate(objective *G.Node, weights G.Nodes) (G.Nodes, error) {
	differentiating.Lock()
	defer differentiating.Unlock()
	grads, err := G.Grad(objective, weights...)
	if err != nil {
		return nil, errors.Wrapf(ErrBuild, "gradient of the loss: %v", err)
	}
	return grads, nil
}

// distinct reports two nodes that the machine would take for one: Gorgonia's
// (v0.9.18) common-subexpression elimination compares 32-bit hashes alone.
func distinct(g *G.ExprGraph) error {
	seen := map[uint32]*G.Node{}
	for _, n := range g.AllNodes() {
		o := seen[n.Hashcode()]
		if o == nil {
			seen[n.Hashcode()] = n
			continue
		}
		if !equal(g, n, o) {
			return errors.Wrapf(ErrBuild, "among %d nodes Gorgonia takes %v for %v by a coincidence of hashes: a weight of another name, or another number of steps, will do", len(g.AllNodes()), n, o)
		}
	}
	return nil
}

// equal says whether two nodes compute the same of the same.
func equal(g *G.ExprGraph, a, b *G.Node) bool {
	if a.Op() == nil || b.Op() == nil {
		return a.Op() == nil && b.Op() == nil && a.Name() == b.Name()
	}
	if a.Op().String() != b.Op().String() || !slices.Equal(a.Shape(), b.Shape()) {
		return false
	}
	as, bs := g.From(a.ID()), g.From(b.ID())
	for as.Next() {
		if !bs.Next() || as.Node() != bs.Node() {
			return false
		}
	}
	return !bs.Next()
}

// read asks for the values that a run is to leave behind. Values of other
// nodes may have been overwritten by then.
func (m *machine) read() {
	G.Read(m.loss, &m.lossValue)
	if m.penalty != nil {
		G.Read(m.penalty, &m.penaltyValue)
	}
	m.endValues = make([]G.Value, len(m.states))
	for i, s := range m.states {
		G.Read(s.end, &m.endValues[i])
	}
	for name, n := range m.outputs {
		v := new(G.Value)
		m.outputValue[name] = v
		G.Read(n, v)
	}
}

func (m *machine) run(stream *Stream, feeds Feeds, seed, run int) (Result, error) {
	if err := m.feed(stream, feeds); err != nil {
		return Result{}, err
	}
	if m.key != nil {
		copy(m.key.Data().([]int), []int{seed, run})
	}
	for _, g := range m.grads {
		g.begin()
	}
	defer func() {
		m.vm.Reset()
		m.release()
	}()
	if err := m.vm.RunAll(); err != nil {
		return Result{}, m.explain(err)
	}
	for _, g := range m.grads {
		g.end()
	}
	r := Result{Loss: scalar(m.lossValue), Outputs: map[string]*tensor.Dense{}}
	if m.penalty != nil {
		r.Penalty = scalar(m.penaltyValue)
	}
	for name, v := range m.outputValue {
		r.Outputs[name] = inRows(*v)
	}
	ends := map[string]*tensor.Dense{}
	for i, s := range m.states {
		ends[s.name] = inRows(m.endValues[i])
	}
	stream.values = ends
	if m.weights != nil {
		r.Grads = G.NodesToValueGrads(m.weights)
	}
	return r, nil
}

// explain is open, and names the input that holds an index out of range.
func (m *machine) explain(err error) error {
	says := open(err)
	failed, ok := err.(interface{ Node() *G.Node })
	if !ok || failed.Node() == nil || !errors.Is(says, ops.ErrIndex) {
		return says
	}
	var of []string
	for name, n := range m.inputs {
		if m.graph.HasEdgeFromTo(failed.Node().ID(), n.ID()) {
			of = append(of, name)
		}
	}
	if len(of) != 1 { // it may be any of them
		return says
	}
	return errors.WithMessagef(says, "input %s", of[0])
}

// release lets go of the memory of a run, which the nodes would hold until the
// next. Gorgonia's own UnbindAllNonInputs hands it to a pool, and a value that
// two nodes share twice: later tensors then overwrite each other.
func (m *machine) release() {
	// Gorgonia copies what is read into memory of its own; the caller has it now.
	m.lossValue, m.penaltyValue = nil, nil
	clear(m.endValues)
	for _, v := range m.outputValue {
		*v = nil
	}
	owned := letGoComputed(m.graph)
	if sizeOf(owned) <= mostPooled {
		giveBack(owned)
	}
	for _, n := range m.inputs {
		letGo(n)
	}
	for _, s := range m.states {
		letGo(s.start)
	}
}

// letGo puts a scalar in the place of a value, which cannot fail.
func letGo(n *G.Node) { _ = G.UnsafeLet(n, 0.0) }

// feed binds the inputs and the stream's state, after checking them all.
func (m *machine) feed(stream *Stream, feeds Feeds) error {
	for name := range feeds {
		if m.inputs[name] == nil {
			return errors.Wrapf(ErrFeed, "the model has no input %s", name)
		}
	}
	for name, n := range m.inputs {
		f := feeds[name]
		switch {
		case f == nil:
			return errors.Wrapf(ErrFeed, "input %s is missing", name)
		case !slices.Equal(f.Shape(), n.Shape()):
			return errors.Wrapf(ErrFeed, "input %s has shape %v, want %v", name, f.Shape(), n.Shape())
		case f.Dtype() != n.Dtype():
			return errors.Wrapf(ErrFeed, "input %s has dtype %v, want %v", name, f.Dtype(), n.Dtype())
		}
	}
	starts, err := stream.starts(m.states)
	if err != nil {
		return err
	}
	for name, n := range m.inputs {
		if err := G.Let(n, feeds[name]); err != nil {
			return errors.Wrapf(err, "input %s", name)
		}
	}
	for i, s := range m.states {
		if err := G.Let(s.start, starts[i]); err != nil {
			return errors.Wrapf(err, "state %s", s.name)
		}
	}
	return nil
}

// inRows is the tensor of a value: itself, a scalar without axes, or for a view
// a copy row by row.
func inRows(v G.Value) *tensor.Dense {
	d, ok := v.(*tensor.Dense)
	switch {
	case !ok:
		return tensor.New(tensor.FromScalar(v.Data()))
	case d.IsMaterializable():
		return d.Materialize().(*tensor.Dense)
	}
	return d
}

func scalar(v G.Value) float64 {
	switch x := v.Data().(type) {
	case float32:
		return float64(x)
	case float64:
		return x
	}
	return math.NaN()
}
