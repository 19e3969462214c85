package exchange

import (
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// Names of the weights of EvNN's EGRU. Their blocks are z, r, g, as those of the
// variant EvNN here.
const (
	evnnKernel          = "kernel"                    // (I, 3H)
	evnnRecurrentKernel = "recurrent_kernel"          // (H, 3H)
	evnnBias            = "bias"                      // (3H)
	evnnRecurrentBias   = "recurrent_bias"            // (3H)
	evnnThreshold       = "thr"                       // (H)
	evnnDampening       = "dampening_factor"          // (1)
	evnnSupport         = "pseudo_derivative_support" // (1)
	evnnClip            = "_max_norm"                 // (1), of clipping within the layer
)

// evnnLayer is an EGRU layer of EvNN in an archive.
type evnnLayer struct {
	inputs, hidden           int
	w, r, bx, br, thr        weight
	dampening, support       float64
	hasDampening, hasSupport bool
}

// evnnSizes reads the sizes of a layer.
func evnnSizes(s *source, prefix string) (inputs, hidden int, err error) {
	const shape = "(I, 3H)"
	inputs, columns, err := s.matrix(prefix+evnnKernel, shape)
	if err != nil {
		return 0, 0, err
	}
	hidden, err = s.third(prefix+evnnKernel, shape, columns)
	return inputs, hidden, err
}

// takeEvNN reads a layer of known sizes.
func takeEvNN(s *source, prefix string, inputs, hidden int) evnnLayer {
	l := evnnLayer{
		inputs: inputs,
		hidden: hidden,
		w:      s.take(prefix+evnnKernel, inputs, 3*hidden),
		r:      s.take(prefix+evnnRecurrentKernel, hidden, 3*hidden),
		bx:     s.take(prefix+evnnBias, 3*hidden),
		br:     s.take(prefix+evnnRecurrentBias, 3*hidden),
		thr:    s.take(prefix+evnnThreshold, hidden),
	}
	l.dampening, l.hasDampening = s.number(prefix + evnnDampening)
	l.support, l.hasSupport = s.number(prefix + evnnSupport)
	s.number(prefix + evnnClip) // no part of the layer here
	return l
}

// configure adds what the file says to a config.
func (l evnnLayer) configure(c *layers.EGRUConfig) {
	c.Inputs, c.Hidden = l.inputs, l.hidden
	if l.hasDampening && l.hasSupport {
		c.Surrogate = surrogate.Triangle{Dampening: l.dampening, Support: l.support}
	}
}

// checkEvNN wants a layer that can be EvNN's.
func checkEvNN(c layers.EGRUConfig) problems {
	var wrong problems
	if c.Variant != ops.EvNN {
		wrong.addf("variant is %v, want %v", c.Variant, ops.EvNN)
	}
	if c.OutputGain != 1 && !c.LearnGain {
		wrong.addf("output gain is fixed at %v, want 1 or LearnGain: EvNN has none", c.OutputGain)
	}
	return wrong
}

// fill plans to give a layer its weights.
func (l evnnLayer) fill(p *plan, to *layers.EGRU) {
	ws := weightsOf(to)
	p.set(ws["kernel"], l.w, asItIs)
	p.set(ws["recurrent_kernel"], l.r, asItIs)
	p.set(ws["bias"], l.bx, asItIs)
	p.set(ws["recurrent_bias"], l.br, asItIs)
	p.set(ws["threshold"], l.thr, clamped)
	if gain := ws["gain"]; gain != nil {
		p.fill(gain, 1)
	}
}

// ImportEvNN gives a layer the weights of an EGRU of EvNN: the tensors of the
// archive whose names begin with prefix, such as "rnns.0." or "", and go on with
//
//	kernel (I, 3H), recurrent_kernel (H, 3H), bias (3H), recurrent_bias (3H), thr (H)
//
// Column blocks are z, r, g in both. Thresholds are clamped to [0, 1], as EvNN
// does before each use. A learned gain becomes 1. EvNN's dampening_factor,
// pseudo_derivative_support and _max_norm may be there; they are settings of
// training, and the layer keeps its own. Numbers take the layer's precision.
//
// Missing names, names left over, other shapes or types than floats, and numbers
// too large for float32 give ErrArchive; a layer of the variant Paper or with a
// fixed gain other than 1 gives ErrModel. After an error the layer is what it was.
//
// Given the state (h, y) from window to window, outputs are those of EvNN within
// one window. EvNN itself carries y alone and starts each window with h = 0.
//
// Source: EvNN 0.2.0, frameworks/pytorch/egru.py.
func ImportEvNN(a *archive.Archive, prefix string, l *layers.EGRU) error {
	const what = "EvNN layer"
	if l == nil {
		return problems{"layer is nil"}.err(ErrModel, what)
	}
	c := l.Config()
	if err := checkEvNN(c).err(ErrModel, what); err != nil {
		return err
	}
	s := from(a, prefix, what)
	file := takeEvNN(s, "", c.Inputs, c.Hidden)
	if err := s.err(); err != nil {
		return err
	}
	var p plan
	file.fill(&p, l)
	return p.carryOut(what)
}

// NewEvNN makes a layer of the weights of an EGRU of EvNN; see ImportEvNN. Sizes
// are the file's, as is the surrogate if dampening_factor and
// pseudo_derivative_support are there; the rest of the settings is base's.
func NewEvNN(a *archive.Archive, prefix, name string, base layers.EGRUConfig) (*layers.EGRU, error) {
	const what = "EvNN layer"
	s := from(a, prefix, what)
	inputs, hidden, err := evnnSizes(s, "")
	if err != nil {
		return nil, err
	}
	file := takeEvNN(s, "", inputs, hidden)
	if err := s.err(); err != nil { // before memory is taken for these sizes
		return nil, err
	}
	file.configure(&base)
	if err := checkEvNN(base).err(ErrModel, what); err != nil {
		return nil, err
	}
	l, err := layers.NewEGRU(name, base)
	if err != nil {
		return nil, err
	}
	var p plan
	file.fill(&p, l)
	if err := p.carryOut(what); err != nil {
		return nil, err
	}
	return l, nil
}

// ExportEvNN adds the weights of a layer to an archive under the names that
// EvNN's EGRU gives them, with prefix before each, so that
// load_state_dict(strict=True) takes them; see ImportEvNN. _max_norm is -1, which
// switches clipping within the layer off.
//
// A layer of the variant Paper, or with an output gain, for which EvNN has no
// place, or with a surrogate other than a triangle gives ErrModel; a name that is
// already there gives ErrArchive. After an error the archive is what it was.
func ExportEvNN(a *archive.Archive, prefix string, l *layers.EGRU) error {
	const what = "EvNN layer"
	if l == nil {
		return problems{"layer is nil"}.err(ErrModel, what)
	}
	wrong := exportable(l)
	if gain(l) != nil {
		wrong.addf("its output has a gain, for which EvNN has no place: fold it into the weights above")
	}
	if err := wrong.err(ErrModel, what); err != nil {
		return err
	}
	e := export{a: a, prefix: prefix}
	e.evnn("", l)
	return e.carryOut(what)
}

// exportable wants a layer that is EvNN's but for a gain.
func exportable(l *layers.EGRU) problems {
	var wrong problems
	if v := l.Config().Variant; v != ops.EvNN {
		wrong.addf("variant is %v, want %v", v, ops.EvNN)
	}
	if _, ok := l.Config().Surrogate.(surrogate.Triangle); !ok {
		wrong.addf("surrogate is %v, want a triangle", l.Config().Surrogate)
	}
	return wrong
}

// evnn adds a layer, and gives its kernel.
func (e *export) evnn(prefix string, l *layers.EGRU) *tensor.Dense {
	ws := weightsOf(l)
	kernel := e.add(prefix+evnnKernel, ws["kernel"], asItIs)
	e.add(prefix+evnnRecurrentKernel, ws["recurrent_kernel"], asItIs)
	e.add(prefix+evnnBias, ws["bias"], asItIs)
	e.add(prefix+evnnRecurrentBias, ws["recurrent_bias"], asItIs)
	e.add(prefix+evnnThreshold, ws["threshold"], asItIs)
	triangle, _ := l.Config().Surrogate.(surrogate.Triangle) // exportable has seen it
	const off = -1
	for name, x := range map[string]float64{evnnDampening: triangle.Dampening, evnnSupport: triangle.Support, evnnClip: off} {
		e.put(prefix+name, tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{float32(x)})))
	}
	return kernel
}
