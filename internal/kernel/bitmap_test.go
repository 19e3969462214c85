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
