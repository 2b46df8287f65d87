package cpu

import (
	"fmt"
	"sync/atomic"

	"github.com/org/trustmae/kernels"
)

// buffer is a slice of host memory. Slices of a buffer share its root, whose
// version counts the writes, so that forms packed from it can be kept.
type buffer struct {
	data []float32
	root *root
}

// root is what all slices of an allocation share.
type root struct {
	device  *device
	block   block         // in an arena; none: persistent
	version atomic.Uint64 // bumped by every operation that writes; goroutines may write disjoint slices
	packs   packCache
}

// persistent tells whether the buffer comes from AllocPersistent.
func (r *root) persistent() bool { return r.block.region == nil }

// Len is the number of values.
func (b *buffer) Len() int { return len(b.data) }

// Slice returns part of b, sharing storage.
func (b *buffer) Slice(offset, length int) kernels.Buffer {
	if offset < 0 || length < 0 || offset+length > len(b.data) {
		panic(fmt.Sprintf("cpu.Buffer.Slice: [%d:%d], want within [0:%d]", offset, offset+length, len(b.data)))
	}
	return &buffer{data: b.data[offset : offset+length : offset+length], root: b.root}
}

// in returns the values of an input buffer of the given length.
func (b *Backend) in(op string, x kernels.Buffer, length int) []float32 {
	c := b.own(op, x)
	if len(c.data) != length {
		panic(fmt.Sprintf("cpu.%s: buffer holds %d values, want %d", op, len(c.data), length))
	}
	return c.data
}

// optional is in for a buffer that may be nil.
func (b *Backend) optional(op string, x kernels.Buffer, length int) []float32 {
	if x == nil {
		return nil
	}
	return b.in(op, x, length)
}

// optionalOut is out for a buffer that may be nil.
func (b *Backend) optionalOut(op string, y kernels.Buffer, length int) []float32 {
	if y == nil {
		return nil
	}
	return b.out(op, y, length)
}

// out returns the values of an output buffer of the given length and counts
// the write.
func (b *Backend) out(op string, y kernels.Buffer, length int) []float32 {
	data := b.in(op, y, length)
	b.written(y.(*buffer).root)
	return data
}

// written counts a write to r, with recorded work whenever it is done.
func (b *Backend) written(r *root) {
	r.version.Add(1)
	if b.pool.recorder.recording() && !b.pool.recorder.owns(r.block) {
		b.serial(func() { r.version.Add(1) })
	}
}

// own checks that x is a live buffer of this backend.
func (b *Backend) own(op string, x kernels.Buffer) *buffer {
	c, ok := x.(*buffer)
	if !ok || c == nil || c.root.device != b.device {
		panic(fmt.Sprintf("cpu.%s: buffer of another backend (%T)", op, x))
	}
	if c.data == nil {
		panic(fmt.Sprintf("cpu.%s: buffer used after Free", op))
	}
	return c
}

// Upload copies src into dst.
func (b *Backend) Upload(dst kernels.Buffer, src []float32) {
	b.pool.recorder.forbid("Upload")
	copy(b.out("Upload", dst, len(src)), src)
}

// Download copies src into dst.
func (b *Backend) Download(dst []float32, src kernels.Buffer) {
	b.pool.recorder.forbid("Download")
	copy(dst, b.in("Download", src, len(dst)))
}
