package kernel

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParallelCallsFixedBlocksOnceEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, block := rapid.IntRange(0, 60).Draw(t, "n"), rapid.IntRange(1, 20).Draw(t, "block")
		var want [][2]int
		for lo := 0; lo < n; lo += block {
			want = append(want, [2]int{lo, min(lo+block, n)})
		}
		onProcessors(rapid.IntRange(1, 8).Draw(t, "processors"), func() {
			var mutex sync.Mutex
			var got [][2]int
			Parallel(n, block, func(lo, hi int) {
				mutex.Lock()
				defer mutex.Unlock()
				got = append(got, [2]int{lo, hi})
			})
			slices.SortFunc(got, func(a, b [2]int) int { return a[0] - b[0] })
			if !slices.Equal(got, want) {
				t.Fatalf("blocks %v, want %v", got, want)
			}
		})
	})
}

func TestParallelKeepsToTheProcessors(t *testing.T) {
	onProcessors(3, func() {
		var running, most atomic.Int64
		Parallel(12, 1, func(int, int) {
			now := running.Add(1)
			time.Sleep(time.Millisecond) // leaves room for one too many
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
			}
			running.Add(-1)
		})
		if most.Load() > 3 {
			t.Errorf("%d blocks at once on 3 processors", most.Load())
		}
	})
}

// Two blocks that wait for each other end only where both run at a time.
func TestParallelRunsBlocksAtTheSameTime(t *testing.T) {
	onProcessors(2, func() {
		var both sync.WaitGroup
		both.Add(2)
		Parallel(2, 1, func(int, int) {
			both.Done()
			both.Wait()
		})
	})
}

func TestParallelMayBeNested(t *testing.T) {
	var sum atomic.Int64
	onProcessors(4, func() {
		Parallel(20, 1, func(i, _ int) {
			Parallel(10, 2, func(lo, hi int) { sum.Add(int64(hi - lo)) })
		})
	})
	if sum.Load() != 200 {
		t.Errorf("%d numbers seen, want 200", sum.Load())
	}
}

// A shape that does not fit panics. Whoever recovers at the border of a graph
// must be able to, on whatever goroutine it happened: of two blocks that run at
// a time, each in turn.
func TestPanicReachesTheCallerOfParallel(t *testing.T) {
	for block := range 2 {
		onProcessors(2, func() {
			var together sync.WaitGroup
			together.Add(2)
			var ended atomic.Int64
			defer func() {
				if got := recover(); got != block {
					t.Errorf("recovered %v, want %d", got, block)
				}
				if ended.Load() != 1 {
					t.Error("the other block was still running when the panic came")
				}
			}()
			Parallel(2, 1, func(i, _ int) {
				together.Done()
				together.Wait()
				if i == block {
					panic(i)
				}
				time.Sleep(5 * time.Millisecond)
				ended.Add(1)
			})
		})
	}
}

// A call may take memory for its goroutines, but a block must not.
// (testing.AllocsPerRun would measure on one processor.)
func TestBlocksOfParallelAllocateNothing(t *testing.T) {
	onProcessors(2, func() {
		const blocks = 10000
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		Parallel(blocks, 1, func(int, int) {})
		runtime.ReadMemStats(&after)
		if n := after.Mallocs - before.Mallocs; n > blocks/10 {
			t.Errorf("%d allocations for %d blocks", n, blocks)
		}
	})
}
