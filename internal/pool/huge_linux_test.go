package pool

import (
	"testing"
	"unsafe"
)

// What is asked for lies within the range, wherever that begins, and leaves out less
// than a page at each end.
func TestHugePagesAreAskedForWholeOnly(t *testing.T) {
	s := make([]byte, 5*hugePage)
	for _, from := range []uintptr{0, 1, 4096, hugePage - 1, hugePage} {
		for _, n := range []uintptr{0, 1, 4096, hugePage - 1, hugePage, hugePage + 1, 2*hugePage - 1, 2 * hugePage, 4 * hugePage} {
			p := unsafe.Pointer(&s[from])
			whole := wholePages(p, n)
			begin, length := uintptr(unsafe.Pointer(unsafe.SliceData(whole))), uintptr(len(whole))
			if first := (uintptr(p) + hugePage - 1) / hugePage * hugePage; whole == nil {
				if first+hugePage <= uintptr(p)+n {
					t.Errorf("%d bytes from %d on: none, there is one", n, from)
				}
				continue
			}
			left, right := begin-uintptr(p), uintptr(p)+n-(begin+length)
			if begin%hugePage != 0 || length%hugePage != 0 || length == 0 || left >= hugePage || right >= hugePage {
				t.Errorf("%d bytes from %d on: %d bytes are asked for, %d after the first and %d before the last", n, from, length, int(left), int(right))
			}
		}
	}
}
