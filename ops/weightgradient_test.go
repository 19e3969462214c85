package ops

import (
	"fmt"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The memory that a machine has to spare is taken if it is that of the gradient.
func TestRowsAreAddedInMemoryThatIsToSpare(t *testing.T) {
	g := weightGradient[float64]{of: tensor.Shape{3, 2}}
	g.uses[wholeWeight], g.uses[rowsOfWeight] = 1, 1
	op := forwardOp[float64]{g, []tensor.Shape{{3, 2}, {2}, {2, 2}, {}}, g.of}
	dense := func(shape tensor.Shape, x ...float64) *tensor.Dense {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
	}
	ids := func(x ...int) *tensor.Dense { return tensor.New(tensor.WithShape(2), tensor.WithBacking(x)) }
	dx, sum, want := dense(tensor.Shape{2, 2}, 10, 20, 30, 40), G.NewF64(0), []float64{1, 2, 43, 64, 5, 6}
	for _, c := range []struct {
		name          string
		prealloc      func(whole G.Value) G.Value
		same, changed bool
	}{
		{"that of the gradient", func(whole G.Value) G.Value { return whole }, true, true},
		{"none", func(G.Value) G.Value { return nil }, false, false},
		{"another", func(G.Value) G.Value { return dense(tensor.Shape{3, 2}, 7, 7, 7, 7, 7, 7) }, false, false},
	} {
		whole := dense(tensor.Shape{3, 2}, 1, 2, 3, 4, 5, 6)
		out, err := op.UsePreallocDo(c.prealloc(whole), whole, ids(1, 1), dx, sum)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, c.name, flat(out), want, 0)
		if taken := &out.Data().([]float64)[0] == &whole.Float64s()[0]; taken != c.same {
			t.Errorf("%s: memory taken %v, want %v", c.name, taken, c.same)
		}
		if !c.changed {
			compare(t, c.name+": gradient", flat(whole), []float64{1, 2, 3, 4, 5, 6}, 0)
		}
	}
	// A gradient stored column by column is read as it is meant, and left alone.
	columns := dense(tensor.Shape{2, 3}, 1, 3, 5, 2, 4, 6)
	if err := columns.T(); err != nil {
		t.Fatal(err)
	}
	out, err := op.UsePreallocDo(columns, columns, ids(1, 1), dx, sum)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "transposed", flat(out), want, 0)

	// Ids may have changed since the forward pass.
	whole := dense(tensor.Shape{3, 2}, 1, 2, 3, 4, 5, 6)
	for name, do := range map[string]func() (G.Value, error){
		"Do":            func() (G.Value, error) { return op.Do(whole, ids(0, 3), dx, sum) },
		"UsePreallocDo": func() (G.Value, error) { return op.UsePreallocDo(whole, whole, ids(0, 3), dx, sum) },
	} {
		_, err := do()
		wantError(t, name, ErrIndex, "ids[1] is 3, want 0 to 2 for W (3, 2)")(nil, err)
	}
	compare(t, "gradient after an error", flat(whole), []float64{1, 2, 3, 4, 5, 6}, 0)
}

func TestTheGradientOfAWeightRefusesOtherShapes(t *testing.T) {
	g := weightGradient[float64]{of: tensor.Shape{3, 2}, uses: [contributions]int{1, 1, 1}}
	good := []tensor.Shape{{3, 2}, {4, 3}, {4, 2}, {5}, {5, 2}, {}}
	if _, err := outShape(g, good); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		shape tensor.Shape
		says  string
	}{
		{tensor.Shape{2, 3}, "whole gradient 0 has shape (2, 3), want (3, 2)"},
		{tensor.Shape{4, 4}, "product 0: y has shape (4, 4) and its gradient (4, 2), want (..., 3) and (..., 2)"},
		{tensor.Shape{5, 2}, "product 0: y has shape (4, 3) and its gradient (5, 2), want (..., 3) and (..., 2)"},
		{tensor.Shape{6}, "lookup 0: gradient has shape (5, 2), want (6, 2) for ids (6)"},
		{tensor.Shape{5, 3}, "lookup 0: gradient has shape (5, 3), want (5, 2) for ids (5)"},
		{tensor.Shape{1}, "tickets has shape (1) of 1 axes, want 0"},
	} {
		bad := slices.Clone(good)
		bad[i] = c.shape
		_, err := outShape(g, bad)
		wantError(t, fmt.Sprint("input ", i), ErrShape, c.says)(nil, err)
	}
}
