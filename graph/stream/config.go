package stream

import "fmt"

// Precision is how weights are kept. Sums are made in float32 whatever it is.
type Precision int

const (
	// Float32 keeps weights as they are.
	Float32 Precision = iota
	// Int8 keeps whole numbers from -127 to 127, and a scale for every output
	// channel: a column of a kernel, a word of a decoder. Biases, thresholds and
	// gains stay in float32. Without Config.Profile each sum is off by at most half
	// of its scale times the sum of the magnitudes of the events.
	Int8
)

func (p Precision) String() string {
	switch p {
	case Float32:
		return "float32"
	case Int8:
		return "int8"
	}
	return fmt.Sprintf("precision %d", int(p))
}

// Storage is how a weight matrix lies in memory.
type Storage int

const (
	// Auto packs the matrices whose density is low, see Config.PackBelow.
	Auto Storage = iota
	// Dense keeps zeros, row by row: an event reads a row.
	Dense
	// Packed leaves exact zeros out: they are neither kept nor multiplied. Weights of
	// units that are mostly silent lie row by row. Those that meet the outputs of a
	// GRU, of which hardly a number is zero, lie by columns and are all read, which
	// is faster. Those that meet word vectors lie as suits most of these; those that
	// meet input vectors lie both ways, and a step takes the way that the number of
	// its events makes the faster one.
	Packed
)

func (s Storage) String() string {
	switch s {
	case Auto:
		return "auto"
	case Dense:
		return "dense"
	case Packed:
		return "packed"
	}
	return fmt.Sprintf("storage %d", int(s))
}

// Config holds the settings of an Engine. Start from DefaultConfig.
type Config struct {
	Precision Precision // of kernels, decoder and embedding; default Float32
	Storage   Storage   // default Auto

	// PackBelow is the share of weights that are not zero below which Auto packs the
	// rows of a matrix, in [0, 1]; for Int8, whose weights are faster to read, half
	// of it. Default 0.4: from there down packed rows were faster, see BenchmarkRows.
	// Columns are packed below a density of their own, measured for each kernel path:
	// 0.65 with AVX-512, and 0.75 for Int8.
	PackBelow float64

	// TableBytes is the most memory that the products of all word vectors with the
	// kernel of the first layer may take: V*3H float32, 12*V*H bytes, 162 MB for
	// 10,000 words and 1350 units. If they fit, a token costs one row of the table
	// in place of its whole product. 0 is for no table. Default 256 MiB;
	// Engine.TableBytes says what was taken.
	TableBytes int64

	// Remove are units to leave out, by layer, the lowest first: those of which
	// nothing is missing because they send no events, see Profile.Silent. The units
	// that stay are numbered anew, see Engine.Kept. GRU units cannot be left out,
	// nor units that are the output of a model without decoder. Default none.
	Remove [][]int

	// Profile, if not nil, lets Int8 choose the scale of a channel so that the
	// squared error of what it adds up to is least, given how often and how
	// strongly each unit sends: weights of units that are silent may be clipped.
	// Without it no weight is clipped. It is of a model without Remove.
	Profile *Profile
}

// DefaultConfig keeps float32, and packs what is pruned.
func DefaultConfig() Config {
	return Config{PackBelow: 0.4, TableBytes: 256 << 20}
}

// Validate names every setting outside its domain.
func (c Config) Validate() error {
	var bad checks
	bad.want(c.Precision == Float32 || c.Precision == Int8, "Precision is %v, want float32 or int8", c.Precision)
	bad.want(c.Storage == Auto || c.Storage == Dense || c.Storage == Packed, "Storage is %v, want auto, dense or packed", c.Storage)
	bad.want(c.PackBelow >= 0 && c.PackBelow <= 1, "PackBelow is %v, want it in [0, 1]", c.PackBelow)
	bad.want(c.TableBytes >= 0, "TableBytes is %d, want at least 0", c.TableBytes)
	return bad.err(ErrConfig)
}
