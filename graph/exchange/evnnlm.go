package exchange

import (
	"fmt"
	"strings"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

// evnnNames are those of the language model in EvNN's benchmarks, and of models
// whose decoder is no module of its own.
var evnnNames = names{"embeddings.weight", []string{"decoder.decoder", "decoder"}}

const evnnRNNs = "rnns."

func evnnPrefix(layer int) string { return fmt.Sprintf("%s%d.", evnnRNNs, layer) }

func evnnLayers(s *source) int {
	return s.layers(evnnRNNs, func(name string) string {
		number, _, _ := strings.Cut(name, ".")
		return number
	})
}

const evnnModel = "EvNN language model"

// takeEvNNModel reads a model of known sizes.
func takeEvNNModel(s *source, vocabulary, embed int, units []int) (languageModel, []evnnLayer) {
	if s.has("decoder.projection.weight") {
		s.wrong.addf("the decoder has a projection, which no LanguageModel has")
	}
	var ls []evnnLayer
	inputs := embed
	for i, hidden := range units {
		ls = append(ls, takeEvNN(s, evnnPrefix(i), inputs, hidden))
		inputs = hidden
	}
	return takeLanguageModel(s, evnnNames, vocabulary, embed, units), ls
}

// ImportEvNNLanguageModel gives a model the weights of a language model of EvNN,
// whose names in the archive begin with prefix, mostly "", and go on with
//
//	embeddings.weight (V, E)
//	rnns.0.kernel and so on, the weights of each layer: see ImportEvNN
//	decoder.decoder.weight (V, H), or decoder.weight; none if tied
//	decoder.decoder.bias (V), or decoder.bias; zeros if not there
//
// The decoder is tied to the embedding if it has no weights of its own, or equal
// ones, as EvNN's has. Such a file can be given to a model that is not tied; the
// other way gives ErrModel. See ImportEvNN for all else, errors too.
//
// Source: EvNN 0.2.0, benchmarks/lm/models.py.
func ImportEvNNLanguageModel(a *archive.Archive, prefix string, m *layers.LanguageModel) error {
	egrus, wrong := layersOf[*layers.EGRU](m)
	for _, l := range egrus {
		wrong = append(wrong, checkEvNN(l.Config())...)
	}
	if err := wrong.err(ErrModel, evnnModel); err != nil {
		return err
	}
	s := from(a, prefix, evnnModel)
	around, file := takeEvNNModel(s, m.Config().Vocabulary, m.Config().Embed, unitsOf(m))
	if err := s.err(); err != nil {
		return err
	}
	if err := around.fits(m).err(ErrModel, evnnModel); err != nil {
		return err
	}
	return fillEvNN(m, around, file, egrus)
}

func fillEvNN(m *layers.LanguageModel, around languageModel, file []evnnLayer, egrus []*layers.EGRU) error {
	var p plan
	around.fill(&p, m)
	for i, l := range egrus {
		file[i].fill(&p, l)
	}
	return p.carryOut(evnnModel)
}

// NewEvNNLanguageModel makes a model of the weights of a language model of EvNN;
// see ImportEvNNLanguageModel. Vocabulary, sizes, the number of layers, the tying
// and, if the file has it, the surrogate are the file's, the cell is CellEGRU; the
// rest of the settings is base's. Sizes that a LanguageModelConfig cannot say, as
// after pruning, give ErrModel.
func NewEvNNLanguageModel(a *archive.Archive, prefix string, base layers.LanguageModelConfig) (*layers.LanguageModel, error) {
	s := from(a, prefix, evnnModel)
	vocabulary, embed, err := s.matrix(evnnNames.embedding, "(V, E)")
	if err != nil {
		return nil, err
	}
	units := make([]int, max(1, evnnLayers(s))) // at least one, to report it missing
	for i := range units {
		if _, units[i], err = evnnSizes(s, evnnPrefix(i)); err != nil {
			return nil, err
		}
	}
	around, file := takeEvNNModel(s, vocabulary, embed, units)
	if err := s.err(); err != nil { // before memory is taken for these sizes
		return nil, err
	}
	wrong := around.configure(&base)
	base.Cell = layers.CellEGRU
	file[0].configure(&base.EGRU)
	for i, l := range file {
		if l.hasDampening != file[0].hasDampening || l.hasSupport != file[0].hasSupport ||
			l.dampening != file[0].dampening || l.support != file[0].support {
			wrong.addf("layer %d has another surrogate than layer 0, want one for all", i)
		}
	}
	wrong = append(wrong, checkEvNN(base.EGRU)...)
	if err := wrong.err(ErrModel, evnnModel); err != nil {
		return nil, err
	}
	m, err := layers.NewLanguageModel(base)
	if err != nil {
		return nil, err
	}
	egrus, wrong := layersOf[*layers.EGRU](m)
	if err := wrong.err(ErrModel, evnnModel); err != nil {
		return nil, err
	}
	if err := fillEvNN(m, around, file, egrus); err != nil {
		return nil, err
	}
	return m, nil
}

// EvNNExport says how a language model is exported to EvNN.
type EvNNExport struct {
	// Untie exports a decoder of its own for a tied model whose last layer has
	// an output gain. EvNN ties the two again when it makes a model, so that the
	// file is for models made otherwise. Default false: such a model gives
	// ErrModel.
	Untie bool
}

// ExportEvNNLanguageModel adds the weights of a model to an archive under the
// names that EvNN's language model gives them; see ImportEvNNLanguageModel. A
// tied decoder is there under both names.
//
// EvNN has no output gain. That of a layer is folded into what reads the output,
// which gives the same but for rounding: into the rows of the kernel above, or the
// columns of the decoder. The decoder of a tied model cannot take it, since the
// embedding is the same matrix: see EvNNExport.
func ExportEvNNLanguageModel(a *archive.Archive, prefix string, m *layers.LanguageModel, how EvNNExport) error {
	egrus, wrong := layersOf[*layers.EGRU](m)
	for _, l := range egrus {
		wrong = append(wrong, exportable(l)...)
	}
	if err := wrong.err(ErrModel, evnnModel); err != nil {
		return err
	}
	last := gain(egrus[len(egrus)-1])
	tied := m.Config().Tied
	if tied && last != nil && !how.Untie {
		wrong.addf("the last layer's output has a gain, which neither EvNN nor the tied decoder has a place for: train without it, or export with Untie")
		return wrong.err(ErrModel, evnnModel)
	}
	e := export{a: a, prefix: prefix}
	embedding := e.add(evnnNames.embedding, paramOf(m, "embedding.weight"), asItIs)
	for i, l := range egrus {
		kernel := e.evnn(evnnPrefix(i), l)
		if i > 0 {
			fold(kernel, gain(egrus[i-1]), false)
		}
	}
	decoder := evnnNames.decoders[0]
	switch {
	case !tied:
		fold(e.add(decoder+".weight", paramOf(m, "decoder.weight"), asItIs), last, true)
	case last != nil:
		fold(e.add(decoder+".weight", paramOf(m, "embedding.weight"), asItIs), last, true)
	default:
		e.put(decoder+".weight", embedding)
	}
	e.add(decoder+".bias", paramOf(m, "decoder.bias"), asItIs)
	return e.carryOut(evnnModel)
}
