package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls f(lo, hi) for the blocks [0, block), [block, 2*block), ... of
// [0, n), on up to GOMAXPROCS goroutines, and returns when all are done. The
// blocks are the same for any number of processors. A panic of f is raised
// again on the caller's goroutine, once no block is running; which of the others
// were run depends on the number of processors. f must not end its goroutine.
func Parallel(n, block int, f func(lo, hi int)) {
	blocks := (n + block - 1) / block
	helpers := min(blocks, runtime.GOMAXPROCS(0)) - 1
	if helpers <= 0 {
		for lo := 0; lo < n; lo += block {
			f(lo, min(lo+block, n))
		}
		return
	}
	j := &job{n: n, block: block, f: f}
	j.pending.Store(int64(blocks))
	j.places.Store(int64(helpers))
	crew.help(j, helpers)
	j.work()
	for spins := 0; j.pending.Load() > 0; spins++ {
		if spins%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
	}
	crew.leave(j)
	j.f = nil // workers hold on to the job, but not to what it worked on
	if p := j.panicked.Load(); p != nil {
		panic(*p)
	}
}

// job is one call of Parallel. Its end is that of its blocks, not that of its
// helpers: one that comes late finds nothing to do and keeps nobody waiting.
type job struct {
	n, block int
	f        func(lo, hi int)
	places   atomic.Int64 // for helpers
	next     atomic.Int64 // the first block that nobody took
	pending  atomic.Int64 // blocks not done
	panicked atomic.Pointer[any]
	before   *job // the newest job when this one came
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
	defer j.pending.Add(-1)
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

// workers are goroutines that help with the newest job. One that finds none looks
// out for the next for a while before it sleeps: the steps of a sequence follow
// each other faster than a sleeper wakes.
type workers struct {
	newest atomic.Pointer[job]
	asleep atomic.Int64
	wake   chan struct{}

	mutex sync.Mutex
	count atomic.Int64
}

var crew = workers{wake: make(chan struct{}, 64)}

const (
	// lookouts without a job send a worker to sleep: about a tenth of a
	// millisecond.
	lookouts = 1 << 16
	// yieldEvery so many of them it lets other goroutines run.
	yieldEvery = 1 << 9
)

// help lets up to n workers take part in j.
func (w *workers) help(j *job, n int) {
	if w.count.Load() < int64(n) {
		w.hire(n)
	}
	j.before = w.newest.Swap(j)
	w.call(n)
}

// leave shows workers the job that j came before, if that one still has blocks to
// take: its caller is within it, or another goroutine.
func (w *workers) leave(j *job) {
	if b := j.before; b != nil && int(b.next.Load())*b.block < b.n && w.newest.CompareAndSwap(j, b) {
		w.call(int(b.places.Load()))
	}
	j.before = nil
}

// call wakes up to n sleepers.
func (w *workers) call(n int) {
	for range min(int64(n), w.asleep.Load()) {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// hire makes sure that there are n workers.
func (w *workers) hire(n int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for ; w.count.Load() < int64(n); w.count.Add(1) {
		go w.run()
	}
}

func (w *workers) run() {
	var done *job
	for {
		j := w.look(done)
		if j == nil {
			w.asleep.Add(1)
			// A job that came before this worker counted as asleep woke nobody.
			if j = w.newest.Load(); j == done {
				<-w.wake
				j = w.newest.Load()
			}
			w.asleep.Add(-1)
		}
		if j != nil && j.places.Add(-1) >= 0 {
			j.work()
		}
		done = j
	}
}

// look waits for a job other than the last, and gives up after a while.
func (w *workers) look(last *job) *job {
	for i := range lookouts {
		if j := w.newest.Load(); j != last {
			return j
		}
		if i%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
	}
	return nil
}
