package exchange

import (
	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

var torchNames = names{"encoder.weight", []string{"decoder"}}

const (
	torchModel = "PyTorch language model"
	torchRNN   = "rnn."
)

// takeTorchModel reads a model of known sizes.
func takeTorchModel(s *source, vocabulary, embed int, units []int) (languageModel, []torchLayer) {
	var ls []torchLayer
	inputs := embed
	for i, hidden := range units {
		ls = append(ls, takeTorch(s, torchRNN, i, false, inputs, hidden))
		inputs = hidden
	}
	return takeLanguageModel(s, torchNames, vocabulary, embed, units), ls
}

// modelGRUs wants a model of GRU layers.
func modelGRUs(m *layers.LanguageModel) ([]gruParams, problems) {
	ls, wrong := layersOf[*layers.GRU](m)
	var of []gruParams
	for _, l := range ls {
		of = append(of, gruParamsOf(l.Params()))
	}
	return of, wrong
}

// ImportTorchLanguageModel gives a model of GRU layers the weights of a language
// model as PyTorch's example word_language_model names them: names in the archive
// begin with prefix, mostly "", and go on with
//
//	encoder.weight (V, E)
//	rnn.weight_ih_l0 and so on, the weights of a torch.nn.GRU: see ImportTorchGRU
//	decoder.weight (V, H); none if tied
//	decoder.bias (V); zeros if not there
//
// The decoder is tied to the encoder if it has no weights of its own, or equal
// ones. Such a file can be given to a model that is not tied; the other way gives
// ErrModel, as does a model of other layers. See ImportTorchGRU for other errors.
// After an error the model is what it was.
//
// The example saves the whole module, which archive.Read refuses to execute; save
// model.state_dict() instead.
func ImportTorchLanguageModel(a *archive.Archive, prefix string, m *layers.LanguageModel) error {
	of, wrong := modelGRUs(m)
	if err := wrong.err(ErrModel, torchModel); err != nil {
		return err
	}
	s := from(a, prefix, torchModel)
	around, file := takeTorchModel(s, m.Config().Vocabulary, m.Config().Embed, unitsOf(m))
	if err := s.err(); err != nil {
		return err
	}
	if err := around.fits(m).err(ErrModel, torchModel); err != nil {
		return err
	}
	return fillTorchModel(m, around, file, of)
}

func fillTorchModel(m *layers.LanguageModel, around languageModel, file []torchLayer, of []gruParams) error {
	var p plan
	around.fill(&p, m)
	for i, g := range of {
		file[i].fill(&p, g)
	}
	return p.carryOut(torchModel)
}

// NewTorchLanguageModel makes a model of the weights of a language model of
// PyTorch; see ImportTorchLanguageModel. Vocabulary, sizes, the number of layers
// and the tying are the file's, the cell is CellGRU; the rest of the settings is
// base's.
func NewTorchLanguageModel(a *archive.Archive, prefix string, base layers.LanguageModelConfig) (*layers.LanguageModel, error) {
	s := from(a, prefix, torchModel)
	vocabulary, embed, err := s.matrix(torchNames.embedding, "(V, E)")
	if err != nil {
		return nil, err
	}
	units := make([]int, max(1, torchLayers(s, torchRNN))) // at least one, to report it missing
	for i := range units {
		if _, units[i], err = torchSizes(s, torchRNN, i); err != nil {
			return nil, err
		}
	}
	around, file := takeTorchModel(s, vocabulary, embed, units)
	if err := s.err(); err != nil { // before memory is taken for these sizes
		return nil, err
	}
	base.Cell = layers.CellGRU
	if err := around.configure(&base).err(ErrModel, torchModel); err != nil {
		return nil, err
	}
	m, err := layers.NewLanguageModel(base)
	if err != nil {
		return nil, err
	}
	of, wrong := modelGRUs(m)
	if err := wrong.err(ErrModel, torchModel); err != nil {
		return nil, err
	}
	if err := fillTorchModel(m, around, file, of); err != nil {
		return nil, err
	}
	return m, nil
}

// ExportTorchLanguageModel adds the weights of a model of GRU layers to an archive
// under the names of PyTorch's example; see ImportTorchLanguageModel. A tied decoder
// is there under both names.
//
// torch.nn.GRU wants layers of as many units each; others, as in a tied model with
// Hidden unequal to Embed, give ErrModel, as do other cells. A name that is already
// there gives ErrArchive. After an error the archive is what it was.
func ExportTorchLanguageModel(a *archive.Archive, prefix string, m *layers.LanguageModel) error {
	of, wrong := modelGRUs(m)
	if len(wrong) == 0 {
		wrong = checkTorch(of, 1)
	}
	if err := wrong.err(ErrModel, torchModel); err != nil {
		return err
	}
	e := export{a: a, prefix: prefix}
	embedding := e.add(torchNames.embedding, paramOf(m, "embedding.weight"), asItIs)
	e.torch(torchRNN, of, 1)
	if m.Config().Tied {
		e.put("decoder.weight", embedding)
	} else {
		e.add("decoder.weight", paramOf(m, "decoder.weight"), asItIs)
	}
	e.add("decoder.bias", paramOf(m, "decoder.bias"), asItIs)
	return e.carryOut(torchModel)
}
