package peak

import (
	"sync/atomic"
	"time"
)

const (
	handovers    = 100                    // there and back, of one try
	handoverTime = 100 * time.Millisecond // after which no try begins
)

// Handover is how long a cache line takes from one thread to another and back, the
// shortest of many tries: some 100 ns between processors with a third-level cache in
// common, several hundred between others. A virtual machine may have either, now this,
// now that, and kernels of several threads are slower with the latter. It needs two
// processors.
func Handover() time.Duration {
	var turn struct {
		_ [64]byte
		n atomic.Int64
		_ [64]byte
	}
	// pass writes every second number, once the one before is there.
	pass := func(first int64) {
		for n := first; n <= 2*handovers; n += 2 {
			for turn.n.Load() != n-1 {
			}
			turn.n.Store(n)
		}
	}
	shortest := time.Duration(1<<63 - 1)
	for began := time.Now(); time.Since(began) < handoverTime; {
		turn.n.Store(-1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			turn.n.Store(0) // runs: the other may begin
			pass(2)
		}()
		for turn.n.Load() < 0 {
		}
		start := time.Now()
		pass(1)
		for turn.n.Load() < 2*handovers {
		}
		shortest = min(shortest, time.Since(start))
		<-done
	}
	return shortest / handovers
}
