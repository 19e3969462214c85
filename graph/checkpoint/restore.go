package checkpoint

import (
	stderrors "errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

// RestoreWeights copies the weights of the snapshot into those of a model, all
// or none. The names must be the same, and shapes and dtypes with them: ErrFit
// lists all that are missing, surplus or of another kind. Graphs that share the
// tensors of the weights go on with the new numbers.
func (s *Snapshot) RestoreWeights(params []*layers.Param) error {
	if err := s.fitWeights(params); err != nil {
		return errors.WithMessage(err, "checkpoint")
	}
	return errors.WithMessage(s.copyWeights(params), "checkpoint")
}

// Restore takes a run back to where the snapshot was taken: weights, solver and
// stream, all or none. The solver must be made as the one of the snapshot, the
// stream with as many rows. A nil solver or stream is left out; one that is not
// nil needs its part in the snapshot.
//
// ErrFit is returned for what RestoreWeights refuses, for a state of the solver
// that does not fit the weights, and, together with optim.ErrState and
// graph.ErrStream, for what the solver and the stream refuse. Nothing has been
// changed then. That the states fit the model only the stream's next run can
// tell.
func (s *Snapshot) Restore(params []*layers.Param, solver optim.Solver, stream *graph.Stream) error {
	return errors.WithMessage(s.restore(params, solver, stream), "checkpoint")
}

func (s *Snapshot) restore(params []*layers.Param, solver optim.Solver, stream *graph.Stream) error {
	if err := s.fitWeights(params); err != nil {
		return err
	}
	if solver != nil {
		if err := s.fitSolver(); err != nil {
			return err
		}
	}
	// The stream comes first: it takes back what it has given, whatever else
	// fails. The solver changes nothing if it fails, and copying cannot.
	back := func() error { return nil }
	if stream != nil {
		if s.States == nil {
			return errors.Wrap(ErrFit, "the snapshot has no states of a stream")
		}
		before := stream.States()
		if err := stream.SetStates(s.States); err != nil {
			return as(ErrFit, err)
		}
		back = func() error { return stream.SetStates(before) }
	}
	if solver != nil {
		if err := solver.Restore(s.Solver); err != nil {
			return as(ErrFit, stderrors.Join(err, back()))
		}
	}
	return s.copyWeights(params)
}

// checkParams wants weights that are told apart by their names.
func checkParams(params []*layers.Param) error {
	for i, p := range params {
		if p == nil {
			return errors.Errorf("weight %d is nil", i)
		}
		if err := checkPlain(p.Value()); err != nil {
			return errors.WithMessagef(err, "weight %s", p.Name())
		}
	}
	return layers.CheckParams(params)
}

// checkPlain wants a tensor that can be copied element by element.
func checkPlain(d *tensor.Dense) error {
	switch {
	case d == nil:
		return errors.New("has no tensor")
	case d.Dtype().Type == nil:
		return errors.New("has no elements")
	case d.IsMaterializable() || d.IsMasked() || !d.IsNativelyAccessible() || !slices.Equal(d.Strides(), d.Shape().CalcStrides()):
		return errors.New("is masked, a view or not row-major, want a tensor stored row by row in one piece")
	}
	return nil
}

// kindOf is what two tensors must share for one to be copied into the other.
func kindOf(d *tensor.Dense) string { return fmt.Sprintf("%v of %v", d.Shape(), d.Dtype()) }

func (s *Snapshot) fitWeights(params []*layers.Param) error {
	if err := checkParams(params); err != nil {
		return as(ErrFit, err)
	}
	var wrong []string
	wanted := map[string]bool{}
	for _, p := range params {
		wanted[p.Name()] = true
		saved, ok := s.Weights[p.Name()]
		switch err := checkPlain(saved); {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s is missing", p.Name()))
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("%s %v", p.Name(), err))
		case kindOf(saved) != kindOf(p.Value()):
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %s", p.Name(), kindOf(saved), kindOf(p.Value())))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Weights)) {
		if !wanted[name] {
			wrong = append(wrong, fmt.Sprintf("%s is surplus", name))
		}
	}
	if len(wrong) > 0 {
		return errors.Wrapf(ErrFit, "weights: %s", strings.Join(wrong, "; "))
	}
	return nil
}

// fitSolver holds what the solver keeps of a weight against it. A solver that is
// new takes any shape, and would only complain at its first step.
func (s *Snapshot) fitSolver() error {
	for _, key := range slices.Sorted(maps.Keys(s.Solver.Tensors)) {
		w := s.Weights[key[:max(0, strings.LastIndexByte(key, '/'))]]
		if w == nil {
			continue // of something that is no weight: for the solver to judge
		}
		d, err := denseOf(s.Solver.Tensors[key])
		if err != nil {
			return as(ErrFit, errors.WithMessagef(err, "state of the solver: %s", key))
		}
		if kindOf(d) != kindOf(w) {
			return errors.Wrapf(ErrFit, "state of the solver: %s is %s, want %s as the weight", key, kindOf(d), kindOf(w))
		}
	}
	return nil
}

func (s *Snapshot) copyWeights(params []*layers.Param) error {
	for _, p := range params {
		if err := tensor.Copy(p.Value(), s.Weights[p.Name()]); err != nil {
			return errors.WithMessagef(err, "weight %s", p.Name())
		}
	}
	return nil
}
