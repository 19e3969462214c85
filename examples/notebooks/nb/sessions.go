package nb

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/gradcheck"
)

// Sessions, see package graph.
type (
	Model   = graph.Model
	Window  = graph.Window
	Session = graph.Session
	Stream  = graph.Stream
	Feeds   = graph.Feeds
	Result  = graph.Result
	Windows = graph.Windows
	Lengths = graph.Lengths
)

// The names of a language model's inputs.
const (
	Tokens  = graph.Tokens
	Targets = graph.Targets
)

// model is a Model of a notebook, whose types cannot have methods.
type model struct {
	params []*Param
	build  func(w *Window)
}

func (m model) Params() []*Param { return m.params }

func (m model) Build(w *Window) (err error) {
	// What stops the closure is the session's error.
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if err, ok = r.(error); !ok {
				err = fmt.Errorf("%v", r)
			}
		}
	}()
	m.build(w)
	return nil
}

// NewModel makes a model of weights and of a function that declares the inputs
// of a window, its loss and its outputs.
func NewModel(params []*Param, build func(w *Window)) Model { return model{params, build} }

// ModelOf lets a session run a language model. With trace, evaluations put out
// the events of each layer, named by EventsOf.
func ModelOf(m *LanguageModel, trace bool) Model {
	return graph.LanguageModel{LanguageModel: m, Trace: trace}
}

// EventsOf names the output of a layer of a traced language model.
func EventsOf(layer Recurrent) string { return graph.Events(layer) }

// InputOf declares an input of float32 (T, B, size) of a window.
func InputOf(w *Window, name string, size int) *Node {
	return w.Input(name, tensor.Float32, w.T, w.B, size)
}

// NewSession makes a session for a model; the seed is of its random masks.
func NewSession(m Model, seed uint64) *Session {
	return must(graph.NewSession(m, graph.Config{Seed: seed}))
}

// NewWindows cuts a text into rows side by side, to be read in windows of steps.
func NewWindows(tokens []int, rows, steps int) *Windows {
	return must(graph.NewWindows(tokens, rows, steps))
}

// NewLengths draws lengths of windows around base steps; see graph.Lengths.
func NewLengths(base int, seed uint64) *Lengths {
	c := graph.DefaultLengths(base)
	c.Seed = seed
	return must(graph.NewLengths(c))
}

// Column makes (T, 1) of ids, to read one text.
func Column(ids []int) *Tensor {
	if len(ids) == 0 {
		panic(fmt.Errorf("no ids to make a column of"))
	}
	return tensor.New(tensor.WithShape(len(ids), 1), tensor.WithBacking(append([]int(nil), ids...)))
}

// CheckGradients holds the gradients of a model of float64 against finite
// differences, for inputs of b rows, and gives the report; see package
// gradcheck.
func CheckGradients(m Model, feeds Feeds, b int) string {
	return must(gradcheck.Check(m, feeds, gradcheck.Default(b))).String()
}

// InputOf64 is InputOf of float64, to check gradients with.
func InputOf64(w *Window, name string, size int) *Node {
	return w.Input(name, tensor.Float64, w.T, w.B, size)
}
