package cuda

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// stage is kernels.Stage: pinned memory that a stream of its own copies to the
// device. An event for each direction keeps the two streams apart.
type stage struct {
	b      *Backend
	pinned *pinned
	values kernels.Buffer // on the device
	n      int            // of the last Load
}

// NewStage returns a stage for batches of up to n values.
func (b *Backend) NewStage(n int) kernels.Stage {
	const op = "NewStage"
	p, err := b.device.pinned.take(b.device.context, n)
	b.must(op, err)
	s := &stage{b: b, pinned: p, values: b.Alloc(n)}
	s.record(op) // work queued before may still use that memory
	return s
}

// record marks that the backend's stream has been told all it does with the values.
func (s *stage) record(op string) {
	s.b.enterDirect(op)
	defer s.b.gate.leave(false)
	s.b.must(op, s.b.stream.Record(s.pinned.used))
}

// await makes the backend's stream wait for the last Load.
func (s *stage) await(op string) error {
	s.b.enterDirect(op)
	defer s.b.gate.leave(false)
	return s.b.stream.WaitFor(s.pinned.copied)
}

// Load copies parts to pinned memory and queues the copy to the device.
func (s *stage) Load(parts ...[]float32) {
	const op = "Stage.Load"
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	if n == 0 || n > s.values.Len() {
		panic(fmt.Sprintf("cuda.%s: %d values, want 1 to %d", op, n, s.values.Len()))
	}
	p := s.pinned
	s.b.must(op, p.copied.Wait())
	at := 0
	for _, part := range parts {
		at += copy(p.host[at:], part)
	}
	s.n = n
	s.b.must(op, p.stream.WaitFor(p.used))
	s.b.must(op, p.stream.CopyIn(s.b.ptr(op, s.values.Slice(0, n), n), p.host[:n]))
	s.b.must(op, p.stream.Record(p.copied))
}

// Use lets what f queues wait for the last Load.
func (s *stage) Use(f func(x kernels.Buffer)) {
	const op = "Stage.Use"
	if s.n == 0 {
		panic("cuda." + op + ": nothing was loaded")
	}
	s.b.must(op, s.await(op))
	f(s.values.Slice(0, s.n))
	s.record(op)
}

// Close gives the memory back once nothing copies to it. On a device that is lost
// there is nothing to give.
func (s *stage) Close() {
	if s.await("Stage.Close") != nil {
		return
	}
	s.b.Free(s.values)
	s.b.device.pinned.give(s.pinned)
}
