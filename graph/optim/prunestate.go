package optim

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// maskKind is the kind of the masks in the state of the nth Prune, from 0 and from
// within.
func maskKind(n int) string {
	if n == 0 {
		return "mask"
	}
	return "mask" + strconv.Itoa(n+1)
}

// State is the inner solver's with the masks and the time of the last step added.
func (p *Prune) State() State {
	st := p.inner.State()
	kind := maskKind(len(st.Prunings))
	for name, m := range p.masks {
		st.Tensors[name+"/"+kind] = m.tensor()
	}
	st.Prunings = append(st.Prunings, p.time)
	return st
}

// tensor is 0 where something is pruned and else 1, of the parameter's dtype.
func (m *mask) tensor() Tensor {
	kept := make([]float64, len(m.off))
	for i, off := range m.off {
		if !off {
			kept[i] = 1
		}
	}
	if m.dtype == tensor.Float64 {
		return tensorOf(m.shape, kept)
	}
	narrow := make([]float32, len(kept))
	for i, k := range kept {
		narrow[i] = float32(k)
	}
	return tensorOf(m.shape, narrow)
}

// Restore implements Solver.
func (p *Prune) Restore(st State) error {
	last := len(st.Prunings) - 1
	if last < 0 {
		return errors.Wrap(ErrState, "Prune: state counts fewer prunings than there are wrappers")
	}
	time := st.Prunings[last]
	if time < 0 {
		return errors.Wrapf(ErrState, "Prune: the time of the state is %d, want >= 0", time)
	}
	masks, rest := map[string]*mask{}, map[string]Tensor{}
	for _, key := range slices.Sorted(maps.Keys(st.Tensors)) {
		name, ours := strings.CutSuffix(key, "/"+maskKind(last))
		if !ours {
			rest[key] = st.Tensors[key]
			continue
		}
		m, err := p.recallMask(name, st.Tensors[key])
		if err != nil {
			return errors.WithMessagef(err, "Prune: mask of parameter %q", name)
		}
		masks[name] = m
	}
	st.Prunings, st.Tensors = slices.Clone(st.Prunings[:last]), rest
	if err := p.inner.Restore(st); err != nil {
		return err
	}
	p.time, p.next, p.masks = time, time+1, masks
	return nil
}

func (p *Prune) recallMask(name string, t Tensor) (*mask, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	m := &mask{append(tensor.Shape{}, t.Shape...), tensor.Float32, nil}
	kept := t.Float64
	if t.Float32 == nil {
		m.dtype = tensor.Float64
	} else {
		for _, k := range t.Float32 {
			kept = append(kept, float64(k))
		}
	}
	for i, k := range kept {
		if k != 0 && k != 1 {
			return nil, errors.Wrapf(ErrState, "number %d is %v, want 0 or 1", i, k)
		}
		m.off = append(m.off, k == 0)
	}
	known := p.masks[name]
	switch {
	case !matches(p.config.Names, name):
		return nil, errors.Wrapf(ErrState, "the solver prunes no such parameter, but %q", p.config.Names)
	case len(p.masks) == 0:
	case known == nil:
		return nil, errors.Wrap(ErrState, "solver has no such parameter")
	case known.dtype != m.dtype || !slices.Equal(known.shape, m.shape):
		return nil, errors.Wrapf(ErrState, "does not have shape %v of %v, as the solver's", known.shape, known.dtype)
	}
	return m, nil
}
