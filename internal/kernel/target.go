package kernel

// target is where sums start from and go to. With a start and a store, out is only a
// shape.
type target[F Float] struct {
	out   Mat[F]
	start []F // what rows start from; nil for what stands in out

	// store takes a tile of sums, of rows from r0 and columns from c0 on, to its place, if
	// that is not just to replace what stands in out.
	store func(tile Mat[F], r0, c0 int)
}

// begin writes what out is without a term. With a store there is nothing to add, and it
// writes nothing.
func (t target[F]) begin() {
	if t.start == nil || t.store != nil {
		return
	}
	Parallel(t.out.Rows, 1+startGrain/t.out.Cols, func(lo, hi int) {
		use[F]().move(t.out.Data[lo*t.out.Stride:], t.start, t.out.Stride, 0, hi-lo, t.out.Cols)
	})
}

// base is what rows of a tile start from: one row for all, without a stride, if there
// is one.
func (t target[F]) base(r0, r1, c0, c1 int) Mat[F] {
	if t.start == nil {
		return t.at(r0, r1, c0, c1)
	}
	return Mat[F]{Rows: r1 - r0, Cols: c1 - c0, Data: t.start[c0:]}
}

// at is where a tile lies in out.
func (t target[F]) at(r0, r1, c0, c1 int) Mat[F] { return t.out.RowRange(r0, r1).ColRange(c0, c1) }

// startGrain numbers are worth a goroutine.
const startGrain = 1 << 15
