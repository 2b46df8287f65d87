//go:build linux && cgo && !nocuda

package driver

/*
#include "calls.h"
*/
import "C"

import "unsafe"

// nonBlocking streams do not wait for the default stream's work.
const nonBlocking = 1

// stream is a queue of work.
type stream struct {
	context *context
	handle  C.CUstream
}

func (c *context) NewStream() (Stream, error) {
	s := &stream{context: c}
	return s, check("cuStreamCreate", C.call_cuStreamCreate(c.handle, &s.handle, nonBlocking))
}

func (s *stream) CopyIn(dst Ptr, src []float32) error {
	return check("cuMemcpyHtoDAsync", C.call_cuMemcpyHtoDAsync_v2(s.context.handle, C.CUdeviceptr(dst),
		unsafe.Pointer(unsafe.SliceData(src)), C.size_t(len(src)*valueBytes), s.handle))
}

func (s *stream) CopyOut(dst []float32, src Ptr) error {
	return check("cuMemcpyDtoHAsync", C.call_cuMemcpyDtoHAsync_v2(s.context.handle, unsafe.Pointer(unsafe.SliceData(dst)),
		C.CUdeviceptr(src), C.size_t(len(dst)*valueBytes), s.handle))
}

func (s *stream) Launch(f Function, l Launch, args unsafe.Pointer, size uintptr) error {
	code := C.launch(s.context.handle, f.(*function).handle, C.unsigned(l.X), C.unsigned(l.Y), C.unsigned(l.Z),
		C.unsigned(l.Threads), s.handle, args, C.size_t(size))
	if code == 0 {
		return nil
	}
	return check("cuLaunchKernel "+f.Name(), code)
}

func (s *stream) Record(e Event) error {
	return check("cuEventRecord", C.call_cuEventRecord(s.context.handle, e.(*event).handle, s.handle))
}

func (s *stream) WaitFor(e Event) error {
	return check("cuStreamWaitEvent", C.call_cuStreamWaitEvent(s.context.handle, s.handle, e.(*event).handle, 0))
}

func (s *stream) Sync() error {
	return check("cuStreamSynchronize", C.call_cuStreamSynchronize(s.context.handle, s.handle))
}

func (s *stream) Close() error {
	return check("cuStreamDestroy", C.call_cuStreamDestroy_v2(s.context.handle, s.handle))
}
