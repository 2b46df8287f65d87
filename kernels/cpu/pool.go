package cpu

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pool runs bodies on the calling goroutine and persistent workers. Several
// goroutines may run at once, and a body may run again: a caller always works
// through its own chunks, so waiting for workers is never needed to make
// progress.
type pool struct {
	threads int
	shared  *poolShared
}

// poolShared is what workers hold on to; it does not refer to the pool, so that
// a pool that is garbage can end its workers.
type poolShared struct {
	open atomic.Int64 // jobs in the list, for polling without the lock

	mu     sync.Mutex
	wake   sync.Cond // of mu: a job was added or the pool closed
	jobs   []*job    // that may have unclaimed chunks
	closed bool
}

// job is one call of run.
type job struct {
	body     func(chunk int)
	chunks   int64
	shares   []share     // of the threads
	failed   atomic.Bool // a body panicked: the remaining chunks are skipped
	failure  any         // of the first body that panicked
	finished chan struct{}
	_        [64]byte // the counter is written by all threads
	done     atomic.Int64
}

// share is a run of neighbouring chunks that one thread begins with. What it wrote in
// one job, a part of a batch, say, is then mostly what it reads in the next, and still
// in its own caches: it takes several times as long to come from another core's, above
// all from one that does not share the third level.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte // a cache line for each
}

// pollFor is how long a thread polls before it parks: waking a parked thread
// costs tens of microseconds, as much as a small kernel.
const pollFor = 100 * time.Microsecond

// newPool makes a pool of the given number of threads, the caller's included.
func newPool(threads int) *pool {
	s := &poolShared{}
	s.wake.L = &s.mu
	for thread := 1; thread < threads; thread++ {
		go s.work(thread)
	}
	p := &pool{threads: threads, shared: s}
	runtime.AddCleanup(p, (*poolShared).close, s)
	return p
}

// run calls body for every chunk in [0, chunks) on any thread and in any order, where
// possible neighbours on the same, and returns once all have finished. A panic in a
// body reaches the caller. Bodies should take 50 to 200 µs and must not let the result
// depend on which thread runs them.
func (p *pool) run(chunks int, body func(chunk int)) {
	if p.threads == 1 || chunks <= 1 {
		for c := range chunks {
			body(c)
		}
		return
	}
	j := newJob(chunks, p.threads, body)
	p.shared.add(j)
	j.help(0)
	p.shared.remove(j)
	if !poll(func() bool { return j.done.Load() == j.chunks }) {
		<-j.finished
	}
	runtime.KeepAlive(p)
	if j.failed.Load() {
		panic(j.failure)
	}
}

func newJob(chunks, threads int, body func(chunk int)) *job {
	j := &job{body: body, chunks: int64(chunks), shares: make([]share, threads), finished: make(chan struct{})}
	for i := range j.shares {
		j.shares[i].next.Store(int64(i * chunks / threads))
		j.shares[i].end = int64((i + 1) * chunks / threads)
	}
	return j
}

// help claims and runs chunks until none is left, those of the thread's own share
// first.
func (j *job) help(thread int) {
	for i := range j.shares {
		s := &j.shares[(thread+i)%len(j.shares)]
		ran := int64(0)
		for c := s.next.Add(1) - 1; c < s.end; c = s.next.Add(1) - 1 {
			if ran++; !j.failed.Load() {
				j.call(int(c))
			}
		}
		j.finish(ran)
	}
}

// finish counts chunks of a share, together, since the counter is all threads', and
// tells whoever waits for the last.
func (j *job) finish(chunks int64) {
	if chunks > 0 && j.done.Add(chunks) == j.chunks {
		close(j.finished)
	}
}

// call runs one chunk and keeps its panic.
func (j *job) call(chunk int) {
	completed := false
	defer func() {
		if completed {
			return
		}
		if r := recover(); j.failed.CompareAndSwap(false, true) {
			j.failure = r
		}
	}()
	j.body(chunk)
	completed = true
}

// poll asks for up to pollFor whether ready, and tells whether it became so. It
// is a plain Go loop, since one in assembly would hold up garbage collections.
func poll(ready func() bool) bool {
	start := time.Now()
	for time.Since(start) < pollFor {
		for range 500 {
			if ready() {
				return true
			}
		}
		runtime.Gosched()
	}
	return false
}

// work is a worker's life; the caller of run is thread 0.
func (s *poolShared) work(thread int) {
	for j := s.take(); j != nil; j = s.take() {
		j.help(thread)
		s.remove(j)
	}
}

// take waits for a job with chunks left; nil when the pool has closed.
func (s *poolShared) take() *job {
	for poll(func() bool { return s.open.Load() > 0 }) {
		s.mu.Lock()
		if len(s.jobs) > 0 {
			defer s.mu.Unlock()
			return s.jobs[0]
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.jobs) == 0 && !s.closed {
		s.wake.Wait()
	}
	if s.closed {
		return nil
	}
	return s.jobs[0]
}

// add offers j to the workers.
func (s *poolShared) add(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = append(s.jobs, j)
	s.open.Store(int64(len(s.jobs)))
	s.wake.Broadcast()
}

// remove takes j, whose chunks are all claimed, off the list.
func (s *poolShared) remove(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.jobs, j); i >= 0 {
		s.jobs = slices.Delete(s.jobs, i, i+1)
		s.open.Store(int64(len(s.jobs)))
	}
}

// close ends the workers.
func (s *poolShared) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake.Broadcast()
}
