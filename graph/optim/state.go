package optim

import (
	"maps"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

// State is what a solver and its wrappers remember between steps, as plain data.
type State struct {
	// Solver names the solver: SGD, Adam or AdamW.
	Solver string
	// LearnRate is the base rate.
	LearnRate float64
	// Steps counts the steps of each parameter, by its name. Frozen parameters
	// have none, nor has SGD without momentum.
	Steps map[string]int
	// Tensors holds what is kept for each element, by "<parameter>/<kind>". The
	// kinds are velocity for SGD with momentum, moment1 and moment2 for Adam
	// and AdamW. Every parameter in Steps has all kinds. The mask of Prune is 0
	// where a parameter is pruned and else 1.
	Tensors map[string]Tensor
	// Schedules counts the steps of each Scheduled, the innermost first.
	Schedules []int
	// Prunings is the time of the last step of each Prune, the innermost first.
	Prunings []int `json:",omitempty"`
}

// Tensor is a float32 or float64 array, row-major. One of the slices is nil.
type Tensor struct {
	Shape   []int // empty for a scalar
	Float32 []float32
	Float64 []float64
}

func tensorOf[F kernel.Float](shape tensor.Shape, data []F) Tensor {
	t := Tensor{Shape: append([]int{}, shape...)}
	switch d := any(slices.Clone(data)).(type) {
	case []float32:
		t.Float32 = d
	case []float64:
		t.Float64 = d
	}
	return t
}

// floatsOf gives the numbers if they have the precision F.
func floatsOf[F kernel.Float](t Tensor) ([]F, bool) {
	var d any = t.Float32
	if t.Float32 == nil {
		d = t.Float64
	}
	f, ok := d.([]F)
	return f, ok
}

// Validate reports a tensor that has both or none of Float32 and Float64, or another
// number of numbers than its shape says.
func (t Tensor) Validate() error {
	if (t.Float32 == nil) == (t.Float64 == nil) {
		return errors.Wrap(ErrState, "has both or none of Float32 and Float64, want one")
	}
	have, size := len(t.Float32)+len(t.Float64), 1
	for _, n := range t.Shape {
		if n < 1 || n > have/size { // a product of more could overflow
			return errors.Wrapf(ErrState, "has shape %v for %d numbers", t.Shape, have)
		}
		size *= n
	}
	if size != have {
		return errors.Wrapf(ErrState, "has shape %v for %d numbers", t.Shape, have)
	}
	return nil
}

func (s *stepper) State() State {
	st := State{
		Solver:    s.name,
		LearnRate: s.rates.learn,
		Steps:     map[string]int{},
		Tensors:   map[string]Tensor{},
	}
	s.f32.save(s.kinds, st)
	s.f64.save(s.kinds, st)
	return st
}

func (b *bank[F]) save(kinds []string, st State) {
	if len(kinds) == 0 {
		return
	}
	for name, m := range b.memories {
		st.Steps[name] = m.steps
		for k, kind := range kinds {
			st.Tensors[name+"/"+kind] = tensorOf(m.shape, m.moments[k])
		}
	}
}

func (s *stepper) Restore(st State) error {
	switch {
	case st.Solver != s.name:
		return errors.Wrapf(ErrState, "%s: state is of %q", s.name, st.Solver)
	case !isFactor(st.LearnRate):
		return errors.Wrapf(ErrState, "%s: state has rate %v, want a finite number >= 0", s.name, st.LearnRate)
	case len(st.Schedules) != 0:
		return errors.Wrapf(ErrState, "%s: state has %d schedules more than there are wrappers", s.name, len(st.Schedules))
	case len(st.Prunings) != 0:
		return errors.Wrapf(ErrState, "%s: state has %d prunings more than there are wrappers", s.name, len(st.Prunings))
	case len(st.Tensors) != len(st.Steps)*len(s.kinds) || len(s.kinds) == 0 && len(st.Steps) != 0:
		return errors.Wrapf(ErrState, "%s: state has %d tensors for %d parameters, want %d for each: %v",
			s.name, len(st.Tensors), len(st.Steps), len(s.kinds), s.kinds)
	}
	f32, f64 := map[string]*memory[float32]{}, map[string]*memory[float64]{}
	for _, name := range slices.Sorted(maps.Keys(st.Steps)) {
		var err error
		if st.Tensors[name+"/"+s.kinds[0]].Float32 != nil {
			f32[name], err = recall[float32](name, s.kinds, st)
		} else {
			f64[name], err = recall[float64](name, s.kinds, st)
		}
		if err == nil {
			err = s.checkKnown(name, st)
		}
		if err != nil {
			return errors.WithMessagef(err, "%s: state of parameter %q", s.name, name)
		}
	}
	s.rates.learn, s.f32.memories, s.f64.memories = st.LearnRate, f32, f64
	return nil
}

// checkKnown holds a parameter of a state against the solver's own.
func (s *stepper) checkKnown(name string, st State) error {
	if len(s.f32.memories)+len(s.f64.memories) == 0 {
		return nil
	}
	shape, dtype, known := s.known(name)
	t := st.Tensors[name+"/"+s.kinds[0]]
	switch {
	case !known:
		return errors.Wrap(ErrState, "solver has no such parameter")
	case !slices.Equal(shape, t.Shape) || (dtype == tensor.Float32) != (t.Float32 != nil):
		return errors.Wrapf(ErrState, "does not have shape %v of %v, as the solver's", shape, dtype)
	}
	return nil
}

// recall makes the memory of a parameter from a state.
func recall[F kernel.Float](name string, kinds []string, st State) (*memory[F], error) {
	m := &memory[F]{steps: st.Steps[name]}
	if m.steps < 1 {
		return nil, errors.Wrapf(ErrState, "has %d steps, want at least 1", m.steps)
	}
	for _, kind := range kinds {
		t, ok := st.Tensors[name+"/"+kind]
		if !ok {
			return nil, errors.Wrapf(ErrState, "has no %s", kind)
		}
		if err := t.Validate(); err != nil {
			return nil, errors.WithMessage(err, kind)
		}
		data, ok := floatsOf[F](t)
		if m.shape == nil {
			m.shape = append(tensor.Shape{}, t.Shape...)
		}
		if !ok || !slices.Equal(m.shape, t.Shape) {
			return nil, errors.Wrapf(ErrState, "%s differs in shape or dtype from %s", kind, kinds[0])
		}
		m.moments = append(m.moments, slices.Clone(data))
	}
	return m, nil
}
