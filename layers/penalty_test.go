package layers

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/egru/egru/ops"
)

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// The penalty is that of the mean events and the mean state of each layer, with
// those of a GRU its output.
func TestPenaltyIsTheSumOverLayers(t *testing.T) {
	activity, state := ops.MeanPenaltyConfig{Weight: 3, Target: 0.125}, ops.MeanPenaltyConfig{Weight: 2, Target: -0.25}
	for name, change := range map[string]func(*LanguageModelConfig){
		"EvNN":  func(*LanguageModelConfig) {},
		"Paper": func(c *LanguageModelConfig) { c.EGRU.Variant = ops.Paper },
		"GRU":   ofGRU,
	} {
		for _, on := range []struct{ activity, state bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
			m := languageModel(change, func(c *LanguageModelConfig) {
				if on.activity {
					c.ActivityPenalty = activity
				}
				if on.state {
					c.StatePenalty = state
				}
			})
			of := func(f func(out *StackOutput) (*G.Node, error)) []float64 {
				return forward(t, func(g *G.ExprGraph) *G.Node {
					ids, _ := words(g)
					return must(f(must(m.Run(ids, nil, Run{}))))
				})
			}
			gru := m.Config().Cell == CellGRU
			want := 0.0
			for i := range m.Stack().Layers() {
				if on.activity && !gru {
					off := average(of(func(out *StackOutput) (*G.Node, error) { return out.Layers[i].Sequence().Events() })) - activity.Target
					want += activity.Weight * off * off
				}
				if on.state {
					states := func(out *StackOutput) (*G.Node, error) { return out.Layers[i].Sequence().States() }
					if gru {
						states = func(out *StackOutput) (*G.Node, error) { return out.Layers[i].Sequence().Y() }
					}
					off := average(of(states)) - state.Target
					want += state.Weight * off * off
				}
			}
			what := fmt.Sprintf("%s %+v", name, on)
			if want == 0 {
				ids, _ := words(G.NewGraph())
				if n := must(m.Penalty(must(m.Run(ids, nil, Run{})))); n != nil {
					t.Errorf("%s: penalty is %v, want none", what, n)
				}
				continue
			}
			compare(t, what, of(m.Penalty), []float64{want}, 1e-14)
		}
	}
}

func TestPenaltyErrors(t *testing.T) {
	m := languageModel(func(c *LanguageModelConfig) { c.StatePenalty.Weight = 1 })
	_, err := m.Penalty(nil)
	wantError(t, "nil", err, ErrConfig, "an output that the model did not make")
	_, err = m.Penalty(&StackOutput{Layers: make([]*Output, 1)})
	wantError(t, "fewer layers", err, ErrConfig, "did not make")
	_, err = m.Penalty(&StackOutput{Layers: []*Output{{}, {}}})
	wantError(t, "no sequence", err, ErrConfig, "rnn.0", "no sequence op")

	_, err = m.Penalty(&StackOutput{Layers: make([]*Output, 2)})
	wantError(t, "nil layers", err, ErrConfig, "rnn.0", "no sequence op")

	gru := languageModel(ofGRU)
	ids, _ := words(G.NewGraph())
	_, err = languageModel(func(c *LanguageModelConfig) { c.ActivityPenalty.Weight = 1 }).Penalty(must(gru.Run(ids, nil, Run{})))
	wantError(t, "output of a GRU", err, ops.ErrConfig, "rnn.0", "has no Events")
}
