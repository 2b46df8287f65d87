package memae

import (
	"sync"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae/heatmap"
)

// stream is what scoring needs besides the networks. Streams are kept between
// calls, so that scoring takes no new memory after the first photos but for its
// results. What the tape's operations take stays with the backend, what recorded ones
// take with the stream.
type stream struct {
	backend    kernels.Backend // whose work capturer records
	capturer   kernels.Capturer
	warmup     int          // batches to score by operations before one is recorded
	recordings []*recording // the last used first

	tape    *autograd.Tape
	pixels  []float32        // of a batch, [N,3,S,S]
	classes []int            // of its photos
	scratch []float32        // of a map's size for each of its photos
	finders []heatmap.Finder // of each of its photos
	most    int              // photos that the device's memory has room for; 0: as many as come
}

func newStream(b kernels.Backend) *stream {
	if x, ok := b.(kernels.Streams); ok {
		own := x.Stream()
		return &stream{backend: own, capturer: own, tape: autograd.NewTape(own)}
	}
	s := &stream{backend: b, tape: autograd.NewTape(b), warmup: stepsBeforeGraph}
	s.capturer, _ = b.(kernels.Capturer)
	return s
}

// streams are those not in use: as many as goroutines have scored at once.
type streams struct {
	mu   sync.Mutex
	idle []*stream
}

// take returns a stream for one caller, to be given back.
func (s *streams) take(b kernels.Backend) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		x := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return x
	}
	return newStream(b)
}

// give ends what the stream's tape holds and keeps the stream.
func (s *streams) give(x *stream) {
	x.tape.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, x)
}

// grown returns values with room for n, keeping the memory where it is enough.
func grown[T any](values []T, n int) []T {
	if cap(values) < n {
		return make([]T, n)
	}
	return values[:n]
}
