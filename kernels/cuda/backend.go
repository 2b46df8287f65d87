// Package cuda computes on NVIDIA GPUs. Driver and compiler of kernels are opened
// at run time and need not be there when a program is built; kernels are the .cu
// files of this package, compiled for the device on first use and kept in the
// user's cache. See docs/cuda.md.
package cuda

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// ErrNotBuilt is Open's error in a program that was built without CUDA.
var ErrNotBuilt = driver.ErrNotBuilt

// Options configure a backend. The zero value is the first device, convolutions in
// TF32.
type Options struct {
	// Device is the index of the device, as [Found] lists them.
	Device int
	// Precision is what convolutions round their operands to. Devices before compute
	// capability 8.0 take single precision for TF32 and have no bf16.
	Precision Precision
	// Deterministic keeps timing out of how convolutions are computed: always by
	// kernels of this package that every device has, so that the same device gives the
	// same bits in every run. Without it cuDNN, where it is found, and kernels for compute
	// capability 9.0 compute what they were once faster at.
	Deterministic bool
}

// Backend computes on a GPU. It may be used from several goroutines. Operations
// return before they are done; they are done in the order of their calls.
type Backend struct {
	device        *device
	precision     Precision
	deterministic bool
	stream        *queue
	memory        *memory
	dnn           *dnn
	blas          *blas
	gate          gate
}

var _ kernels.Backend = (*Backend)(nil)

// Open returns a backend on a device. Without driver, compiler or device, or
// where a kernel does not compile, the error says what to do.
func Open(o Options) (*Backend, error) {
	d, err := openDevice(o.Device)
	if err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	if o.Precision, err = o.Precision.on(d.info); err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	stream, err := d.context.NewStream()
	if err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	q := &queue{stream: stream, kernel: d.functions["elementwise"]}
	b := &Backend{device: d, precision: o.Precision, deterministic: o.Deterministic, stream: q, memory: newMemory(d.context, q.Sync)}
	b.blas = newBLAS(d.context, o) // before cuDNN, which uses it and finds it on the loader's path only, or once it is open
	b.dnn = newDNN(d.context, stream, o)
	convolutions, products := b.dnn, b.blas
	runtime.AddCleanup(b, func(m *memory) {
		// Nobody is left to hear of errors.
		_ = m.close()
		convolutions.close()
		products.close()
		_ = q.Close()
	}, b.memory)
	return b, nil
}

// Name is "cuda/", the device's name and the precision, as in
// "cuda/NVIDIA H200/tf32".
func (b *Backend) Name() string { return fmt.Sprintf("cuda/%s/%v", b.device.info.Name, b.precision) }

// Sync waits for everything queued before.
func (b *Backend) Sync() {
	b.enterDirect("Sync")
	defer b.gate.leave(false)
	b.must("Sync", b.stream.Sync())
}

// must panics with a Failure that names the operation.
func (b *Backend) must(op string, err error) {
	if err != nil {
		panic(&kernels.Failure{Backend: b.Name(), Op: op, Err: err})
	}
}

// Alloc returns a buffer of n values with undefined contents.
func (b *Backend) Alloc(n int) kernels.Buffer { return b.alloc("Alloc", n, passing) }

// AllocPersistent is Alloc; the memory stays until the backend is closed.
func (b *Backend) AllocPersistent(n int) kernels.Buffer {
	return b.alloc("AllocPersistent", n, lasting)
}

func (b *Backend) alloc(op string, n int, s span) kernels.Buffer {
	if n < 1 || n > math.MaxInt32 {
		panic(fmt.Sprintf("cuda.%s: %d values, want 1 to %d", op, n, math.MaxInt32))
	}
	return &buffer{ptr: b.take(op, n, s), n: n, root: &root{backend: b, n: n, freed: new(atomic.Bool)}}
}

// take returns memory of n values.
func (b *Backend) take(op string, n int, s span) driver.Ptr {
	recorded := b.gate.enter()
	defer b.gate.leave(recorded)
	p, err := b.memory.take(valueBytes*int64(n), s)
	b.must(op, err)
	return p
}

// Free gives a buffer back for reuse. Work queued before may still use it: all
// work is done in order.
func (b *Backend) Free(x kernels.Buffer) {
	c := b.own("Free", x)
	if c.n != c.root.n {
		panic(fmt.Sprintf("cuda.Free: slice of %d values of a buffer of %d, want what Alloc returned", c.n, c.root.n))
	}
	c.root.freed.Store(true)
	b.memory.give(c.ptr, valueBytes*int64(c.n))
}

// Stats tells the memory of the device in use by this backend.
func (b *Backend) Stats() kernels.Stats { return b.memory.stats() }

// outOfMemory tells whether an error is the device's lack of memory.
func outOfMemory(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) && e.OutOfMemory()
}
