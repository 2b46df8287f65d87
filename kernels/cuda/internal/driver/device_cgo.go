//go:build linux && cgo && !nocuda

package driver

/*
#include "calls.h"
*/
import "C"

import "sync"

// Attributes of a device, as cuda.h numbers them.
const (
	attributeMultiprocessors = 16
	attributeMajor           = 75
	attributeMinor           = 76
)

// Devices lists the GPUs.
func (c *cuda) Devices() ([]Device, error) {
	var count C.int
	if err := check("cuDeviceGetCount", C.call_cuDeviceGetCount(&count)); err != nil {
		return nil, err
	}
	if count == 0 {
		return nil, ErrNoDevice
	}
	list := make([]Device, count)
	for i := range list {
		if err := describe(&list[i], i); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func describe(d *Device, index int) error {
	var handle C.CUdevice
	if err := check("cuDeviceGet", C.call_cuDeviceGet(&handle, C.int(index))); err != nil {
		return err
	}
	var name [256]C.char
	if err := check("cuDeviceGetName", C.call_cuDeviceGetName(&name[0], C.int(len(name)), handle)); err != nil {
		return err
	}
	var memory C.size_t
	if err := check("cuDeviceTotalMem", C.call_cuDeviceTotalMem_v2(&memory, handle)); err != nil {
		return err
	}
	*d = Device{Index: index, Name: C.GoString(&name[0]), Memory: int64(memory)}
	for attribute, to := range map[C.CUdevice_attribute]*int{
		attributeMultiprocessors: &d.Multiprocessors, attributeMajor: &d.Major, attributeMinor: &d.Minor,
	} {
		var v C.int
		if err := check("cuDeviceGetAttribute", C.call_cuDeviceGetAttribute(&v, attribute, handle)); err != nil {
			return err
		}
		*to = int(v)
	}
	return nil
}

// contexts are the devices' primary contexts, retained once and for good.
var contexts struct {
	sync.Mutex
	byDevice map[int]*context
}

// context is a device's primary context.
type context struct{ handle C.CUcontext }

// Context makes the device ready.
func (c *cuda) Context(d Device) (Context, error) {
	contexts.Lock()
	defer contexts.Unlock()
	if old := contexts.byDevice[d.Index]; old != nil {
		return old, nil
	}
	var device C.CUdevice
	if err := check("cuDeviceGet", C.call_cuDeviceGet(&device, C.int(d.Index))); err != nil {
		return nil, err
	}
	made := new(context)
	if err := check("cuDevicePrimaryCtxRetain", C.call_cuDevicePrimaryCtxRetain(&made.handle, device)); err != nil {
		return nil, err
	}
	if contexts.byDevice == nil {
		contexts.byDevice = make(map[int]*context)
	}
	contexts.byDevice[d.Index] = made
	return made, nil
}
