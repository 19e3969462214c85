package main

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"
)

// work does what is to be timed and gives the seconds of each of its phases.
type work func() ([]float64, error)

// whole times all of f as one phase, so often in a row that the clock's grain
// and a stray interrupt do not count. Its first call warms up: caches, memory,
// and orders of weights that pay after many products; it gives the fastest time.
func whole(f func() error) work {
	const (
		atLeast  = 10 * time.Millisecond
		warmUps  = 50
		warmTime = 200 * time.Millisecond
	)
	repeats := 0
	return func() ([]float64, error) {
		if repeats == 0 {
			fastest := time.Duration(math.MaxInt64)
			for i, begin := 0, time.Now(); i < warmUps && time.Since(begin) < warmTime; i++ {
				start := time.Now()
				if err := f(); err != nil {
					return nil, err
				}
				fastest = min(fastest, time.Since(start))
			}
			repeats = int(atLeast/max(1, fastest)) + 1
			return []float64{fastest.Seconds()}, nil
		}
		start := time.Now()
		for range repeats {
			if err := f(); err != nil {
				return nil, err
			}
		}
		return []float64{time.Since(start).Seconds() / float64(repeats)}, nil
	}
}

// phases is several works as one.
func phases(all ...work) work {
	return func() ([]float64, error) {
		var seconds []float64
		for _, w := range all {
			s, err := w()
			if err != nil {
				return nil, err
			}
			seconds = append(seconds, s...)
		}
		return seconds, nil
	}
}

// takeTurns runs ours and the baseline, nil for none, in turn, and gives the
// seconds of each phase of each run. Both run once more before, which does not
// count. The garbage of one is no burden on the other.
func takeTurns(ctx context.Context, runs int, ours, baseline work) (a, b [][]float64, err error) {
	timed := func(w work, count bool, into *[][]float64) error {
		if w == nil {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		runtime.GC()
		seconds, err := w()
		if err != nil || !count {
			return err
		}
		if *into == nil {
			*into = make([][]float64, len(seconds))
		}
		for i, s := range seconds {
			(*into)[i] = append((*into)[i], s)
		}
		return nil
	}
	for i := range runs + 1 {
		if err := timed(ours, i > 0, &a); err != nil {
			return nil, nil, err
		}
		if err := timed(baseline, i > 0, &b); err != nil {
			return nil, nil, err
		}
	}
	return a, b, nil
}

// comparison is what runs in turn say.
type comparison struct {
	seconds  float64  // median
	baseline *float64 // likewise; nil without a baseline
	ratio    *float64 // median of baseline to ours, pair by pair
}

// compare sums up the runs of a phase; baseline is nil for none. Times that are
// not above zero, which only differences can be, are noise: pairs with one have
// no ratio, and a median that is one is reported as false.
func compare(ours, baseline []float64) (comparison, bool) {
	c := comparison{seconds: median(ours)}
	if !(c.seconds > 0) {
		return c, false
	}
	var ratios []float64
	for i, b := range baseline {
		if ours[i] > 0 && b > 0 {
			ratios = append(ratios, b/ours[i])
		}
	}
	if m := median(baseline); len(ratios) > 0 && m > 0 {
		r := median(ratios)
		c.baseline, c.ratio = &m, &r
	}
	return c, true
}

// phase is that of runs which may be none at all.
func phase(of [][]float64, i int) []float64 {
	if of == nil {
		return nil
	}
	return of[i]
}

// differences are a - b, run by run.
func differences(a, b []float64) []float64 {
	var d []float64
	for i := range a {
		d = append(d, a[i]-b[i])
	}
	return d
}

// median is 0 for no numbers.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(of))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
