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

// together runs two blocks that wait for each other, and says whether they met.
func together() bool {
	arrived := make(chan struct{}, 2)
	var met atomic.Int64
	var first atomic.Bool
	Parallel(2, 1, func(int, int) {
		arrived <- struct{}{}
		if first.CompareAndSwap(false, true) {
			for range 2000 {
				if len(arrived) == 2 {
					met.Add(1)
					return
				}
				time.Sleep(time.Millisecond)
			}
			return
		}
		met.Add(1)
	})
	return met.Load() == 2
}

// asleepSoon waits until all workers have given up looking out.
func asleepSoon(t *testing.T) {
	for range 2000 {
		if crew.asleep.Load() == crew.count.Load() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%d of %d workers sleep, without a job", crew.asleep.Load(), crew.count.Load())
}

func TestWorkersThatSleepWakeUp(t *testing.T) {
	onProcessors(2, func() {
		for range 20 {
			if !together() {
				t.Fatal("two blocks did not run at a time")
			}
			asleepSoon(t)
		}
		for pause := range 15 { // around the moment when they fall asleep
			time.Sleep(time.Duration(pause) * 100 * time.Microsecond)
			if !together() {
				t.Fatalf("two blocks did not run at a time after a pause of %d00 µs", pause)
			}
		}
	})
}

func TestParallelHiresNoMoreWorkersThanItNeeds(t *testing.T) {
	run := func() { Parallel(100, 1, func(int, int) {}) }
	hired := int(crew.count.Load())
	for _, n := range []int{9, 12} { // more than other tests run on
		onProcessors(n, func() {
			for range 10 {
				run()
			}
		})
		hired = max(hired, n-1)
		if got := int(crew.count.Load()); got != hired {
			t.Errorf("%d workers for %d processors, want %d", got, n, hired)
		}
	}
	before := runtime.NumGoroutine()
	for n := hired + 1; n > 0; n-- {
		onProcessors(n, func() {
			for range 100 {
				run()
			}
		})
	}
	if got := int(crew.count.Load()); got != hired {
		t.Errorf("%d workers, %d of them for fewer processors", got, got-hired)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

func TestParallelHiresNobodyForOneProcessorOrBlock(t *testing.T) {
	hired := crew.count.Load()
	onProcessors(1, func() { Parallel(100, 1, func(int, int) {}) })
	onProcessors(int(hired)+3, func() {
		Parallel(100, 100, func(int, int) {})
		Parallel(0, 1, func(int, int) {})
	})
	if got := crew.count.Load(); got != hired {
		t.Errorf("%d workers, want %d", got, hired)
	}
}

// Callers come from many goroutines, from within blocks, and while the number of
// processors changes; each has all its blocks done once when it returns.
func TestParallelServesManyCallersWhileProcessorsChange(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for caller := range 6 {
		wait.Go(func() {
			for round := range rounds {
				// Without atomics: the race detector sees whether Parallel orders
				// the blocks before its return.
				done := make([][]int, 1+(caller+round)%9)
				Parallel(len(done), 1, func(i, _ int) {
					done[i] = make([]int, 30)
					Parallel(30, 1+round%7, func(lo, hi int) {
						for k := lo; k < hi; k++ {
							done[i][k]++
						}
					})
				})
				for i, d := range done {
					for k, n := range d {
						if n != 1 {
							t.Errorf("number %d of block %d was done %d times", k, i, n)
						}
					}
				}
			}
		})
	}
	stop := make(chan struct{})
	var changes sync.WaitGroup
	changes.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				runtime.GOMAXPROCS([]int{2, 1, 5, 3, 8}[n%5])
			}
		}
	})
	wait.Wait()
	close(stop)
	changes.Wait()
}

// A panic in one call must not reach, or keep, the others.
func TestParallelServesOthersWhileOneCallerPanics(t *testing.T) {
	onProcessors(4, func() {
		var wait sync.WaitGroup
		for caller := range 6 {
			wait.Go(func() {
				for range 50 {
					var sum atomic.Int64
					got := func() (p any) {
						defer func() { p = recover() }()
						Parallel(20, 1, func(i, _ int) {
							sum.Add(1)
							if caller%2 == 0 && i == 7 {
								panic(caller)
							}
						})
						return nil
					}()
					if caller%2 == 0 && got != caller || caller%2 == 1 && got != nil || sum.Load() != 20 {
						t.Errorf("caller %d recovered %v after %d blocks", caller, got, sum.Load())
					}
				}
			})
		}
		wait.Wait()
	})
}

// A call within a block must not take the helpers of the call that the block
// belongs to, of which the blocks left then wait for each other.
func TestHelpersComeBackAfterANestedCall(t *testing.T) {
	onProcessors(2, func() {
		time.Sleep(10 * time.Millisecond) // all are asleep
		var both sync.WaitGroup
		both.Add(2)
		Parallel(3, 1, func(i, _ int) {
			if i == 0 {
				Parallel(2, 1, func(int, int) {})
				return
			}
			both.Done()
			both.Wait()
		})
	})
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
