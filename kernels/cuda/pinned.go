package cuda

import (
	"slices"
	"sync"

	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// pinned is host memory that the device copies from directly, with what a stage
// needs besides.
type pinned struct {
	host   []float32
	stream driver.Stream // of the copies
	copied driver.Event  // in stream: the device has the values, host may be overwritten
	used   driver.Event  // in a backend's stream: its work is done with the values
}

// pinnedPool keeps what stages give back: pinning memory takes as long as copying
// it many times, and the driver gets none back while the program runs.
type pinnedPool struct {
	mu   sync.Mutex
	idle []*pinned
}

// take returns memory for at least n values.
func (s *pinnedPool) take(c driver.Context, n int) (*pinned, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.idle, func(p *pinned) bool { return len(p.host) >= n }); i >= 0 {
		p := s.idle[i]
		s.idle = slices.Delete(s.idle, i, i+1)
		return p, nil
	}
	p, err := new(pinned), error(nil)
	if p.host, err = c.AllocPinned(n); err != nil {
		return nil, err
	}
	if p.stream, err = c.NewStream(); err != nil {
		return nil, err
	}
	if p.copied, err = c.NewEvent(); err != nil {
		return nil, err
	}
	p.used, err = c.NewEvent()
	return p, err
}

func (s *pinnedPool) give(p *pinned) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, p)
}
