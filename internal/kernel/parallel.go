package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls f(lo, hi) for the blocks [0, block), [block, 2*block), ... of
// [0, n), on up to GOMAXPROCS goroutines, and returns when all are done. The
// blocks are the same for any number of processors. A panic of f is raised
// again on the caller's goroutine, once the other blocks are done.
func Parallel(n, block int, f func(lo, hi int)) {
	blocks := (n + block - 1) / block
	workers := min(blocks, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for lo := 0; lo < n; lo += block {
			f(lo, min(lo+block, n))
		}
		return
	}
	j := &job{n: n, block: block, f: f}
	j.pending.Add(blocks)
	for range workers - 1 {
		go j.work()
	}
	j.work()
	j.pending.Wait()
	if p := j.panicked.Load(); p != nil {
		panic(*p)
	}
}

// job is one call of Parallel. Its end is that of its blocks, not that of its
// goroutines: one that starts late finds nothing to do and keeps nobody waiting.
type job struct {
	n, block int
	f        func(lo, hi int)
	next     atomic.Int64   // the first block that nobody took
	pending  sync.WaitGroup // blocks not done
	panicked atomic.Pointer[any]
}

func (j *job) work() {
	for {
		lo := int(j.next.Add(1)-1) * j.block
		if lo >= j.n {
			return
		}
		j.do(lo, min(lo+j.block, j.n))
	}
}

func (j *job) do(lo, hi int) {
	defer j.pending.Done()
	defer func() {
		if p := recover(); p != nil {
			j.keep(p)
		}
	}()
	j.f(lo, hi)
}

// keep is a function of its own so that only a panic takes memory: a variable
// whose address is kept is made where it is declared.
func (j *job) keep(p any) { j.panicked.CompareAndSwap(nil, &p) }
