package exchange

import (
	"fmt"
	"strings"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

// torchLayer is one direction of one layer of torch.nn.GRU in an archive.
type torchLayer struct {
	inputs, hidden int
	w, r, bx, br   weight
}

// torchName is what PyTorch calls a weight of a layer; back is for the direction
// backward in time.
func torchName(weight string, layer int, back bool) string {
	name := fmt.Sprintf("%s_l%d", weight, layer)
	if back {
		name += "_reverse"
	}
	return name
}

func torchLayers(s *source, prefix string) int {
	return s.layers(prefix, func(name string) string {
		_, number, _ := strings.Cut(name, "_l")
		number, _, _ = strings.Cut(number, "_")
		return number
	})
}

// torchSizes reads the sizes of a layer.
func torchSizes(s *source, prefix string, layer int) (inputs, hidden int, err error) {
	const shape = "(3H, I)"
	name := prefix + torchName("weight_ih", layer, false)
	rows, inputs, err := s.matrix(name, shape)
	if err != nil {
		return 0, 0, err
	}
	hidden, err = s.third(name, shape, rows)
	return inputs, hidden, err
}

// takeTorch reads a layer of known sizes.
func takeTorch(s *source, prefix string, layer int, back bool, inputs, hidden int) torchLayer {
	name := func(weight string) string { return prefix + torchName(weight, layer, back) }
	l := torchLayer{
		inputs: inputs,
		hidden: hidden,
		w:      s.take(name("weight_ih"), 3*hidden, inputs),
		r:      s.take(name("weight_hh"), 3*hidden, hidden),
		bx:     weight{shape: []int{3 * hidden}},
		br:     weight{shape: []int{3 * hidden}},
	}
	if s.has(name("bias_ih")) || s.has(name("bias_hh")) { // both, or made with bias=False
		l.bx = s.take(name("bias_ih"), 3*hidden)
		l.br = s.take(name("bias_hh"), 3*hidden)
	}
	return l
}

// gruParams are the weights of a GRU layer.
type gruParams struct{ w, r, bx, br *layers.Param }

func gruParamsOf(ps []*layers.Param) gruParams { return gruParams{ps[0], ps[1], ps[2], ps[3]} }

// sizes are I and H.
func (g gruParams) sizes() (inputs, hidden int) {
	return g.w.Value().Shape()[0], g.r.Value().Shape()[0]
}

// fill plans to give a layer its weights.
func (l torchLayer) fill(p *plan, to gruParams) {
	p.set(to.w, l.w, transposed)
	p.set(to.r, l.r, transposed)
	p.set(to.bx, l.bx, asItIs)
	p.set(to.br, l.br, asItIs)
}

const torchGRU = "torch.nn.GRU"

// grus wants GRU layers on top of each other, all of H units, as PyTorch's are.
func grus(ls []layers.Recurrent) ([]gruParams, problems) {
	var wrong problems
	var of []gruParams
	for i, l := range ls {
		g, ok := l.(*layers.GRU)
		if !ok || g == nil {
			wrong.addf("layer %d is a %T, want a %T", i, l, g)
			return nil, wrong
		}
		if g.Units() == 0 {
			wrong.addf("layer %d was not made by NewGRU", i)
			return nil, wrong
		}
		of = append(of, gruParamsOf(g.Params()))
	}
	return of, checkTorch(of, 1)
}

// checkTorch wants layers that can be one torch.nn.GRU: directions for each
// layer, of which each but the first reads all that the one below gives.
func checkTorch(of []gruParams, directions int) problems {
	var wrong problems
	if len(of) == 0 {
		wrong.addf("no layers, want at least 1")
		return wrong
	}
	first, H := of[0].sizes()
	for i, g := range of {
		want := first
		if i >= directions {
			want = directions * H
		}
		if inputs, hidden := g.sizes(); inputs != want || hidden != H {
			wrong.addf("layer %d has %d inputs and %d units, want %d and %d", i/directions, inputs, hidden, want, H)
		}
	}
	return wrong
}

// ImportTorchGRU gives layers on top of each other, the lowest first, the weights
// of a torch.nn.GRU: the tensors of the archive whose names begin with prefix, such
// as "rnn." or "", and go on with, for layers k = 0, 1 and so on,
//
//	weight_ih_lk (3H, I), weight_hh_lk (3H, H), bias_ih_lk (3H), bias_hh_lk (3H)
//
// Blocks are r, z, n in both; PyTorch's matrices are transposed. A module made with
// bias=False has no biases: they become zeros. Numbers take the layers' precision.
//
// The layers must be GRU layers, such as layers.Stack's Layers, of as many units
// each, and each must take what the one below gives: others give ErrModel. Missing
// names, names left over, other shapes or types than floats, and numbers too large
// for float32 give ErrArchive. After an error the layers are what they were.
//
// Source: PyTorch 1.13, torch/nn/modules/rnn.py.
func ImportTorchGRU(a *archive.Archive, prefix string, ls ...layers.Recurrent) error {
	of, wrong := grus(ls)
	if err := wrong.err(ErrModel, torchGRU); err != nil {
		return err
	}
	return importTorch(a, prefix, of, 1)
}

// importTorch fills layers of one or two directions.
func importTorch(a *archive.Archive, prefix string, of []gruParams, directions int) error {
	s := from(a, prefix, torchGRU)
	var file []torchLayer
	for i, g := range of {
		inputs, hidden := g.sizes()
		file = append(file, takeTorch(s, "", i/directions, i%directions == 1, inputs, hidden))
	}
	if err := s.err(); err != nil {
		return err
	}
	return fillTorch(torchGRU, file, of)
}

func fillTorch(what string, file []torchLayer, of []gruParams) error {
	var p plan
	for i, g := range of {
		file[i].fill(&p, g)
	}
	return p.carryOut(what)
}

// NewTorchGRU makes layers of the weights of a torch.nn.GRU; see ImportTorchGRU.
// They are named name.0, name.1 and so on, and are what layers.NewStack takes.
// Sizes are the file's, the rest of the settings is base's.
func NewTorchGRU(a *archive.Archive, prefix, name string, base layers.GRUConfig) ([]layers.Recurrent, error) {
	file, err := readTorch(a, prefix, 1)
	if err != nil {
		return nil, err
	}
	var ls []layers.Recurrent
	var of []gruParams
	for i, f := range file {
		l, err := f.layer(fmt.Sprintf("%s.%d", name, i), base)
		if err != nil {
			return nil, err
		}
		ls = append(ls, l)
		of = append(of, gruParamsOf(l.Params()))
	}
	if err := fillTorch(torchGRU, file, of); err != nil {
		return nil, err
	}
	return ls, nil
}

func (l torchLayer) layer(name string, base layers.GRUConfig) (*layers.GRU, error) {
	base.Inputs, base.Hidden = l.inputs, l.hidden
	return layers.NewGRU(name, base)
}

// readTorch reads all layers of a module, before memory is taken for their sizes.
func readTorch(a *archive.Archive, prefix string, directions int) ([]torchLayer, error) {
	s := from(a, prefix, torchGRU)
	inputs, hidden, err := torchSizes(s, "", 0)
	if err != nil {
		return nil, err
	}
	var file []torchLayer
	for layer := range torchLayers(s, "") {
		for direction := range directions {
			file = append(file, takeTorch(s, "", layer, direction == 1, inputs, hidden))
		}
		inputs = directions * hidden
	}
	return file, s.err()
}

// ExportTorchGRU adds the weights of GRU layers on top of each other, the lowest
// first, to an archive under the names that torch.nn.GRU gives them, with prefix
// before each, so that load_state_dict(strict=True) takes them; see ImportTorchGRU.
//
// Layers that cannot be one torch.nn.GRU give ErrModel; a name that is already
// there gives ErrArchive. After an error the archive is what it was.
func ExportTorchGRU(a *archive.Archive, prefix string, ls ...layers.Recurrent) error {
	of, wrong := grus(ls)
	if err := wrong.err(ErrModel, torchGRU); err != nil {
		return err
	}
	e := export{a: a, prefix: prefix}
	e.torch("", of, 1)
	return e.carryOut(torchGRU)
}

// torch adds layers of one or two directions.
func (e *export) torch(prefix string, of []gruParams, directions int) {
	for i, g := range of {
		name := func(weight string) string { return prefix + torchName(weight, i/directions, i%directions == 1) }
		e.add(name("weight_ih"), g.w, transposed)
		e.add(name("weight_hh"), g.r, transposed)
		e.add(name("bias_ih"), g.bx, asItIs)
		e.add(name("bias_hh"), g.br, asItIs)
	}
}
