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
	threads  int
	shared   *poolShared
	recorder *recorder // of a stream; nil: none
	origin   *pool     // of a stream's, so that the workers live as long
}

// poolShared is what workers hold on to; it does not refer to the pool, so that
// a pool that is garbage can end its workers.
type poolShared struct {
	open atomic.Int64 // jobs in the list, for polling without the lock

	mu     sync.Mutex
	wake   sync.Cond // of mu: a job was added or the pool closed
	jobs   []*job    // that may have unclaimed chunks
	spare  []*job    // that nobody works on
	closed bool
}

// job is one call of run. Jobs are used again, so that calls allocate nothing.
type job struct {
	body     func(chunk int)
	chunks   int64
	holders  int           // threads that may look at it; the pool's lock guards it
	shares   []share       // of the threads
	failed   atomic.Bool   // a body panicked: the remaining chunks are skipped
	failure  any           // of the first body that panicked
	finished chan struct{} // receives one value when all chunks are done
	_        [64]byte      // the counter is written by all threads
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
// depend on which thread runs them. On a stream that records it notes the call
// instead.
func (p *pool) run(chunks int, body func(chunk int)) {
	if p.recorder.recording() {
		p.recorder.note(chunks, body)
		return
	}
	if p.threads == 1 || chunks <= 1 {
		for c := range chunks {
			body(c)
		}
		return
	}
	j := p.shared.add(chunks, p.threads, body)
	j.help(0)
	p.shared.remove(j)
	poll(func() bool { return len(j.finished) > 0 })
	<-j.finished
	runtime.KeepAlive(p)
	failed, failure := j.failed.Load(), j.failure
	p.shared.leave(j)
	if failed {
		panic(failure)
	}
}

func newJob() *job { return &job{finished: make(chan struct{}, 1)} }

// set describes a job with one holder.
func (j *job) set(chunks, threads int, body func(chunk int)) {
	j.body, j.chunks, j.holders = body, int64(chunks), 1
	j.failed.Store(false)
	j.failure = nil
	j.done.Store(0)
	if len(j.shares) != threads {
		j.shares = make([]share, threads)
	}
	for i := range j.shares {
		j.shares[i].next.Store(int64(i * chunks / threads))
		j.shares[i].end = int64((i + 1) * chunks / threads)
	}
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
		j.finished <- struct{}{}
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
		s.leave(j)
	}
}

// take waits for a job with chunks left and holds it; nil when the pool has closed.
func (s *poolShared) take() *job {
	for poll(func() bool { return s.open.Load() > 0 }) {
		if j := s.first(); j != nil {
			return j
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.jobs) == 0 && !s.closed {
		s.wake.Wait()
	}
	if s.closed {
		return nil
	}
	s.jobs[0].holders++
	return s.jobs[0]
}

// first holds the first job and returns it; nil: there is none.
func (s *poolShared) first() *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.jobs) == 0 {
		return nil
	}
	s.jobs[0].holders++
	return s.jobs[0]
}

// add offers a job to the workers; the caller holds it.
func (s *poolShared) add(chunks, threads int, body func(chunk int)) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	var j *job
	if n := len(s.spare); n > 0 {
		j, s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		j = newJob()
	}
	j.set(chunks, threads, body)
	s.jobs = append(s.jobs, j)
	s.open.Store(int64(len(s.jobs)))
	s.wake.Broadcast()
	return j
}

// leave ends a hold; the last keeps the job for another call.
func (s *poolShared) leave(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.holders--; j.holders == 0 {
		j.body, j.failure = nil, nil
		s.spare = append(s.spare, j)
	}
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
