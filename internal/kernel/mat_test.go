package kernel

import (
	"slices"
	"testing"
)

func TestRangesAreViewsOfTheSameNumbers(t *testing.T) {
	m := NewMat([]float64{
		0, 1, 2, 3,
		10, 11, 12, 13,
		20, 21, 22, 23,
	}, 3, 4)
	inner := m.ColRange(1, 3).RowRange(1, 3)
	if inner.Rows != 2 || inner.Cols != 2 {
		t.Fatalf("inner is (%d, %d), want (2, 2)", inner.Rows, inner.Cols)
	}
	if got := inner.Row(1); !slices.Equal(got, []float64{21, 22}) || cap(got) != 2 {
		t.Errorf("row 1 is %v with room for %d, want [21 22] and no more", got, cap(got))
	}
	inner.Row(0)[1] = 5
	if m.Data[6] != 5 {
		t.Error("a number written to a view is not in the matrix")
	}
	if got := m.RowRange(3, 3); got.Rows != 0 || got.Cols != 4 {
		t.Errorf("an empty range of rows is (%d, %d), want (0, 4)", got.Rows, got.Cols)
	}
	if got := m.ColRange(4, 4); got.Rows != 3 || len(got.Row(2)) != 0 {
		t.Errorf("row 2 of an empty range of columns has %d numbers, want none", len(got.Row(2)))
	}
}
