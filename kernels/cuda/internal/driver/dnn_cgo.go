//go:build linux && cgo && !nocuda

package driver

/*
#include "dnn.h"
*/
import "C"

import (
	"fmt"
	"os"
	"sync"

	"github.com/org/trustmae/kernels"
)

// dnnNames are the names of the versions that have these prototypes.
var dnnNames = []string{"libcudnn.so.9"}

// dnn is cuDNN.
type dnn struct{ library Library }

// OpenDNN opens cuDNN, once in a process.
func OpenDNN() (DNN, error) {
	d, err := openedDNN()
	if err != nil {
		return nil, err
	}
	return d, nil
}

var openedDNN = sync.OnceValues(openDNN)

func openDNN() (*dnn, error) {
	lib, err := openLibrary(candidates(folders(os.Getenv), dnnNames), &NotFound{
		Library: dnnNames[0], What: "no cuDNN 9",
		Advice: "convolutions go without; to use it, name its folder in " + PathVariable,
	})
	if err != nil {
		return nil, err
	}
	if missing := C.fill_cudnn(lib); missing != nil {
		return nil, fmt.Errorf("cuDNN has no %s; convolutions go without", C.GoString(missing))
	}
	version := int(C.cudnn_version()) // major*10000 + minor*100 + patch
	return &dnn{library("cuDNN", lib, "cudnnGetVersion", version/10000, version/100%100)}, nil
}

func (d *dnn) Library() Library { return d.library }

// checkDNN turns a status of cuDNN into an error.
func checkDNN(call string, status C.cudnnStatus_t) error {
	if status == C.CUDNN_STATUS_SUCCESS {
		return nil
	}
	return &Error{Call: call, Code: int(status), Name: C.GoString(C.cudnn_error(status))}
}

// dnnHandle is a handle of cuDNN.
type dnnHandle struct {
	context *context
	handle  C.cudnnHandle_t
}

func (d *dnn) Handle(c Context, s Stream) (DNNHandle, error) {
	h := &dnnHandle{context: c.(*context)}
	var call *C.char
	status := C.cudnn_open(h.context.handle, s.(*stream).handle, &h.handle, &call)
	if status != C.CUDNN_STATUS_SUCCESS {
		return nil, checkDNN(C.GoString(call), status)
	}
	return h, nil
}

func (h *dnnHandle) Close() error {
	return checkDNN("cudnnDestroy", C.cudnn_close(h.context.handle, h.handle))
}

// described is a convolution.
type described struct{ c C.struct_described }

func (h *dnnHandle) Describe(s kernels.ConvShape, exact bool) (Described, error) {
	d := &described{C.struct_described{context: h.context.handle, handle: h.handle}}
	sizes := C.struct_conv_sizes{
		n: C.int(s.N), in_c: C.int(s.InC), in_h: C.int(s.InH), in_w: C.int(s.InW), out_c: C.int(s.OutC), out_h: C.int(s.OutH), out_w: C.int(s.OutW),
		kh: C.int(s.KH), kw: C.int(s.KW), stride: C.int(s.Stride), pad: C.int(s.Pad), dil: C.int(s.Dil),
	}
	math := C.cudnnMathType_t(C.CUDNN_DEFAULT_MATH)
	if exact {
		math = C.CUDNN_FMA_MATH
	}
	var call *C.char
	if status := C.cudnn_describe(&d.c, &sizes, math, &call); status != C.CUDNN_STATUS_SUCCESS {
		d.Close()
		return nil, checkDNN(C.GoString(call), status)
	}
	return d, nil
}

func (d *described) Close() { C.cudnn_forget(&d.c) }

// The names of the calls, by direction.
var dnnCalls = [...]string{"Forward", "BackwardData", "BackwardFilter"}

func (d *described) Workspace(direction Direction, algorithm int) (int64, error) {
	var bytes C.size_t
	status := C.cudnn_workspace(&d.c, C.int(direction), C.int(algorithm), &bytes)
	return int64(bytes), checkDNN("cudnnGetConvolution"+dnnCalls[direction]+"WorkspaceSize", status)
}

func (d *described) Convolve(direction Direction, algorithm int, y, x, w, workspace Ptr, bytes int64) error {
	status := C.cudnn_convolve(&d.c, C.int(direction), C.int(algorithm), C.CUdeviceptr(y), C.CUdeviceptr(x), C.CUdeviceptr(w),
		C.CUdeviceptr(workspace), C.size_t(bytes))
	return checkDNN("cudnnConvolution"+dnnCalls[direction], status)
}
