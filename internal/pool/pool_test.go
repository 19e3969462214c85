package pool

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
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
	Give(make([]bool, 513))
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

// Whoever comes for the long one finds it.
func TestTheShortestSliceThatIsLongEnoughIsLent(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	lengths := []int{20003, 20001, 20004, 20002}
	for _, n := range lengths {
		Give(make([]float64, n))
	}
	for _, want := range []int{20001, 20002, 20003, 20004} {
		if s, _ := Take[float64](20000); cap(s) != want {
			t.Errorf("a slice of %d numbers was lent, want one of %d", cap(s), want)
		}
	}
	if _, used := Take[float64](20000); used {
		t.Error("a slice was lent twice")
	}
}

// Slices that nobody takes are lent no longer, and their memory is free.
func TestASliceStaysForOneCollectionAndNotForTwo(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	const n = 1 << 22
	for collections := range 4 {
		runtime.GC()
		runtime.GC()
		before := inUse()
		Give(make([]float32, n))
		for range collections {
			runtime.GC()
		}
		held := inUse()-before > 3*n
		_, used := Take[float32](n)
		if want := collections < 2; used != want || held != want {
			t.Errorf("after %d collections the slice is there: %v, and its memory: %v; want %v", collections, used, held, want)
		}
	}
}

func TestASliceThatIsUsedStays(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	Give(make([]float64, 3000))
	for i := range 20 {
		runtime.GC()
		s, used := Take[float64](3000)
		if !used {
			t.Fatalf("the slice is gone after %d collections", i+1)
		}
		Give(s)
	}
}

func inUse() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Both goroutines are running all the time, so that they are on two processors.
func TestWhatOneProcessorGivesAnotherTakes(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	const n, rounds = 5000, 100
	var turn atomic.Int64
	missed := 0
	other := make(chan struct{})
	go func() {
		defer close(other)
		for i := range int64(rounds) {
			for turn.Load() != 2*i {
			}
			Give(make([]float32, n))
			turn.Add(1)
		}
	}()
	for i := range int64(rounds) {
		for turn.Load() != 2*i+1 {
		}
		if _, used := Take[float32](n); !used {
			missed++
		}
		turn.Add(1)
	}
	<-other
	if missed > 0 {
		t.Errorf("%d of %d slices of another processor were not found", missed, rounds)
	}
}

// Slices of rising length are made one after the other, each where all before it are
// too short.
func TestNoMoreSlicesStayThanWereLentAtOnce(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	const least = 1 << 17
	for n := range 100 {
		s, _ := Take[float64](least + n)
		Give(s)
	}
	for i := range 2 {
		if _, used := Take[float64](least); used != (i == 0) {
			t.Errorf("there was a slice to take %d times over: %v", i+1, used)
		}
	}
}
