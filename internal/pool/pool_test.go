package pool

import (
	"runtime/debug"
	"testing"
	"unsafe"
)

func TestWhatIsGivenIsTakenAgain(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collections empty pools
	s, used := Take[float32](1000)
	if used || len(s) != 1000 {
		t.Fatalf("a first slice has length %d, used %v", len(s), used)
	}
	s[7] = 1
	Give(s)
	again, used := Take[float32](900) // of the same number of bits
	if !used || len(again) != 900 || &again[0] != &s[0] || again[7] != 1 {
		t.Errorf("used %v, length %d, want the slice that was given", used, len(again))
	}
	if other, used := Take[float64](900); used || len(other) != 900 {
		t.Error("a slice of another type came out")
	}
}

func TestASliceThatIsTooShortIsNotLent(t *testing.T) {
	for range tries + 1 {
		Give(make([]bool, 513))
	}
	if s, _ := Take[bool](1000); len(s) != 1000 {
		t.Errorf("length %d, want 1000", len(s))
	}
	if s, _ := Take[bool](0); len(s) != 0 {
		t.Errorf("length %d, want 0", len(s))
	}
}

// Whichever part of a slice is on huge pages, all of it is zeros to write to.
func TestFreshSlicesAreZeros(t *testing.T) {
	for _, n := range []int{0, 1, hugeBytes/4 - 1, hugeBytes / 4, hugeBytes/4 + 1, 3 * hugeBytes / 4} {
		s := Fresh[float32](n)
		if len(s) != n {
			t.Fatalf("length %d, want %d", len(s), n)
		}
		for i := range s {
			if s[i] != 0 {
				t.Fatalf("n=%d: number %d is %v", n, i, s[i])
			}
			s[i] = 1
		}
	}
}

// A range without a whole huge page is left alone, wherever it begins.
func TestHugePagesAreAskedForWholeOnly(t *testing.T) {
	s := make([]byte, 3*hugeBytes/2)
	for _, from := range []int{0, 1, 4096, hugeBytes / 2} {
		for _, n := range []int{0, 1, 4096, 1 << 20, 1<<21 - 1, 1 << 21, 1 << 22} {
			preferHuge(unsafe.Pointer(&s[from]), uintptr(n))
		}
	}
}
