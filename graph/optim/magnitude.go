package optim

import "math"

// prunable is a parameter that may be pruned: its numbers, of which one of the
// slices is nil, and which of them are pruned.
type prunable struct {
	f32 []float32
	f64 []float64
	off []bool
}

// magnitude is |x| as an integer of the same order. NaN comes after all others.
func (p prunable) magnitude(i int) uint64 {
	if p.f32 != nil {
		return math.Float64bits(math.Abs(float64(p.f32[i])))
	}
	return math.Float64bits(math.Abs(p.f64[i]))
}

// pruneSmallest prunes so many of all numbers together that count are pruned, if
// they are not more already: the smallest in magnitude, of equal ones those of an
// earlier parameter and at an earlier place.
func pruneSmallest(of []prunable, count int) {
	for _, p := range of {
		for _, off := range p.off {
			if off {
				count--
			}
		}
	}
	if count <= 0 {
		return
	}
	largest, equal := smallest(of, count)
	for _, p := range of {
		for i, off := range p.off {
			if off {
				continue
			}
			switch m := p.magnitude(i); {
			case m < largest:
				p.off[i] = true
			case m == largest && equal > 0:
				p.off[i] = true
				equal--
			}
		}
	}
}

// smallest gives the largest of the count smallest magnitudes that are not pruned,
// and how many of the count are equal to it. It looks for one digit of 16 bits
// after the other, and takes time in proportion to the numbers there are.
func smallest(of []prunable, count int) (largest uint64, equal int) {
	const digit = 16
	counts := make([]int, 1<<digit)
	known := uint64(0) // the bits of largest found so far
	for shift := 64 - digit; shift >= 0; shift -= digit {
		clear(counts)
		for _, p := range of {
			for i, off := range p.off {
				if m := p.magnitude(i); !off && m&known == largest {
					counts[m>>shift&(1<<digit-1)]++
				}
			}
		}
		d := 0
		for ; count > counts[d]; d++ {
			count -= counts[d]
		}
		largest |= uint64(d) << shift
		known |= uint64(1<<digit-1) << shift
	}
	return largest, count
}
