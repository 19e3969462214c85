package prune

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/layers"
)

// CountEvents counts the events of each unit in outputs (..., H): numbers that are
// not 0. Add up the counts of several runs.
//
// A nil tensor, a scalar, a dtype other than float32 and float64, a view, a tensor
// stored column by column and NaN give ErrOutput.
func CountEvents(y *tensor.Dense) ([]int, error) {
	switch {
	case y == nil:
		return nil, errors.Wrap(ErrOutput, "y is nil")
	case y.Dims() == 0:
		return nil, errors.Wrap(ErrOutput, "y is a scalar, want (..., H)")
	case y.RequiresIterator() || y.IsMasked() || y.DataOrder().IsColMajor():
		return nil, errors.Wrap(ErrOutput, "y is masked or a view, or stored column by column, want a tensor stored row by row in one piece")
	}
	H := y.Shape()[y.Dims()-1]
	switch data := y.Data().(type) {
	case []float32:
		return count(data, H)
	case []float64:
		return count(data, H)
	}
	return nil, errors.Wrapf(ErrOutput, "y is of %v, want float32 or float64", y.Dtype())
}

func count[F kernel.Float](y []F, H int) ([]int, error) {
	events := make([]int, H)
	for i, v := range y {
		if v != v {
			return nil, errors.Wrapf(ErrOutput, "y is NaN in row %d for unit %d", i/H, i%H)
		}
		if v != 0 {
			events[i%H]++
		}
	}
	return events, nil
}

// Active are the units with events, in order.
func Active(events []int) []int {
	var units []int
	for unit, n := range events {
		if n > 0 {
			units = append(units, unit)
		}
	}
	return units
}

// Events runs a language model over a text, in the windows that are left of it,
// from a state of zeros, and counts the events of each unit of each layer.
//
// A model of GRUs, whose units always speak, or a nil one gives ErrModel.
func Events(m *layers.LanguageModel, windows *graph.Windows) ([][]int, error) {
	if err := eventBased(m); err != nil {
		return nil, err
	}
	if windows == nil {
		return nil, errors.Wrap(graph.ErrFeed, "windows are nil")
	}
	session, err := graph.NewSession(graph.LanguageModel{LanguageModel: m, Trace: true}, graph.Config{})
	if err != nil {
		return nil, err
	}
	events := make([][]int, len(m.Stack().Layers()))
	for i, l := range m.Stack().Layers() {
		events[i] = make([]int, l.Units())
	}
	var stream *graph.Stream
	for windows.Next() {
		if stream == nil {
			stream = session.NewStream(windows.Count() / windows.Steps())
		}
		r, err := session.Evaluate(stream, windows.Feeds())
		if err != nil {
			return nil, err
		}
		for i, l := range m.Stack().Layers() {
			more, err := CountEvents(r.Outputs[graph.Events(l)])
			if err != nil {
				return nil, errors.Wrap(err, l.Name())
			}
			for unit, n := range more {
				events[i][unit] += n
			}
		}
	}
	return events, nil
}

func eventBased(m *layers.LanguageModel) error {
	switch {
	case m == nil:
		return errors.Wrap(ErrModel, "language model is nil")
	case m.Config().Cell != layers.CellEGRU:
		return errors.Wrapf(ErrModel, "language model is of the cell %s, whose units send no events; want %s", m.Config().Cell, layers.CellEGRU)
	}
	return nil
}
