package pool

import (
	"runtime/debug"
	"testing"
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
