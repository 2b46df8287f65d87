package cpu

import (
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"unsafe"

	"github.com/org/trustmae/kernels"
)

// arena hands out memory and keeps what comes back for reuse, since the first
// touch of fresh pages is an order of magnitude slower than computing on them.
// There are three kinds: short-lived tensors, cut from large regions so that the
// phases of a step, whose sizes differ, share the same memory; scratch of single
// chunks, whose order depends on timing, in lists by size; and what lives as long
// as a model (parameters, packed weights), which the garbage collector frees.
type arena struct {
	lender   *arena // whose blocks the regions are; nil: the system's memory
	mu       sync.Mutex
	regions  []*region
	free     map[int][][]float32 // scratch by class, last in, first out
	inUse    int64
	reserved int64
}

// alignment in values: 64 bytes, an AVX-512 register and a cache line.
const alignment = 16

// Regions double the memory of the arena, between these sizes in values (1 and
// 512 MiB): pages that were never used are not resident.
const (
	smallestRegion = 1 << 18
	largestRegion  = 1 << 27
)

// take returns n values, a multiple of alignment, from a region. They start on a
// 64-byte boundary, contents undefined.
func (a *arena) take(n int) block {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.regions {
		if offset, ok := r.take(n); ok {
			return block{r, offset, n}
		}
	}
	total := 0
	for _, r := range a.regions {
		total += len(r.data)
	}
	r := a.newRegion(max(n, min(max(total, smallestRegion), largestRegion)))
	a.regions = append(a.regions, r)
	offset, _ := r.take(n)
	return block{r, offset, n}
}

func (a *arena) newRegion(n int) *region {
	r := &region{arena: a, free: []run{{0, n}}}
	if a.lender != nil {
		r.lent = a.lender.take(n)
		r.data = r.lent.values()
		return r
	}
	r.data = alignedSlice(n)
	a.reserved += 4 * int64(n)
	return r
}

// end gives the regions back to the lender.
func (a *arena) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.regions {
		r.lent.release()
	}
	a.regions = nil
}

// give puts a block back.
func (a *arena) give(b block) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b.region.give(b.offset, b.length)
}

// takeScratch returns memory of a size class.
func (a *arena) takeScratch(class int) []float32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if list := a.free[class]; len(list) > 0 {
		data := list[len(list)-1]
		a.free[class] = list[:len(list)-1]
		return data
	}
	a.reserved += 4 * int64(class)
	return alignedSlice(class)
}

// giveScratch puts memory of a size class back.
func (a *arena) giveScratch(class int, data []float32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.free == nil {
		a.free = make(map[int][][]float32)
	}
	a.free[class] = append(a.free[class], data)
}

// count adds to the bytes in use and reserved.
func (a *arena) count(inUse, reserved int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inUse += inUse
	a.reserved += reserved
}

// lasting returns n values for as long as owner, which must be the only one to
// hold them, is reachable. counted tells whether they are in use in the sense of
// Stats.
func lasting[T any](a *arena, owner *T, n int, counted bool) []float32 {
	reserved := 4 * int64(n)
	inUse := int64(0)
	if counted {
		inUse = reserved
	}
	a.count(inUse, reserved)
	runtime.AddCleanup(owner, func(a *arena) { a.count(-inUse, -reserved) }, a)
	return alignedSlice(n)
}

// sizeClass rounds n up to a multiple of an eighth of its power of two, at
// least one alignment: at most 12.5 % waste.
func sizeClass(n int) int {
	step := max(1<<max(bits.Len(uint(n-1))-4, 0), alignment)
	return (n + step - 1) / step * step
}

// aligned rounds n up to a multiple of alignment.
func aligned(n int) int { return ceilDiv(n, alignment) * alignment }

// alignedSlice makes n zeroed values that start on a 64-byte boundary.
func alignedSlice(n int) []float32 {
	raw := make([]float32, n+alignment-1)
	off := 0
	if r := int(uintptr(unsafe.Pointer(&raw[0])) / 4 % alignment); r != 0 {
		off = alignment - r
	}
	return raw[off : off+n : off+n]
}

// Alloc returns a buffer of n values from the arena.
func (b *Backend) Alloc(n int) kernels.Buffer {
	checkAlloc("Alloc", n)
	block := b.memory().take(aligned(n))
	block.region.arena.count(block.bytes(), 0)
	return &buffer{data: block.values()[:n], root: &root{device: b.device, block: block}}
}

// memory is where operations take their buffers from.
func (b *Backend) memory() *arena {
	if b.pool.recorder.recording() {
		return b.pool.recorder.arena
	}
	return &b.arena
}

// AllocPersistent returns a buffer of n values of its own, which the garbage
// collector frees.
func (b *Backend) AllocPersistent(n int) kernels.Buffer {
	checkAlloc("AllocPersistent", n)
	r := &root{device: b.device}
	return &buffer{data: lasting(&b.arena, r, n, true), root: r}
}

func checkAlloc(op string, n int) {
	if n < 1 {
		panic(fmt.Sprintf("cpu.%s: %d values, want at least 1", op, n))
	}
}

// Free gives a buffer from Alloc back to the arena, with the forms packed from
// it.
func (b *Backend) Free(x kernels.Buffer) {
	c := b.own("Free", x)
	if c.root.persistent() {
		panic(fmt.Sprintf("cpu.Free: buffer of %d values from AllocPersistent, want one from Alloc", c.Len()))
	}
	c.data = nil
	c.root.packs.free()
	c.root.block.region.arena.count(-c.root.block.bytes(), 0)
	c.root.block.release()
}

// Stats tells the arena's memory.
func (b *Backend) Stats() kernels.Stats {
	b.arena.mu.Lock()
	defer b.arena.mu.Unlock()
	return kernels.Stats{InUse: b.arena.inUse, Reserved: b.arena.reserved}
}
