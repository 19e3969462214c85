package pool

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a huge page on most processors. Where it is another, the
// system makes of the range what it can.
const hugePage = 2 << 20

// preferHuge asks for huge pages for the whole ones among some bytes from p on. That
// is a hint: nothing hangs on the answer.
func preferHuge(p unsafe.Pointer, bytes uintptr) {
	skip := -uintptr(p) & (hugePage - 1)
	if bytes < skip+hugePage {
		return
	}
	whole := unsafe.Slice((*byte)(unsafe.Add(p, skip)), (bytes-skip)&^(hugePage-1))
	_ = unix.Madvise(whole, unix.MADV_HUGEPAGE)
}
