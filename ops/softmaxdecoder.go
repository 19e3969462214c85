package ops

import (
	"iter"
	"slices"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/internal/pool"
	"github.com/egru/egru/internal/rowmajor"
)

// softmaxDecoder makes the logits of the rows whose target counts, a chunk of
// rows at a time.
type softmaxDecoder[F kernel.Float] struct {
	y, live         kernel.Mat[F] // (N, H); live is empty if not given
	bias            []F           // zeros if not given
	targets         []int
	rows            []int              // indices of the rows whose target counts, ascending
	features, words int                // H, V
	weights         *kernel.Weights[F] // W^T (H, V)
	macs            int64              // done for logits so far

	// Memory of the pools, which holds old numbers: at paper size it is tens of
	// megabytes. Apart from none it is of the chunk in hand.
	none                    []F // zeros, for a bias that is not there
	events, dEvents, logits []F
	alive                   []bool
}

// release gives back what was lent.
func (d *softmaxDecoder[F]) release() {
	if d.weights != nil {
		d.weights.Release()
	}
	for _, s := range [][]F{d.none, d.events, d.dEvents, d.logits} {
		if s != nil {
			pool.Give(s)
		}
	}
	if d.alive != nil {
		pool.Give(d.alive)
	}
}

// sized gives *s the length n, in memory of the pools, with no care for what it holds.
func sized[T pool.Element](s *[]T, n int) []T {
	if *s == nil || cap(*s) < n {
		if *s != nil {
			pool.Give(*s)
		}
		*s, _ = pool.Take[T](n)
	}
	*s = (*s)[:n]
	return *s
}

// decoder reads the inputs. The caller must release it unless there is an
// error.
func (s softmaxCrossEntropy[F]) decoder(in []array[F]) (*softmaxDecoder[F], error) {
	y, w, targets := in[0], in[1], in[2]
	d := &softmaxDecoder[F]{
		y:        rowsOf(y),
		targets:  targets.index,
		features: w.shape[1],
		words:    w.shape[0],
	}
	if s.bias {
		d.bias = in[3].floats
	} else {
		d.bias = sized(&d.none, d.words)
		clear(d.bias)
	}
	if s.live {
		d.live = rowsOf(in[len(in)-1])
	}
	d.rows = make([]int, 0, len(d.targets))
	for i, word := range d.targets {
		switch {
		case word == IgnoreTarget:
		case word < 0 || word >= d.words:
			d.release()
			return nil, errors.Wrapf(ErrIndex, "Targets%v is %d, want 0 to %d for W %v, or %d to ignore it",
				rowmajor.Coordinates(targets.shape, i), word, d.words-1, w.shape, IgnoreTarget)
		default:
			d.rows = append(d.rows, i)
		}
	}
	if len(d.rows) == 0 {
		return d, nil
	}
	d.weights = kernel.NewTurnedWeights(rowsOf(w))
	return d, nil
}

// A chunk has up to chunkNumbers logits, or numbers of Y, but no fewer than
// minChunkRows rows: all of W is read for each chunk, and more rows share the
// reading. The sizes do not depend on the number of processors, since gradients
// are summed chunk by chunk.
const (
	chunkNumbers = 1 << 22
	minChunkRows = 64
)

// chunk is some of the rows whose target counts, with room for their logits.
type chunk[F kernel.Float] struct {
	first    int           // how many rows come before
	rows     []int         // their indices in Y
	y        kernel.Mat[F] // (len(rows), H)
	yWithOne kernel.Mat[F] // (len(rows), H+1): y, and 1, the input whose weight is the bias
	logits   kernel.Mat[F] // (len(rows), V)
}

// chunks goes through them. The logits of all are in the memory of kept, one chunk
// behind the other, or if that is empty each in the same memory.
func (d *softmaxDecoder[F]) chunks(kept []F) iter.Seq[chunk[F]] {
	return func(yield func(chunk[F]) bool) {
		size := max(minChunkRows, chunkNumbers/max(d.words, d.features))
		first := 0
		for rows := range slices.Chunk(d.rows, size) {
			c := chunk[F]{
				first:    first,
				rows:     rows,
				yWithOne: kernel.NewMat(sized(&d.events, len(rows)*(d.features+1)), len(rows), d.features+1),
			}
			c.y = c.yWithOne.ColRange(0, d.features)
			if len(kept) > 0 {
				c.logits = d.keptLogits(c, kept)
			} else {
				c.logits = kernel.NewMat(sized(&d.logits, len(rows)*d.words), len(rows), d.words)
			}
			for i, n := range rows {
				copy(c.y.Row(i), d.y.Row(n))
				c.yWithOne.Row(i)[d.features] = 1
			}
			if !yield(c) {
				return
			}
			first += len(rows)
		}
	}
}

// keptLogits are those of a chunk among all of them.
func (d *softmaxDecoder[F]) keptLogits(c chunk[F], kept []F) kernel.Mat[F] {
	return kernel.NewMat(kept[c.first*d.words:][:len(c.rows)*d.words], len(c.rows), d.words)
}

// makeLogits computes the logits of a chunk.
func (d *softmaxDecoder[F]) makeLogits(c chunk[F]) {
	d.macs += kernel.GatedFrom(d.bias, c.logits, c.y, d.weights)
}

// eachRow calls f with the number of each row in the chunk and its index in Y, in
// parallel.
func (c chunk[F]) eachRow(f func(i, n int)) {
	kernel.Parallel(len(c.rows), max(1, elementBlock/c.logits.Cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i, c.rows[i])
		}
	})
}

// addGradientOfY adds the gradient towards Y, given that of the logits in c,
// where it is wanted. It returns the multiply-accumulates done.
func (d *softmaxDecoder[F]) addGradientOfY(dy kernel.Mat[F], c chunk[F]) int64 {
	own := kernel.NewMat(sized(&d.dEvents, c.y.Rows*c.y.Cols), c.y.Rows, c.y.Cols)
	clearInBlocks(own.Data)
	var alive []bool
	if d.live.Rows > 0 {
		alive = sized(&d.alive, len(own.Data))
		for i, n := range c.rows {
			for j, l := range d.live.Row(n) {
				alive[i*own.Cols+j] = l != 0
			}
		}
	}
	macs := kernel.Sampled(own, alive, c.logits, d.weights)
	for i, n := range c.rows {
		kernel.Axpy(1, own.Row(i), dy.Row(n))
	}
	return macs
}

// addGradientOfWeights adds the gradient of W, and of the bias unless db is nil, or puts
// that of the first chunk in their place. It returns the multiply-accumulates done for W.
func (d *softmaxDecoder[F]) addGradientOfWeights(dw kernel.Mat[F], db []F, c chunk[F], replace bool) int64 {
	to, y := kernel.Turned[F]{Out: dw, Replace: replace && c.first == 0}, c.y
	ones := int64(0)
	if db != nil {
		to.Last, y = db, c.yWithOne
		ones = int64(len(c.rows)) * int64(d.words)
	}
	return kernel.GatedTTurned(to, y, c.logits) - ones
}

// units is the number of Y's numbers in rows whose target counts.
func (d *softmaxDecoder[F]) units() int64 { return int64(len(d.rows)) * int64(d.features) }

// denseMACs is what one dense product of these rows with W would do.
func (d *softmaxDecoder[F]) denseMACs() int64 { return d.units() * int64(d.words) }
