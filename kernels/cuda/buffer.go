package cuda

import (
	"fmt"
	"sync/atomic"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

const valueBytes = 4

// buffer is a run of values on the device.
type buffer struct {
	ptr  driver.Ptr
	n    int
	root *root
}

// root is what all slices of an allocation share.
type root struct {
	backend *Backend
	n       int
	freed   *atomic.Bool // by itself, so that who waits for it holds nothing else
}

// Len is the number of values.
func (b *buffer) Len() int { return b.n }

// Slice returns part of b, sharing storage.
func (b *buffer) Slice(offset, length int) kernels.Buffer {
	if offset < 0 || length < 0 || offset+length > b.n {
		panic(fmt.Sprintf("cuda.Buffer.Slice: [%d:%d], want within [0:%d]", offset, offset+length, b.n))
	}
	return &buffer{ptr: b.ptr + driver.Ptr(valueBytes*offset), n: length, root: b.root}
}

// own checks that x is a live buffer of this backend.
func (b *Backend) own(op string, x kernels.Buffer) *buffer {
	c, ok := x.(*buffer)
	if !ok || c == nil || c.root.backend != b {
		panic(fmt.Sprintf("cuda.%s: buffer of another backend (%T)", op, x))
	}
	if c.root.freed.Load() {
		panic(fmt.Sprintf("cuda.%s: buffer used after Free", op))
	}
	return c
}

// sized checks that x is a live buffer of this backend with the given length.
func (b *Backend) sized(op string, x kernels.Buffer, length int) *buffer {
	c := b.own(op, x)
	if c.n != length {
		panic(fmt.Sprintf("cuda.%s: buffer holds %d values, want %d", op, c.n, length))
	}
	return c
}

// ptr returns the address of a buffer of the given length.
func (b *Backend) ptr(op string, x kernels.Buffer, length int) driver.Ptr {
	return b.sized(op, x, length).ptr
}

// optional is ptr for a buffer that may be nil.
func (b *Backend) optional(op string, x kernels.Buffer, length int) driver.Ptr {
	if x == nil {
		return 0
	}
	return b.ptr(op, x, length)
}
