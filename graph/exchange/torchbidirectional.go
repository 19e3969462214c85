package exchange

import (
	"fmt"
	"strings"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

// bidirectional wants layers of a GRU for each direction, on top of each other.
func bidirectional(ls []*layers.Bidirectional) ([]gruParams, problems) {
	var wrong problems
	var of []gruParams
	for i, l := range ls {
		if l == nil {
			wrong.addf("layer %d is nil", i)
			return nil, wrong
		}
		ps := l.Params()
		for j, p := range ps {
			kind := []string{".kernel", ".recurrent_kernel", ".bias", ".recurrent_bias"}[j%4]
			if len(ps) != 8 || !strings.HasSuffix(p.Name(), kind) {
				wrong.addf("layer %d is not made of two GRU layers", i)
				return nil, wrong
			}
		}
		of = append(of, gruParamsOf(ps[:4]), gruParamsOf(ps[4:]))
	}
	return of, checkTorch(of, 2)
}

// ImportTorchBidirectional gives layers on top of each other the weights of a
// torch.nn.GRU made with bidirectional=True, whose names for the direction
// backward in time end in "_reverse". See ImportTorchGRU for all else; the layers
// must be made of two GRU layers each, and each but the first takes 2H inputs.
func ImportTorchBidirectional(a *archive.Archive, prefix string, ls ...*layers.Bidirectional) error {
	of, wrong := bidirectional(ls)
	if err := wrong.err(ErrModel, torchGRU); err != nil {
		return err
	}
	return importTorch(a, prefix, of, 2)
}

// NewTorchBidirectional makes layers of the weights of a torch.nn.GRU made with
// bidirectional=True; see ImportTorchBidirectional. Their directions are named
// name.0.ahead, name.0.back and so on. Sizes are the file's, the rest of the
// settings is base's.
func NewTorchBidirectional(a *archive.Archive, prefix, name string, base layers.GRUConfig) ([]*layers.Bidirectional, error) {
	file, err := readTorch(a, prefix, 2)
	if err != nil {
		return nil, err
	}
	var ls []*layers.Bidirectional
	var of []gruParams
	for i := 0; i < len(file); i += 2 {
		ahead, err := file[i].layer(fmt.Sprintf("%s.%d.ahead", name, i/2), base)
		if err != nil {
			return nil, err
		}
		back, err := file[i+1].layer(fmt.Sprintf("%s.%d.back", name, i/2), base)
		if err != nil {
			return nil, err
		}
		l, err := layers.NewBidirectional(ahead, back)
		if err != nil {
			return nil, err
		}
		ls = append(ls, l)
		of = append(of, gruParamsOf(ahead.Params()), gruParamsOf(back.Params()))
	}
	if err := fillTorch(torchGRU, file, of); err != nil {
		return nil, err
	}
	return ls, nil
}

// ExportTorchBidirectional adds the weights of layers on top of each other to an
// archive under the names that torch.nn.GRU gives them if it is made with
// bidirectional=True; see ExportTorchGRU and ImportTorchBidirectional.
func ExportTorchBidirectional(a *archive.Archive, prefix string, ls ...*layers.Bidirectional) error {
	of, wrong := bidirectional(ls)
	if err := wrong.err(ErrModel, torchGRU); err != nil {
		return err
	}
	e := export{a: a, prefix: prefix}
	e.torch("", of, 2)
	return e.carryOut(torchGRU)
}
