package exchange

import (
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
)

// gained is a model of EGRU layers whose gains are learned, or fixed at 5.
func gained(dt tensor.Dtype, tied, learned bool) *layers.LanguageModel {
	c := modelBase(layers.CellEGRU, 8, 8, 3, tied, dt)
	c.EGRU.OutputGain, c.EGRU.LearnGain = 5, learned
	m := must(layers.NewLanguageModel(c))
	randomise(7, m.Params())
	return m
}

// EvNN has no gain: what reads a layer's output takes it over, exactly.
func TestGainsAreFoldedIntoWhatReadsThem(t *testing.T) {
	x := exampleOf(t, "evnnlm").X
	for _, c := range []struct {
		name          string
		tied, learned bool
	}{
		{"learned", false, true},
		{"fixed", false, false},
		{"learned, untied for it", true, true},
	} {
		for _, dt := range dtypes {
			m := gained(dt, c.tied, c.learned)
			a := &archive.Archive{}
			if err := ExportEvNNLanguageModel(a, "", m, EvNNExport{Untie: true}); err != nil {
				t.Fatal(err)
			}
			base := modelBase(layers.CellEGRU, 1, 1, 1, c.tied, dt)
			base.EGRU.OutputGain, base.EGRU.LearnGain = 1, false
			plain := must(NewEvNNLanguageModel(a, "", base))
			if plain.Config().Tied {
				t.Errorf("%s: the decoder without its gain is tied", c.name)
			}
			compare(t, c.name+" in "+dt.String(), losses(t, x, plain), losses(t, x, m), tolerance(dt))
			for _, meter := range m.Stack().Meters() {
				if activity := meter.Counts().Activity(); activity < 0.1 {
					t.Errorf("%s: activity of %s is %v, too little to tell gains by", c.name, meter.Name(), activity)
				}
			}
		}
	}
}

// A tied model without gains stays tied.
func TestTiedModelsStayTied(t *testing.T) {
	m := gained(tensor.Float32, true, true)
	for _, p := range m.Params() {
		if p.Name() == "rnn.2.gain" {
			for i := range p.Value().Float32s() {
				p.Value().Float32s()[i] = 1
			}
		}
	}
	a := &archive.Archive{}
	if err := ExportEvNNLanguageModel(a, "", m, EvNNExport{}); err != nil {
		t.Fatal(err)
	}
	if a.Tensors["embeddings.weight"] != a.Tensors["decoder.decoder.weight"] {
		t.Error("embedding and decoder are two tensors")
	}
	back := must(NewEvNNLanguageModel(a, "", modelBase(layers.CellEGRU, 1, 1, 1, false, tensor.Float32)))
	if !back.Config().Tied {
		t.Error("the model came back untied")
	}
	x := exampleOf(t, "evnnlm").X
	compare(t, "losses", losses(t, x, back), losses(t, x, m), tolerance(tensor.Float32))
}

// A model that is not tied can take a file that is.
func TestAModelThatIsNotTiedTakesATiedFile(t *testing.T) {
	e := exampleOf(t, "torchlm_tied")
	for _, file := range []*archive.Archive{read(t, "torchlm_tied.pt"), without(read(t, "torchlm_tied.pt"), "decoder.weight")} {
		m := must(layers.NewLanguageModel(modelBase(layers.CellGRU, 8, 8, 2, false, tensor.Float32)))
		if err := ImportTorchLanguageModel(file, "", m); err != nil {
			t.Fatal(err)
		}
		compare(t, "losses", losses(t, e.X, m), e.Y.Data, tolerance(tensor.Float32))
	}
}
