// Package driver reaches the NVIDIA driver and the compiler of kernels. Both are
// opened at run time, so that one program runs with and without a GPU and is
// built with nothing but a C compiler. Builds without cgo, with the tag nocuda
// or for systems other than Linux have the same names; there, [Open] and
// [OpenCompiler] return [ErrNotBuilt].
package driver

import (
	"errors"
	"unsafe"
)

// ErrNotBuilt is the error in a program that was built without CUDA.
var ErrNotBuilt = errors.New("this program was built without CUDA; build it on Linux with cgo and without the tag nocuda")

// ErrNoDevice is the error of a driver that sees no GPU.
var ErrNoDevice = errors.New("the driver sees no GPU: see nvidia-smi and CUDA_VISIBLE_DEVICES")

// Ptr is an address on a device.
type Ptr uint64

// Device describes a GPU.
type Device struct {
	Index           int
	Name            string
	Major, Minor    int // compute capability
	Multiprocessors int
	Memory          int64 // bytes
}

// Library is a shared library that was found.
type Library struct {
	Name, Path, Version string
}

// Driver is the machine's CUDA driver.
type Driver interface {
	// Library is the file, its version the newest CUDA version that it serves, as
	// in "13.0".
	Library() Library
	// Devices lists the GPUs.
	Devices() ([]Device, error)
	// Context makes the device ready; one context serves the whole process.
	Context(d Device) (Context, error)
}

// Compiler is NVRTC, which makes machine code of kernels.
type Compiler interface {
	Library() Library
	// Compile translates a program. headers are what it may include, by name; remarks
	// are what the compiler says of a program that it takes.
	Compile(name, source string, headers map[string]string, options []string) (image []byte, remarks string, err error)
}

// Context is one device's memory, streams and kernels. Its methods may be called
// from any goroutine.
type Context interface {
	Alloc(bytes int64) (Ptr, error)
	Free(p Ptr) error
	// MemInfo tells the device's free and total memory in bytes, that of other
	// programs counted as used.
	MemInfo() (free, total int64, err error)
	// AllocPinned returns host memory that the device copies from and to
	// directly; it is never given back.
	AllocPinned(values int) ([]float32, error)
	NewStream() (Stream, error)
	NewEvent() (Event, error)
	// Load makes kernels of an image from Compile.
	Load(image []byte) (Module, error)
}

// Stream is a queue of work in order. All methods but Sync return before the
// work is done.
type Stream interface {
	// CopyIn copies pinned memory to the device.
	CopyIn(dst Ptr, src []float32) error
	// CopyOut copies from the device to pinned memory.
	CopyOut(dst []float32, src Ptr) error
	// Launch starts a kernel; args points to size bytes of arguments, laid out
	// as C does, that hold no pointers of Go.
	Launch(f Function, l Launch, args unsafe.Pointer, size uintptr) error
	Record(e Event) error
	// WaitFor lets later work wait for the work before the event's last Record, in
	// whatever stream that was.
	WaitFor(e Event) error
	Sync() error
	Close() error
	// BeginCapture makes the stream record what is queued instead of doing it, until
	// EndCapture returns that. Memory may be allocated meanwhile.
	BeginCapture() error
	EndCapture() (Graph, error)
	LaunchGraph(g Graph) error
}

// Graph is recorded work.
type Graph interface{ Close() error }

// Launch is a kernel's grid of blocks, and the number of threads of a block.
type Launch struct {
	X, Y, Z int // blocks
	Threads int
}

// Event marks a place in a stream.
type Event interface {
	// Wait returns once the work before the event's last Record is done.
	Wait() error
	// Since is the time in milliseconds from another event to this one.
	Since(start Event) (float32, error)
}

// Module is a loaded image.
type Module interface {
	Function(name string) (Function, error)
}

// Function is a kernel.
type Function interface{ Name() string }
