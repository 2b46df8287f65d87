package cuda

import (
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// allocator is what memory comes from.
type allocator interface {
	Alloc(bytes int64) (driver.Ptr, error)
	Free(p driver.Ptr) error
	MemInfo() (free, total int64, err error)
}

// memory keeps freed blocks for reuse, since the driver's own allocation waits
// for the device. Sizes are rounded up to classes with at most 12.5 % waste; a
// class's free list is last in, first out. A training step takes the same sizes
// each time, so memory stops growing with the second.
type memory struct {
	from allocator
	wait func() error // until no queued work uses a freed block

	mu       sync.Mutex
	free     map[int64][]driver.Ptr // by class
	inUse    int64
	reserved int64

	graphs graphMemory
}

func newMemory(from allocator, wait func() error) *memory {
	return &memory{from: from, wait: wait, free: make(map[int64][]driver.Ptr), graphs: newGraphMemory()}
}

// span is how long a block is to be used.
type span bool

// Spans.
const (
	passing span = false // until it is given back, soon
	lasting span = true  // as long as the backend
)

// smallest class in bytes: what the driver aligns to.
const smallest = 256

// sizeClass rounds bytes up to a multiple of an eighth of its power of two.
func sizeClass(n int64) int64 {
	step := max(int64(1)<<max(bits.Len64(uint64(n-1))-4, 0), smallest)
	return (n + step - 1) / step * step
}

// take returns a block for the number of bytes, contents undefined.
func (m *memory) take(n int64, s span) (driver.Ptr, error) {
	class := sizeClass(n)
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := pop(m.free, class)
	if !ok && s == passing {
		p, ok = m.graphs.take(class)
	}
	if !ok {
		var err error
		if p, err = m.grow(class); err != nil {
			return 0, err
		}
	}
	m.inUse += class
	m.graphs.note(p, class)
	return p, nil
}

// pop takes the last block of a class off a list.
func pop(lists map[int64][]driver.Ptr, class int64) (p driver.Ptr, ok bool) {
	list := lists[class]
	if len(list) == 0 {
		return 0, false
	}
	lists[class] = list[:len(list)-1]
	return list[len(list)-1], true
}

// grow takes a block of a class from the driver. Where that has no room, blocks
// that are kept go back first, those that graphs would take last.
func (m *memory) grow(class int64) (driver.Ptr, error) {
	p, err := m.from.Alloc(class)
	for _, room := range []func() bool{m.anyFree, m.reclaim} {
		if !outOfMemory(err) || m.graphs.recording() || !room() {
			continue // while work is recorded nothing may wait for the device
		}
		if err = m.trim(); err == nil {
			p, err = m.from.Alloc(class)
		}
	}
	if outOfMemory(err) {
		err = m.explain(class, err)
	}
	if err != nil {
		return 0, err
	}
	m.reserved += class
	return p, nil
}

// anyFree tells whether blocks are kept that no graph takes.
func (m *memory) anyFree() bool {
	for _, list := range m.free {
		if len(list) > 0 {
			return true
		}
	}
	return false
}

// give takes a block of the number of bytes back.
func (m *memory) give(p driver.Ptr, n int64) {
	class := sizeClass(n)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inUse -= class
	if !m.graphs.give(p, class) {
		m.free[class] = append(m.free[class], p)
	}
}

// trim returns all free blocks to the driver but those that graphs take.
func (m *memory) trim() error {
	if err := m.wait(); err != nil {
		return err
	}
	for class, list := range m.free {
		for _, p := range slices.Backward(list) {
			if err := m.from.Free(p); err != nil {
				return err
			}
			m.reserved -= class
		}
		delete(m.free, class)
	}
	return nil
}

// close returns all free blocks; nothing else is in use.
func (m *memory) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reclaim()
	return m.trim()
}

// explain tells how memory stands.
func (m *memory) explain(asked int64, cause error) error {
	free, total, err := m.from.MemInfo()
	if err != nil {
		return fmt.Errorf("%w: %w", kernels.ErrOutOfMemory, cause)
	}
	return fmt.Errorf("%w: asked for %s, this run uses %s, %s of the device's %s are free: %w",
		kernels.ErrOutOfMemory, size(asked), size(m.inUse), size(free), size(total), cause)
}

// size prints bytes.
func size(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

func (m *memory) stats() kernels.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return kernels.Stats{InUse: m.inUse, Reserved: m.reserved}
}
