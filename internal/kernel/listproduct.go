package kernel

import "slices"

// Lists pay where 64 numbers of a row, for which a bitmap has a word, hold fewer than
// listedEvents events: they read and write a row of the output once for up to
// listedRows, which of 128 columns fill most of the L2 cache, but read what they
// add from there. Where a row of W is used less than aloneUses times it comes from
// further away still, and they pay below aloneEvents. In ms on one core of an AMD EPYC
// 9004, AVX-512:
//
//	lists, bitmaps                  0.08          0.06          0.04          0.03
//	M=64   K=1350 N=4050       2.00   1.73   1.76   1.53   1.60   1.58   1.06   1.11
//	M=512  K=1350 N=4050       12.6   8.6    9.6    7.8    7.2    6.4    6.2    6.6
//	M=4480 K=1350 N=4050       89     77     74     66     47     56     40     53
//	              transposed   93     77     74     65     54     56     40     54
//	M=700  K=256  N=768        .485   .395   .380   .346   .289   .300   .244   .270
//	              transposed   .679   .519   .527   .486   .399   .383   .342   .362
//	M=64   K=256  N=768        .049   .047   .039   .041   .032   .029   .027   .024
//
// Where rows of W are used alone, on a 9005:
//
//	                                0.2           0.15          0.1
//	M=20   K=256  N=768        .0182  .0168  .0138  .0148  .0105  .0134
//	M=16   K=1350 N=4050                     .452   .404   .290   .317
const (
	listedEvents = 3
	aloneEvents  = 16
	aloneUses    = 2.5
	listedRows   = 1400
)

// listsPay says whether lists make a product faster that uses a row of W so often.
func listsPay(activity, uses float64) bool {
	in64 := activity * bitmapRows
	return in64 < listedEvents || in64 < aloneEvents && uses < aloneUses
}

// lyingWidth columns of rows that are taken as they lie come at a time.
const lyingWidth = 512

// layout says where a product of lists finds the rows of a block.
type layout int

const (
	asTheyLie layout = iota
	copied
	inPanels
)

// byList is byBitmap for events in lists. Where rows are taken as they lie, no row of e
// may be listed as full.
func (e *events[F]) byList(to target[F], rows Mat[F], p *panels[F], where layout) (macs int64) {
	path := use[F]()
	macs = e.total.Load() * int64(to.out.Cols)
	if macs == 0 {
		to.begin()
		return 0
	}
	width := panelWidth
	if where == asTheyLie {
		width = lyingWidth
	}
	tiles(e.rows, to.out.Cols, e.rows, width, macs, func(r0, r1, c0, c1 int) {
		memory := borrow[F]()
		defer memory.release()
		sums := Mat[F]{Rows: r1 - r0, Cols: c1 - c0, Stride: width}
		if to.store == nil {
			sums = to.at(r0, r1, c0, c1)
		} else {
			sums.Data = numbers(&memory.sums, sums.Rows*width)
		}
		for b := range e.blocks() {
			first, depth := e.block(b)
			base := sums
			if b == 0 {
				base = to.base(r0, r1, c0, c1)
			}
			var next []F
			block := Mat[F]{Rows: depth, Cols: c1 - c0, Stride: panelWidth}
			switch where {
			case inPanels:
				block.Data, next = p.block(c0, first, depth, e.height)
			case copied:
				block = blockOf(&memory.block, rows.RowRange(first, first+depth).ColRange(c0, c1))
			default:
				block.Stride, block.Data = rows.Stride, rows.Data[first*rows.Stride+c0:]
			}
			spans, _ := e.in(b, r0, r1)
			list := &e.lists[b]
			path.gather(sums.Data, sums.Stride, sums.Cols, base.Data, base.Stride, block.Data, block.Stride, spans, list.at, list.v, next)
			list.addFull(sums, r0, block, memory)
		}
		if to.store != nil {
			to.store(sums, r0, c0)
		}
	})
	return macs
}

// addFull adds all rows of the block to those of sums that are full. They are from r0 on.
func (l *blockEvents[F]) addFull(sums Mat[F], r0 int, block Mat[F], memory *memory[F]) {
	lo, _ := slices.BinarySearch(l.full, int32(r0))
	hi, _ := slices.BinarySearch(l.full, int32(r0+sums.Rows))
	n := hi - lo
	if n == 0 {
		return
	}
	path := use[F]()
	tile := numbers(&memory.tile, n*panelWidth)
	for i, row := range l.full[lo:hi] {
		copy(tile[i*panelWidth:], sums.Row(int(row)-r0))
	}
	memory.at = resize(memory.at, 2*n)
	spans := memory.at
	for i := range spans {
		spans[i] = -1
	}
	width := (block.Cols + padding - 1) / padding * padding
	path.block(tile, panelWidth, tile, panelWidth, block.Data, width, block.Rows, spans, nil, nil, l.a[lo*block.Rows:], block.Rows, 1,
		fullRows*block.Rows, nil, 0)
	for i, row := range l.full[lo:hi] {
		copy(sums.Row(int(row)-r0), tile[i*panelWidth:])
	}
}
