package pool

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a huge page on most processors. Where it is another, the
// system makes of the range what it can.
const hugePage = 2 << 20

// preferHuge asks for huge pages. That is a hint: nothing hangs on the answer.
func preferHuge(p unsafe.Pointer, bytes uintptr) {
	if whole := wholePages(p, bytes); whole != nil {
		_ = unix.Madvise(whole, unix.MADV_HUGEPAGE)
	}
}

// wholePages are the huge pages among some bytes from p on; nil if there is none.
func wholePages(p unsafe.Pointer, bytes uintptr) []byte {
	skip := -uintptr(p) & (hugePage - 1)
	if bytes < skip+hugePage {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(p, skip)), (bytes-skip)&^(hugePage-1))
}
