package kernel

import (
	"syscall"
	"testing"
	"unsafe"
)

// fenced are two slices of n numbers in memory of their own: before the first
// and after the second, every access is a fault.
func fenced(t testing.TB, n int) (first, last []float32) {
	page := syscall.Getpagesize()
	size := (4*n + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, page+size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	for _, fence := range [][]byte{memory[:page], memory[page+size:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	all := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(memory[page:]))), size/4)
	return all[:n:n], all[len(all)-n:]
}
