package cpu

import (
	"fmt"
	"math/bits"
	"sync"
	"unsafe"

	"github.com/org/trustmae/kernels"
)

// arena keeps freed memory for reuse, since the first touch of fresh pages is
// an order of magnitude slower than computing on them. Sizes are rounded up to
// classes with at most 12.5 % waste; a class's free list is last in, first out.
type arena struct {
	mu       sync.Mutex
	free     map[int][][]float32
	inUse    int64
	reserved int64
}

// alignment in values: 64 bytes, an AVX-512 register and a cache line.
const alignment = 16

// sizeClass rounds n up to a multiple of an eighth of its power of two, at
// least one alignment.
func sizeClass(n int) int {
	step := max(1<<max(bits.Len(uint(n-1))-4, 0), alignment)
	return (n + step - 1) / step * step
}

// take returns memory of the class, 64-byte aligned, contents undefined.
func (a *arena) take(class int) []float32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inUse += 4 * int64(class)
	if list := a.free[class]; len(list) > 0 {
		data := list[len(list)-1]
		a.free[class] = list[:len(list)-1]
		return data
	}
	a.reserved += 4 * int64(class)
	return alignedSlice(class)
}

// give puts memory of the class back.
func (a *arena) give(class int, data []float32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.free == nil {
		a.free = make(map[int][][]float32)
	}
	a.inUse -= 4 * int64(class)
	a.free[class] = append(a.free[class], data)
}

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
	if n < 1 {
		panic(fmt.Sprintf("cpu.Alloc: %d values, want at least 1", n))
	}
	class := sizeClass(n)
	data := b.arena.take(class)
	return &buffer{data: data[:n], root: &root{backend: b, class: class}}
}

// Free gives a buffer back to the arena.
func (b *Backend) Free(x kernels.Buffer) {
	c := b.own("Free", x)
	data := c.data[:c.root.class:c.root.class]
	c.data = nil
	b.arena.give(c.root.class, data)
}

// Stats tells the arena's memory.
func (b *Backend) Stats() kernels.Stats {
	b.arena.mu.Lock()
	defer b.arena.mu.Unlock()
	return kernels.Stats{InUse: b.arena.inUse, Reserved: b.arena.reserved}
}
