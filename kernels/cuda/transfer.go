package cuda

import (
	"sync"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// stagingValues is the size of a staging buffer: 8 MiB, long enough for the full
// speed of the bus.
const stagingValues = 2 << 20

// staging is pinned host memory that copies go through, two buffers by turns, so
// that one is filled while the device empties the other.
type staging struct {
	mu     sync.Mutex
	slots  [2][]float32
	copied [2]driver.Event // the device is done with the slot
	next   int
}

func (s *staging) open(c driver.Context) (err error) {
	for i := range s.slots {
		if s.slots[i], err = c.AllocPinned(stagingValues); err != nil {
			return err
		}
		if s.copied[i], err = c.NewEvent(); err != nil {
			return err
		}
	}
	return nil
}

// slot waits until the next buffer is free and returns its index.
func (s *staging) slot() (int, error) {
	i := s.next
	s.next = (i + 1) % len(s.slots)
	return i, s.copied[i].Wait()
}

// fewValues is how many an upload takes as arguments of a kernel, which never
// waits for a staging buffer.
const fewValues = 512

// Upload copies src into dst. It returns once src may be overwritten, which is
// before the device has the values.
func (b *Backend) Upload(dst kernels.Buffer, src []float32) {
	const op = "Upload"
	p := b.ptr(op, dst, len(src))
	b.enterDirect(op)
	defer b.gate.leave(false)
	if len(src) <= fewValues {
		b.put(op, p, src)
		return
	}
	s := &b.device.staging
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(src) > 0 {
		i, err := s.slot()
		b.must(op, err)
		n := copy(s.slots[i], src)
		b.must(op, b.stream.CopyIn(p, s.slots[i][:n]))
		b.must(op, b.stream.Record(s.copied[i]))
		src, p = src[n:], p+driver.Ptr(valueBytes*n)
	}
}

// put stores few values.
func (b *Backend) put(op string, p driver.Ptr, src []float32) {
	args := struct {
		y      driver.Ptr
		n      uint32
		values [fewValues]float32
	}{y: p, n: uint32(len(src))}
	copy(args.values[:], src)
	start(b, op, "put", driver.Launch{X: 1, Y: 1, Z: 1, Threads: threads}, args)
}

// Download copies src into dst once everything queued before is done.
func (b *Backend) Download(dst []float32, src kernels.Buffer) {
	const op = "Download"
	p := b.ptr(op, src, len(dst))
	b.enterDirect(op)
	defer b.gate.leave(false)
	s := &b.device.staging
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(dst) > 0 {
		i, err := s.slot()
		b.must(op, err)
		from := s.slots[i][:min(stagingValues, len(dst))]
		b.must(op, b.stream.CopyOut(from, p))
		b.must(op, b.stream.Sync())
		n := copy(dst, from)
		dst, p = dst[n:], p+driver.Ptr(valueBytes*n)
	}
}
