//go:build linux && cgo && !nocuda

package driver

/*
#include "calls.h"
*/
import "C"

import "unsafe"

// valueBytes is the size of a value.
const valueBytes = 4

func (c *context) Alloc(bytes int64) (Ptr, error) {
	var p C.CUdeviceptr
	err := check("cuMemAlloc", C.call_cuMemAlloc_v2(c.handle, &p, C.size_t(bytes)))
	return Ptr(p), err
}

func (c *context) Free(p Ptr) error {
	return check("cuMemFree", C.call_cuMemFree_v2(c.handle, C.CUdeviceptr(p)))
}

func (c *context) MemInfo() (free, total int64, err error) {
	var f, t C.size_t
	err = check("cuMemGetInfo", C.call_cuMemGetInfo_v2(c.handle, &f, &t))
	return int64(f), int64(t), err
}

func (c *context) AllocPinned(values int) ([]float32, error) {
	var p unsafe.Pointer
	if err := check("cuMemHostAlloc", C.call_cuMemHostAlloc(c.handle, &p, C.size_t(values*valueBytes), 0)); err != nil {
		return nil, err
	}
	return unsafe.Slice((*float32)(p), values), nil
}

// event marks a place in a stream.
type event struct {
	context *context
	handle  C.CUevent
}

func (c *context) NewEvent() (Event, error) {
	e := &event{context: c}
	return e, check("cuEventCreate", C.call_cuEventCreate(c.handle, &e.handle, 0))
}

func (e *event) Wait() error {
	return check("cuEventSynchronize", C.call_cuEventSynchronize(e.context.handle, e.handle))
}

func (e *event) Since(start Event) (float32, error) {
	var ms C.float
	err := check("cuEventElapsedTime", C.call_cuEventElapsedTime(e.context.handle, &ms, start.(*event).handle, e.handle))
	return float32(ms), err
}
