package exchange

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
)

// source reads weights from the part of an archive whose names begin with a
// prefix, and remembers which: what is left over is an error, since it may be a
// part of the model that would be missed.
type source struct {
	what    string // for errors
	a       *archive.Archive
	prefix  string
	used    map[string]bool
	missing []string
	wrong   problems
}

func from(a *archive.Archive, prefix, what string) *source {
	s := &source{what: what, a: a, prefix: prefix, used: map[string]bool{}}
	if a == nil {
		s.a = &archive.Archive{}
	}
	return s
}

// weight is an array of floats. One without numbers is all zeros.
type weight struct {
	shape   []int
	numbers any // []float32 or []float64
}

func (s *source) has(name string) bool { return s.a.Tensors[s.prefix+name] != nil }

// take gives a weight of a shape. What is wrong with it is kept for err.
func (s *source) take(name string, shape ...int) weight {
	full := s.prefix + name
	s.used[full] = true
	t := s.a.Tensors[full]
	if t == nil {
		s.missing = append(s.missing, full)
		return weight{}
	}
	if !slices.Equal(t.Shape(), shape) {
		s.wrong.addf("%s has shape %v, want %v", listed([]string{full}), t.Shape(), tensor.Shape(shape))
		return weight{}
	}
	numbers, err := archive.Numbers(t)
	if err != nil {
		s.wrong.addf("%s: %v", listed([]string{full}), err)
		return weight{}
	}
	switch numbers.(type) {
	case []float32, []float64:
		return weight{shape, numbers}
	}
	s.wrong.addf("%s is of %v, want float32 or float64", listed([]string{full}), t.Dtype())
	return weight{}
}

// or gives a weight if it is there, and zeros if not.
func (s *source) or(name string, shape ...int) weight {
	if !s.has(name) {
		return weight{shape: shape}
	}
	return s.take(name, shape...)
}

// number gives a weight (1), if it is there.
func (s *source) number(name string) (x float64, ok bool) {
	if !s.has(name) {
		return 0, false
	}
	switch n := s.take(name, 1).numbers.(type) {
	case []float32:
		return float64(n[0]), true
	case []float64:
		return n[0], true
	}
	return 0, false
}

// matrix gives the shape of a weight of two axes, by which sizes are known. The
// error for one that is not there says what is: the prefix may be another.
func (s *source) matrix(name, shape string) (rows, columns int, err error) {
	full := s.prefix + name
	t := s.a.Tensors[full]
	var wrong problems
	switch {
	case t == nil && len(s.a.Tensors) == 0:
		wrong.addf("missing is %s: the archive is empty", listed([]string{full}))
	case t == nil:
		wrong.addf("missing is %s: the archive has %s", listed([]string{full}), listed(slices.Sorted(maps.Keys(s.a.Tensors))))
	case t.Dims() != 2:
		wrong.addf("%s has shape %v, want %s", listed([]string{full}), t.Shape(), shape)
	default:
		return t.Shape()[0], t.Shape()[1], nil
	}
	return 0, 0, wrong.err(ErrArchive, s.what)
}

// third is a size of which a weight has three blocks.
func (s *source) third(name string, shape string, size int) (int, error) {
	if size%3 != 0 {
		var wrong problems
		wrong.addf("%s has %d columns or rows for three gates, want %s", listed([]string{s.prefix + name}), size, shape)
		return 0, wrong.err(ErrArchive, s.what)
	}
	return size / 3, nil
}

// layers counts the layers from 0 on, of which the archive has any weight. Number
// gives the part of a name that is the layer's number, if it has one.
func (s *source) layers(before string, number func(name string) string) int {
	there := map[int]bool{}
	for name := range s.a.Tensors {
		if name, ok := strings.CutPrefix(name, s.prefix+before); ok {
			if n, err := strconv.Atoi(number(name)); err == nil {
				there[n] = true
			}
		}
	}
	n := 0
	for there[n] {
		n++
	}
	return n
}

// err reports all that was wrong, and what nobody took.
func (s *source) err() error {
	all := slices.Clone(s.wrong)
	if len(s.missing) > 0 {
		all.addf("missing are %s", listed(s.missing))
	}
	var left []string
	for _, name := range slices.Sorted(maps.Keys(s.a.Tensors)) {
		if strings.HasPrefix(name, s.prefix) && !s.used[name] {
			left = append(left, name)
		}
	}
	if len(left) > 0 {
		all.addf("left over are %s", listed(left))
	}
	return all.err(ErrArchive, s.what)
}
