package ops

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

var (
	_ operation[float32] = softmaxCrossEntropy[float32]{}
	_ replacing[float32] = softmaxCrossEntropy[float32]{}
)

// IgnoreTarget is the target of a position that has no part in the loss.
const IgnoreTarget = -1

// SoftmaxCrossEntropyConfig holds the settings of SoftmaxCrossEntropy. The zero
// value is the default.
type SoftmaxCrossEntropyConfig struct {
	FixedY, FixedW bool // Y, or W, needs no gradient, which spares its product; default false

	// KeepLogits is how many logits, N*V of them, may stay in memory from the
	// forward to the backward pass, which makes them once more if there are more.
	// Of use only where a gradient will be asked for. Default 0: none stay.
	KeepLogits int

	// Meter gathers the counts of Y's events and of operations, rows with an
	// ignored target left out; going back, of the logits made once more too.
	// Default none.
	Meter *Meter
}

// CrossEntropyInputs are the inputs of SoftmaxCrossEntropy, the floats all of
// one dtype, float32 or float64.
type CrossEntropyInputs struct {
	Y       *G.Node // (..., H); zeros cost nothing
	W       *G.Node // (V, H), as torch.nn.Linear and torch.nn.Embedding have it
	B       *G.Node // (V) bias; nil for none
	Targets *G.Node // (...) of tensor.Int, in 0..V-1 or IgnoreTarget; may change from run to run

	// Live (..., H) is nonzero where Y can use a gradient, as Sequence.Live of
	// the layer below says; elsewhere the gradient of Y is left at zero. No
	// gradient. Optional: everywhere.
	Live *G.Node
}

// SoftmaxCrossEntropy decodes features into words and compares them with
// targets, as a language model does, in one node:
//
//	logits = y W^T + b
//	lse    = log sum over words of e^logits
//	nll    = lse - logits[target]
//	loss   = mean of nll over the targets that are not ignored
//
// The product costs what the events in Y cost, and rows with an ignored target
// cost nothing. The logits, N*V numbers for N targets, are not held as a whole,
// unless KeepLogits allows it: they are made in chunks of rows, and made once more
// by the backward pass, which needs memory for a chunk, for up to three copies of W
// and for a gradient. Where a row has an ignored target, its nll, lse and gradients are
// zero, whatever it holds. If all are ignored the loss is zero too.
//
// W may be the node that an embedding looks words up in: the gradients of all its
// uses by ops of this package add up in one array.
// A logit of -Inf gives a word no probability. A logit of NaN or +Inf, or -Inf
// for the target, makes the loss NaN or +Inf, and is no error.
//
// A nil node, or one of another graph, gives ErrNode; other shapes or an empty
// axis ErrShape; other dtypes ErrDtype. A target that is neither a word nor
// IgnoreTarget stops the run with ErrIndex.
func SoftmaxCrossEntropy(in CrossEntropyInputs, cfg SoftmaxCrossEntropyConfig) (*CrossEntropy, error) {
	op := softmaxCrossEntropy[float32]{in.B != nil, in.Live != nil, cfg.FixedY, cfg.FixedW, false, cfg.Meter}
	nodes := []*G.Node{in.Y, in.W, in.Targets}
	for _, n := range []*G.Node{in.B, in.Live} {
		if n != nil {
			nodes = append(nodes, n)
		}
	}
	// W of other than two axes is refused by apply.
	op.keep = in.W != nil && len(in.W.Shape()) == 2 && in.Targets != nil && logitsOf(in.Targets.Shape(), in.W.Shape()) <= cfg.KeepLogits
	op64 := softmaxCrossEntropy[float64](op)
	var n *G.Node
	var err error
	if !op.keep {
		n, err = applyDecoder(op, op64, 1, nodes...)
	} else if n, err = apply(op, op64, nodes...); err == nil {
		n, err = applyDecoder(keptCrossEntropy[float32]{op}, keptCrossEntropy[float64]{op64}, 2, append([]*G.Node{n}, nodes...)...)
	}
	if err != nil {
		return nil, err
	}
	return &CrossEntropy{n, in.Targets.Shape().Clone()}, nil
}

// applyDecoder makes the node of a decoder on W, its input w, behind the anchor of W
// if W needs a gradient.
func applyDecoder(o32 operation[float32], o64 operation[float64], w int, in ...*G.Node) (*G.Node, error) {
	if o32.operands()[w].fixed {
		return apply(o32, o64, in...)
	}
	return applyToWeight(o32, o64, w, in...)
}

// logitsOf is N*V for the shapes of the targets and of W.
func logitsOf(targets, w tensor.Shape) int { return targets.TotalSize() * w[0] }

// CrossEntropy is what SoftmaxCrossEntropy made. Its parts are nodes made when
// first asked for: gorgonia's LispMachine refuses a graph with an output that
// nothing uses. All of them have gradients.
type CrossEntropy struct {
	value   *G.Node // flat: loss, nll, lse
	targets tensor.Shape
}

// Loss is the mean negative log-likelihood, in nats a target: a scalar.
func (c *CrossEntropy) Loss() (*G.Node, error) { return c.pick(0, tensor.ScalarShape()) }

// NLL is the negative log-likelihood of each target, in nats, in the shape of
// Targets; zero where the target is ignored.
func (c *CrossEntropy) NLL() (*G.Node, error) { return c.pick(1, c.targets) }

// LogSumExp is the logarithm of each row's normaliser, in the shape of Targets;
// zero where the target is ignored. A penalty on its square keeps logits from
// drifting (the z-loss of PaLM, Chowdhery et al. 2022, section 5).
func (c *CrossEntropy) LogSumExp() (*G.Node, error) {
	return c.pick(1+c.targets.TotalSize(), c.targets)
}

func (c *CrossEntropy) pick(off int, of tensor.Shape) (*G.Node, error) {
	return apply(pick[float32]{off: off, of: of}, pick[float64]{off: off, of: of}, c.value)
}

type softmaxCrossEntropy[F kernel.Float] struct {
	bias, live     bool // has these inputs
	fixedY, fixedW bool
	keep           bool // the logits stand behind the other outputs; see keptCrossEntropy
	meter          *Meter
}

func (s softmaxCrossEntropy[F]) String() string {
	var names []string
	for _, o := range s.operands() {
		names = append(names, o.name)
	}
	text := "SoftmaxCrossEntropy(" + strings.Join(names, " ")
	if s.fixedY {
		text += "; no gradient of Y"
	}
	if s.fixedW {
		text += "; no gradient of W"
	}
	if s.keep {
		text += "; keeps logits"
	}
	if s.meter != nil {
		text += fmt.Sprintf("; meter %q", s.meter.Name())
	}
	return text + ")"
}

func (s softmaxCrossEntropy[F]) operands() []operand {
	ops := []operand{
		{name: "Y", rank: anyRank, fixed: s.fixedY || s.keep},
		{name: "W", rank: 2, fixed: s.fixedW || s.keep},
		{name: "Targets", rank: anyRank, index: true},
	}
	if s.bias {
		ops = append(ops, operand{name: "B", rank: 1, fixed: s.keep})
	}
	if s.live {
		ops = append(ops, operand{name: "Live", rank: anyRank, fixed: true})
	}
	return ops
}

func (s softmaxCrossEntropy[F]) shape(in []tensor.Shape) (tensor.Shape, error) {
	y, w, targets := in[0], in[1], in[2]
	if len(y) == 0 || y[len(y)-1] != w[1] {
		return nil, errors.Wrapf(ErrShape, "Y has shape %v, want (..., %d) for W %v", y, w[1], w)
	}
	if want := y[:len(y)-1]; !sameShape(targets, want) {
		return nil, errors.Wrapf(ErrShape, "Targets has shape %v, want %v for Y %v", targets, want, y)
	}
	if want := w[:1]; s.bias && !sameShape(in[3], want) {
		return nil, errors.Wrapf(ErrShape, "B has shape %v, want %v for W %v", in[3], want, w)
	}
	if live := in[len(in)-1]; s.live && !sameShape(live, y) {
		return nil, errors.Wrapf(ErrShape, "Live has shape %v, want %v as Y", live, y)
	}
	size := 1 + 2*targets.TotalSize()
	if s.keep {
		size += logitsOf(targets, w)
	}
	return tensor.Shape{size}, nil
}

func (s softmaxCrossEntropy[F]) forward(in []array[F], out []F) error {
	d, err := s.decoder(in)
	if err != nil {
		return err
	}
	defer d.release()
	size := len(d.targets)
	nll, lse, kept := out[1:1+size], out[1+size:1+2*size], out[1+2*size:]
	clear(out[:1+2*size])
	if s.keep {
		clear(kept[len(d.rows)*d.words:])
	}
	if len(d.rows) == 0 {
		return nil
	}
	for c := range d.chunks(kept) {
		d.makeLogits(c)
		c.eachRow(func(i, n int) {
			logits := c.logits.Row(i)
			lse[n] = kernel.LogSumExp(logits)
			nll[n] = lse[n] - logits[d.targets[n]]
		})
	}
	sum := 0.0
	for _, n := range d.rows {
		sum += float64(nll[n])
	}
	out[0] = F(sum / float64(len(d.rows)))
	s.meter.add(Counts{
		Units:            d.units(),
		Events:           d.macs / int64(d.words),
		ForwardMACs:      d.macs,
		DenseForwardMACs: d.denseMACs(),
	})
	return nil
}

func (softmaxCrossEntropy[F]) fills() bool { return true }

func (s softmaxCrossEntropy[F]) backward(in []array[F], out, grad []F, into [][]F) error {
	if s.keep {
		return nil
	}
	return s.gradients(in, out, nil, grad, into, false)
}

func (s softmaxCrossEntropy[F]) replace(in []array[F], out, grad []F, into [][]F) error {
	return s.gradients(in, out, nil, grad, into, true)
}

// gradients turns the logits of each row into their gradient,
//
//	dlogits = (dloss/M + dnll) * (softmax - onehot(target)) + dlse * softmax
//
// for M targets that count, and from there
//
//	dy = dlogits W,  dW = dlogits^T y,  db = sum over rows of dlogits
//
// kept are the logits, nil to make them once more. The gradients are added to what
// stands in into, or replace it.
func (s softmaxCrossEntropy[F]) gradients(in []array[F], out, kept, grad []F, into [][]F, replace bool) error {
	dy, dw := into[0], into[1]
	var db []F
	if s.bias {
		db = into[3]
	}
	d, err := s.decoder(in)
	if err != nil {
		return err
	}
	defer d.release()
	if replace {
		clearInBlocks(dy)
		clearInBlocks(db)
		if len(d.rows) == 0 {
			clearInBlocks(dw)
		}
	}
	if len(d.rows) == 0 || dy == nil && dw == nil && db == nil {
		return nil
	}
	size := len(d.targets)
	lse := out[1+size:]
	dmean, dnll, dlse := grad[0]/F(len(d.rows)), grad[1:1+size], grad[1+size:]

	var counts Counts
	for c := range d.chunks(nil) {
		logits := c.logits
		if kept == nil {
			d.makeLogits(c)
		} else {
			logits = d.keptLogits(c, kept)
		}
		c.eachRow(func(i, n int) {
			one, row := dmean+dnll[n], c.logits.Row(i)
			kernel.Softmax(row, logits.Row(i), lse[n], one+dlse[n])
			row[d.targets[n]] -= one
		})
		if dy != nil {
			macs := d.addGradientOfY(matrix(dy, d.features), c)
			counts.Live += macs / int64(d.words)
			counts.BackwardMACs += macs
		}
		switch {
		case dw != nil:
			counts.BackwardMACs += d.addGradientOfWeights(matrix(dw, d.features), db, c, replace)
		case db != nil:
			kernel.ColumnSums(db, c.logits)
		}
	}
	if dy != nil {
		counts.BackwardUnits = d.units()
		counts.DenseBackwardMACs += d.denseMACs()
	}
	if dw != nil {
		counts.DenseBackwardMACs += d.denseMACs()
	}
	counts.BackwardMACs += d.macs
	s.meter.add(counts)
	return nil
}
