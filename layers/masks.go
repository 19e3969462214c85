package layers

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops"
)

// masks makes the random masks of a recurrent layer, and what stands in their
// place outside training.
type masks struct {
	layer  string
	hidden int
	dtype  tensor.Dtype
	run    Run
}

// zoneout is, for x (T, B, I), the weight (T, B, H) of the new state: 1 with
// probability 1-p in training, 1-p itself at evaluation; nil for p = 0.
//
// Source: Krueger et al., "Zoneout", ICLR 2017.
func (m masks) zoneout(x *G.Node, p float64) (*G.Node, error) {
	if p == 0 {
		return nil, nil
	}
	shape := tensor.Shape{x.Shape()[0], x.Shape()[1], m.hidden}
	if m.run.Train {
		return m.draw(shape, p, "zoneout", false)
	}
	d, weight := drawer{layer: m.layer, dtype: m.dtype}, fmt.Sprintf("zoneout%v", shape)
	if same := x.Graph().ByName(d.name(weight)); len(same) > 0 {
		return same[0], nil // the layer runs twice in this graph
	}
	return d.constant(weight, 1-p, shape...).Node(x.Graph())
}

// dropConnect multiplies R (H, 3H) in training: 0 with probability p, else
// 1/(1-p), one mask for the whole run; nil for p = 0 and at evaluation.
//
// Source: Merity et al., "Regularizing and Optimizing LSTM Language Models",
// ICLR 2018, after Wan et al., ICML 2013.
func (m masks) dropConnect(p float64) (*G.Node, error) {
	if p == 0 || !m.run.Train {
		return nil, nil
	}
	return m.draw(tensor.Shape{m.hidden, 3 * m.hidden}, p, "dropconnect", true)
}

func (m masks) draw(shape tensor.Shape, p float64, stream string, scale bool) (*G.Node, error) {
	if m.run.Key == nil {
		return nil, errors.Wrapf(ErrConfig, "%s of %v needs Run.Key in training", stream, p)
	}
	return ops.Mask(m.run.Key, m.dtype, ops.MaskConfig{
		Shape:  shape,
		Keep:   1 - p,
		Scale:  scale,
		Stream: m.layer + "." + stream,
	})
}
