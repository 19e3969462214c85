package kernel

//go:generate go run -C gen . -pkg kernel -out ../columns_amd64.s -stubs ../columns_amd64.go columns

// Weights without their zeros can lie by columns as well as by rows: then the sums of
// a column stay in registers while all of its weights go by. A strip of stripWidth
// columns takes steps; each gives every column its next weight, and where the number
// that it is multiplied by is in a window of windowRows of them. The window goes on by
// windowStep rows when all columns have done with those that leave it, so a column
// with more weights there than others holds them up only where it is far behind. What
// is missing in a step is a weight of zero: at random places and a density of 0.2
// one of six values.
//
// The layout is a sliced ELLPACK (Monakov, Lokhmotov and Avetisyan 2010) whose slices
// look ahead.
const (
	stripWidth = 64
	windowRows = 64 // as many as four registers of AVX-512 hold
	windowStep = 16
)

// columnInstructions are the instructions of packed columns. Vector code does not
// check that what they read and write is there.
type columnInstructions struct {
	// addColumns and addColumns8 are, for each strip of dst, each of its windows of
	// x, which begin windowStep numbers apart, and each of steps[0] steps,
	//
	//	dst[j] += values[j] * window[places[j]]
	//
	// for all columns j of the strip. Then values and places go on by stripWidth, and
	// after each window steps by one. dst is a whole number of strips, x windowRows
	// long and more by some windowSteps.
	addColumns  func(dst, x, values []float32, places, steps []uint8)
	addColumns8 func(dst, x []float32, values []int8, places, steps []uint8)

	// below and below8 are densities under which a full list takes less time by
	// packed columns than by rows with their zeros.
	below, below8 float64
}

// Of 1350 rows of 4050 weights, packed columns of float32 take 1.1, 0.89, 0.59 and
// 0.33 of the time of dense rows at densities of 0.8, 0.6, 0.4 and 0.2, and those of 8
// bits 0.99, 0.87, 0.52 and 0.27. AVX2, which has to fetch each number that a weight
// is multiplied by, takes 1.6, 1.1, 0.63 and 0.35 at 0.6, 0.4, 0.2 and 0.1, and 2.7, 2.1,
// 1.2 and 0.65; Go, whose dense rows of float32 are not in Go, 3.4, 2.0 and 1.1 at
// 0.6, 0.4 and 0.2, and 0.95, 0.61 and 0.36. See BenchmarkRows of graph/stream.
const (
	columnsBelowAVX512, columns8BelowAVX512 = 0.65, 0.75
	columnsBelowAVX2, columns8BelowAVX2     = 0.35, 0.15
	columnsBelowGo, columns8BelowGo         = 0.15, 0.6
)

// ColumnsBelow is the share of weights that are not zero below which PackedColumns
// are faster than DenseRows, and PackedInt8Columns than Int8Rows, for units that are
// never silent.
func ColumnsBelow() (float32s, int8s float64) {
	p := use[float32]()
	return p.below, p.below8
}

// addColumns is the instruction in Go.
func addColumns[W int8 | float32](dst, x []float32, values []W, places, steps []uint8) {
	for ; len(dst) > 0; dst = dst[stripWidth:] {
		strip := dst[:stripWidth]
		for window := x; len(window) >= windowRows; window = window[windowStep:] {
			for range steps[0] {
				for j := range strip {
					strip[j] += float32(values[j]) * window[places[j]]
				}
				values, places = values[stripWidth:], places[stripWidth:]
			}
			steps = steps[1:]
		}
	}
}
