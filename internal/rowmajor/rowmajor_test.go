package rowmajor

import (
	"slices"
	"testing"
)

func TestOrderIsToldByStrides(t *testing.T) {
	for _, c := range []struct {
		shape, strides []int
		want           bool
	}{
		{nil, nil, true},
		{[]int{3}, []int{1}, true},
		{[]int{3}, []int{2}, false},
		{[]int{2, 3}, []int{3, 1}, true},
		{[]int{2, 3}, []int{1, 2}, false},
		{[]int{2, 3}, []int{4, 1}, false},
		{[]int{1, 3}, []int{99, 1}, true}, // never used to go anywhere
		{[]int{3, 1, 2}, []int{2, 99, 1}, true},
		{[]int{1, 3}, []int{1}, true},
		{[]int{3, 1}, []int{1}, true},
		{[]int{1, 3}, []int{2}, false},
		{[]int{1, 1}, nil, true},
	} {
		if got := Is(c.shape, c.strides); got != c.want {
			t.Errorf("shape %v with strides %v: %v, want %v", c.shape, c.strides, got, c.want)
		}
	}
}

func TestOffsetsGoRowByRow(t *testing.T) {
	for _, c := range []struct{ shape, strides, want []int }{
		{nil, nil, []int{0}},
		{[]int{3}, []int{2}, []int{0, 2, 4}},
		{[]int{2, 3}, []int{3, 1}, []int{0, 1, 2, 3, 4, 5}},
		{[]int{2, 3}, []int{1, 2}, []int{0, 2, 4, 1, 3, 5}},
		{[]int{2, 1, 2}, []int{10, 99, 3}, []int{0, 3, 10, 13}},
		{[]int{2, 2}, []int{0, 1}, []int{0, 1, 0, 1}},
		{[]int{1, 3}, []int{2}, []int{0, 2, 4}},
		{[]int{3, 1}, []int{2}, []int{0, 2, 4}},
		{[]int{1, 1}, nil, []int{0}},
		{[]int{2, 0}, []int{1, 1}, nil},
	} {
		if got := slices.Collect(Offsets(c.shape, c.strides)); !slices.Equal(got, c.want) {
			t.Errorf("shape %v with strides %v: %v, want %v", c.shape, c.strides, got, c.want)
		}
	}
}

func TestOffsetsEndWhenNobodyWantsMore(t *testing.T) {
	for at := range Offsets([]int{4}, []int{1}) {
		if at == 2 {
			return
		}
	}
	t.Error("2 was passed over")
}

func TestCoordinatesCountRowByRow(t *testing.T) {
	shape, i := []int{2, 1, 3}, 0
	for a := range 2 {
		for b := range 3 {
			if got, want := Coordinates(shape, i), []int{a, 0, b}; !slices.Equal(got, want) {
				t.Errorf("number %d of shape %v is at %v, want %v", i, shape, got, want)
			}
			i++
		}
	}
	if got := Coordinates(nil, 0); len(got) != 0 {
		t.Errorf("a scalar is at %v, want no coordinates", got)
	}
}
