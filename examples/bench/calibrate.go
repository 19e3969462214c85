package main

import (
	"math"

	"gorgonia.org/tensor"
)

// The state of a unit of the EvNN variant lies between its candidate, above -1,
// and what it kept of a state that was reset: always above lowestThreshold, where
// all units send events, and always below highestThreshold, where none does.
const (
	lowestThreshold  = -1.01
	highestThreshold = 1
)

// calibrate sets all thresholds to one number, at which the measured activity is
// the wanted one, and gives the activity reached. The number is found by
// bisection: thresholds change the course of the states, so that it cannot be
// read off them. Where activity jumps over the wanted one, as that of few units
// does, the nearest stays.
func calibrate(thresholds *tensor.Dense, wanted float64, measure func() (float64, error)) (float64, error) {
	const most = 40
	at := func(threshold float64) (float64, error) {
		of := thresholds.Float32s()
		for i := range of {
			of[i] = float32(threshold)
		}
		return measure()
	}
	if wanted == 1 {
		return at(lowestThreshold)
	}
	low, high := lowestThreshold, float64(highestThreshold)
	best, off := math.NaN(), math.Inf(1)
	for range most {
		middle := (low + high) / 2
		a, err := at(middle)
		if err != nil {
			return 0, err
		}
		if d := math.Abs(a - wanted); d < off {
			best, off = middle, d
		}
		if isReached(a, wanted) {
			return a, nil
		}
		if a > wanted {
			low = middle
		} else {
			high = middle
		}
	}
	return at(best)
}

// isReached allows 2 % of the wanted activity.
func isReached(activity, wanted float64) bool {
	return math.Abs(activity-wanted) <= 0.02*wanted
}
