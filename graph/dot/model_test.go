package dot_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/dot"
	"github.com/egru/egru/graph/probe"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func newModel(t *testing.T, edit func(*layers.LanguageModelConfig)) *layers.LanguageModel {
	t.Helper()
	c := layers.DefaultLanguageModel(50, 4, 6, 2)
	edit(&c)
	m, err := layers.NewLanguageModel(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestALanguageModelIsDrawnAsItIs(t *testing.T) {
	for _, c := range []struct {
		name  string
		edit  func(*layers.LanguageModelConfig)
		has   []string
		lacks []string
	}{
		{
			name: "tied EGRU", edit: func(*layers.LanguageModelConfig) {},
			has: []string{
				"embedding, 50 words\\nweight (50, 4)\\n200 parameters",
				"rnn.0, EGRU evnn, 6 units\\nkernel (4, 18)", "recurrent_kernel (6, 18)", "threshold (6)", "gain (6)",
				"rnn.1, EGRU evnn, 4 units\\nkernel (6, 12)", "decoder, softmax\\nbias (50)",
				`" (T, B)"`, `" (T, B, 4)"`, `" (T, B, 6)"`, `" (T, B, 50)"`, "one matrix", "language model, 630 parameters",
			},
			lacks: []string{"dropout"},
		},
		{
			name: "untied GRU with dropout", edit: func(c *layers.LanguageModelConfig) {
				c.Cell, c.Tied = layers.CellGRU, false
				c.WordDropout, c.EmbedDropout, c.LayerDropout, c.OutputDropout = 0.1, 0.2, 0.3, 0.4
			},
			has: []string{
				"rnn.0, GRU, 6 units", "rnn.1, GRU, 6 units", "decoder, softmax\\nweight (50, 6)\\nbias (50)",
				"(T, B), word dropout 0.1", "(T, B, 4), dropout 0.2", "(T, B, 6), dropout 0.3", "(T, B, 6), dropout 0.4",
			},
			lacks: []string{"one matrix", "threshold"},
		},
		{
			name: "paper", edit: func(c *layers.LanguageModelConfig) { c.EGRU.Variant = ops.Paper },
			has: []string{"rnn.0, EGRU paper, 6 units"}, lacks: []string{"recurrent_bias"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := dot.LanguageModel(newModel(t, c.edit)).DOT()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.has {
				if !strings.Contains(text, s) {
					t.Errorf("no %q in\n%s", s, text)
				}
			}
			for _, s := range c.lacks {
				if strings.Contains(text, s) {
					t.Errorf("there is %q in\n%s", s, text)
				}
			}
		})
	}
}

func TestAReportIsAddedToTheBoxesOfItsNames(t *testing.T) {
	counts := probe.Counts{
		Layers: []probe.Count{{Name: "rnn.0", Counts: ops.Counts{
			Units: 600, Events: 60, ForwardMACs: 1200, DenseForwardMACs: 18_000, BackwardMACs: 9000, DenseBackwardMACs: 36_000,
		}}, {Name: "elsewhere", Counts: ops.Counts{Units: 1, Events: 1}}},
		Products: []probe.Count{{Name: "decoder", Counts: ops.Counts{Units: 400, Events: 100, ForwardMACs: 5000, DenseForwardMACs: 20_000}}},
	}
	plain := dot.LanguageModel(newModel(t, func(*layers.LanguageModelConfig) {}))
	before := plain.String()
	for tokens, want := range map[int][]string{
		100: {"activity 10.0 %\\nforward 12 of 180 MACs a token\\nbackward 90 of 360 MACs a token", "activity of the input 25.0 %\\nforward 50 of 200 MACs a token"},
		0:   {"forward 1200 of 18.0 k MACs\\nbackward 9000 of 36.0 k MACs"},
	} {
		report, err := counts.Report(tokens)
		if err != nil {
			t.Fatal(err)
		}
		text := plain.WithReport(report).String()
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("no %q in\n%s", s, text)
			}
		}
		if n := strings.Count(text, "activity"); n != 2 {
			t.Errorf("%d activities, want that of rnn.0 and of the decoder's input:\n%s", n, text)
		}
	}
	if plain.String() != before {
		t.Error("the drawing without a report has changed")
	}
}

// Gorgonia's own drawing of a graph, node by node, is good for graphs with our ops.
func TestGorgoniaDrawsGraphsOfOurOps(t *testing.T) {
	layer, err := layers.NewEGRU("rnn", layers.DefaultEGRU(2, 3))
	if err != nil {
		t.Fatal(err)
	}
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float32, 3, G.WithShape(4, 2, 2), G.WithName("x"))
	y, err := layer.Forward(x)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := layer.Nodes(g)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := G.Grad(G.Must(G.Sum(y)), weights...); err != nil {
		t.Fatal(err)
	}
	text := g.ToDot()
	for _, want := range []string{"digraph", "rnn.kernel", "EGRU", "gradient of"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %.2000s", want, text)
		}
	}
	if n := strings.Count(text, "->"); n < 20 {
		t.Errorf("%d arrows, want those of some dozen nodes", n)
	}
	program, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz's dot is not on PATH: whether it reads the text is not tested")
	}
	cmd := exec.Command(program, "-Tcanon")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || !slices.Contains(strings.Fields(string(out)), "digraph") {
		t.Errorf("dot says %v: %.500s", err, out)
	}
}
