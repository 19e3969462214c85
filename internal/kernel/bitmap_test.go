package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// bitsOf are the places of the bits of a word.
func bitsOf(word uint64) (places []int32) {
	for k := range int32(64) {
		if word>>k&1 == 1 {
			places = append(places, k)
		}
	}
	return places
}

// fencedWords is fenced for words of a bitmap.
func fencedWords(t testing.TB, n int) (first, last []uint64) {
	a, b := fenced(t, 2*n)
	words := func(x []float32) []uint64 {
		return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(x))), n)
	}
	return words(a), words(b)
}

// marked is the same call with a bitmap in place of lists.
func (s sampling) marked() sampling {
	s = s.again()
	s.bitmap = make([]uint64, s.dst.Rows)
	for i := range s.bitmap {
		for _, k := range s.at[s.spans[2*i]:s.spans[2*i+1]] {
			s.bitmap[i] |= 1 << k
		}
	}
	s.spans, s.at = nil, nil
	return s
}

func TestDotsGiveTheSameBitsWhetherPlacesAreListedOrMarked(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for _, columns := range dotColumnCounts() {
			for n := range dotBlock + 1 {
				s := newSampling(uint64(n), columns, []int{n, dotBlock - n, 5, 0}, n%3, n%8)
				first, last := fencedWords(t, s.dst.Rows)
				for _, words := range [][]uint64{first, last} {
					marked := s.marked()
					copy(words, marked.bitmap)
					marked.bitmap = words
					marked.next, marked.share = s.block.Data, 1+n
					marked.run(p)
					listed := s.again()
					listed.run(p)
					if err := sameBits(marked.dst, listed.dst); err != nil {
						t.Fatalf("columns=%d places=%d: %v", columns, n, err)
					}
				}
			}
		}
	})
}

// listsAlike holds listBitmap against list.
func listsAlike(p instructions[float32], rows Mat[float32]) error {
	const behind = 20
	room := rows.Rows*rows.Cols + listSlack
	spans, gotSpans := make([]int32, 2*rows.Rows), slices.Repeat([]int32{canary}, 2*rows.Rows+behind)
	at, v := make([]int32, room), make([]float32, room)
	gotV := slices.Repeat([]float32{canary}, room+behind)
	bitmap := slices.Repeat([]uint64{canary}, rows.Rows+behind)
	p.list(spans, at, v, rows.Data, rows.Stride, rows.Cols, 1)
	p.listBitmap(gotSpans[:len(spans)], bitmap[:rows.Rows], gotV[:room], rows.Data, rows.Stride, rows.Cols)
	if !slices.Equal(gotSpans[:len(spans)], spans) {
		return fmt.Errorf("spans are %v, want %v", gotSpans[:len(spans)], spans)
	}
	n := 0
	if rows.Rows > 0 {
		n = int(spans[len(spans)-1])
	}
	if !slices.EqualFunc(gotV[:n], v[:n], func(a, b float32) bool { return bits(a) == bits(b) }) {
		return fmt.Errorf("numbers are %v, want %v", gotV[:n], v[:n])
	}
	for i := range rows.Rows {
		want := at[max(0, spans[2*i]):spans[2*i+1]]
		if got := bitsOf(bitmap[i]); spans[2*i] >= 0 && !slices.Equal(got, want) {
			return fmt.Errorf("row %d has bits %v, want %v", i, got, want)
		}
	}
	for i := range behind {
		if gotV[room+i] != canary || gotSpans[len(spans)+i] != canary || bitmap[rows.Rows+i] != canary {
			return fmt.Errorf("wrote behind the lists")
		}
	}
	return nil
}

func TestBitmapsHoldWhatIsNotZero(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		r := rand.New(rand.NewPCG(1, 4))
		for columns := 1; columns <= bitmapRows; columns++ {
			for rows := range 5 {
				m := someRowsFull[float32](r.Uint64(), rows, columns, rows, columns%8) // canaries in gaps would be events
				for i := range rows {
					m.Row(i)[r.IntN(columns)] = telling[r.IntN(len(telling))]
				}
				first, last := fenced(t, max(0, (rows-1)*m.Stride+columns))
				for _, data := range [][]float32{first, last} {
					copy(data, m.Data)
					if err := listsAlike(p, Mat[float32]{Rows: rows, Cols: columns, Stride: m.Stride, Data: data}); err != nil {
						t.Fatalf("%d columns, %d rows: %v", columns, rows, err)
					}
				}
			}
		}
	})
}

func TestLiveBitmapsHoldWhatIsLive(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for columns := 1; columns <= bitmapRows; columns++ {
			const rows = 3
			begin, end := fenced(t, 100)
			first, _ := boolsAt(begin, rows*columns)
			_, last := boolsAt(end, rows*columns)
			for _, live := range [][]bool{first, last} {
				copy(live, someLive(uint64(columns), len(live), 0.4))
				firstWords, lastWords := fencedWords(t, rows)
				for _, bitmap := range [][]uint64{firstWords, lastWords} {
					p.liveBitmap(bitmap, live, columns, columns)
					for i, word := range bitmap {
						var want []int32
						for k, l := range live[i*columns:][:columns] {
							if l {
								want = append(want, int32(k))
							}
						}
						if got := bitsOf(word); !slices.Equal(got, want) {
							t.Fatalf("%d columns, row %d: %v, want %v", columns, i, got, want)
						}
					}
				}
			}
		}
	})
}

func FuzzBitmap(f *testing.F) {
	f.Add(uint64(1), uint8(8), uint8(63))
	f.Add(uint64(2), uint8(6), uint8(0))
	f.Fuzz(func(t *testing.T, seed uint64, rows, columns uint8) {
		for _, p := range paths32() {
			if err := listsAlike(p, someRowsFull[float32](seed, int(rows), 1+int(columns)%bitmapRows, 1, 0)); err != nil {
				t.Fatalf("path=%s: %v", p.name, err)
			}
		}
	})
}
