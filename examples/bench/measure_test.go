package main

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// constant is a work of two phases that takes no time.
func constant(log *[]string, name string, seconds ...[]float64) work {
	return func() ([]float64, error) {
		*log = append(*log, name)
		return seconds[(len(*log)-1)/2%len(seconds)], nil
	}
}

func TestRunsTakeTurnsAfterAWarmUp(t *testing.T) {
	var log []string
	ours := constant(&log, "ours", []float64{9, 9}, []float64{1, 2}, []float64{3, 4})
	theirs := constant(&log, "theirs", []float64{9, 9}, []float64{5, 6}, []float64{7, 8})
	a, b, err := takeTurns(context.Background(), 2, ours, theirs)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"ours", "theirs", "ours", "theirs", "ours", "theirs"}; !slices.Equal(log, want) {
		t.Errorf("order %v", log)
	}
	for i, want := range [][]float64{{1, 3}, {2, 4}} {
		if !slices.Equal(a[i], want) {
			t.Errorf("phase %d of ours: %v, want %v", i, a[i], want)
		}
	}
	if !slices.Equal(b[1], []float64{6, 8}) {
		t.Errorf("second phase of the baseline: %v", b[1])
	}
}

func TestTurnsEndAtAnErrorAndAtAnInterrupt(t *testing.T) {
	broken := errors.New("broken")
	if _, _, err := takeTurns(context.Background(), 2, func() ([]float64, error) { return nil, broken }, nil); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var log []string
	_, _, err := takeTurns(ctx, 2, func() ([]float64, error) { cancel(); return []float64{1}, nil }, constant(&log, "theirs", []float64{1}))
	if !errors.Is(err, context.Canceled) || len(log) > 0 {
		t.Errorf("error %v, %d runs after the interrupt", err, len(log))
	}
}

func TestRatiosAreThoseOfNeighbours(t *testing.T) {
	// The machine slows down: medians alone would say 20/2.
	c, ok := compare([]float64{1, 2, 10}, []float64{2, 20, 30})
	if !ok || c.seconds != 2 || *c.baseline != 20 || *c.ratio != 3 {
		t.Errorf("%v, ratio %v of %v", c.seconds, *c.ratio, *c.baseline)
	}
	if c, ok := compare([]float64{1, 3}, nil); !ok || c.seconds != 2 || c.ratio != nil || c.baseline != nil {
		t.Errorf("without a baseline: %+v", c)
	}
	// Differences may be noise.
	if _, ok := compare([]float64{-1, -1, 1}, nil); ok {
		t.Error("a median below zero is a time")
	}
	if c, ok := compare([]float64{-1, 1, 1}, []float64{2, -2, 4}); !ok || *c.ratio != 4 {
		t.Errorf("%+v, want the one pair of two times", c)
	}
	if c, ok := compare([]float64{1}, []float64{-1}); !ok || c.ratio != nil {
		t.Errorf("%+v, want no ratio", c)
	}
}

func TestWholeIsTimedForLongEnough(t *testing.T) {
	calls := 0
	w := whole(func() error { calls++; return nil })
	if _, err := w(); err != nil {
		t.Fatal(err)
	}
	calls = 0
	seconds, err := w()
	if err != nil || calls < 1000 || !(seconds[0] >= 0) {
		t.Errorf("%d calls of nothing took %v s each: %v", calls, seconds, err)
	}
}
