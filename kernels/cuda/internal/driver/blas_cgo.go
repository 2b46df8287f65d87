//go:build linux && cgo && !nocuda

package driver

/*
#include "blas.h"
*/
import "C"

import (
	"fmt"
	"os"
	"sync"

	"github.com/org/trustmae/kernels"
)

// blasNames are the names of the versions that have these prototypes.
var blasNames = []string{"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11"}

// blas is cuBLASLt.
type blas struct{ library Library }

// OpenBLAS opens cuBLASLt, once in a process.
func OpenBLAS() (BLAS, error) {
	b, err := openedBLAS()
	if err != nil {
		return nil, err
	}
	return b, nil
}

var openedBLAS = sync.OnceValues(openBLAS)

func openBLAS() (*blas, error) {
	lib, err := openLibrary(candidates(folders(os.Getenv), blasNames), &NotFound{
		Library: "libcublasLt.so", What: "no cuBLASLt",
		Advice: "matrix products go without; to use it, name its folder in " + PathVariable,
	})
	if err != nil {
		return nil, err
	}
	if missing := C.fill_cublaslt(lib); missing != nil {
		return nil, fmt.Errorf("cuBLASLt has no %s; matrix products go without", C.GoString(missing))
	}
	version := int(C.cublaslt_version()) // major*10000 + minor*100 + patch
	return &blas{library("cuBLASLt", lib, "cublasLtGetVersion", version/10000, version/100%100)}, nil
}

func (b *blas) Library() Library { return b.library }

// checkBLAS turns a status of cuBLASLt into an error.
func checkBLAS(call string, status C.cublasStatus_t) error {
	if status == C.CUBLAS_STATUS_SUCCESS {
		return nil
	}
	return &Error{Call: call, Code: int(status), Name: C.GoString(C.cublaslt_error(status))}
}

// blasHandle is a handle of cuBLASLt.
type blasHandle struct {
	context *context
	handle  C.cublasLtHandle_t
}

func (b *blas) Handle(c Context) (BLASHandle, error) {
	h := &blasHandle{context: c.(*context)}
	if err := checkBLAS("cublasLtCreate", C.cublaslt_open(h.context.handle, &h.handle)); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *blasHandle) Close() error {
	return checkBLAS("cublasLtDestroy", C.cublaslt_close(h.context.handle, h.handle))
}

// planned is a product.
type planned struct {
	c    C.struct_planned
	beta C.float
}

func (h *blasHandle) Plan(s kernels.MatMulShape, alignment int, mostWorkspace int64) (Planned, error) {
	p := &planned{c: C.struct_planned{context: h.context.handle, handle: h.handle}}
	if s.Accumulate {
		p.beta = 1
	}
	flag := map[bool]C.int{true: 1}
	sizes := C.struct_product_sizes{
		m: C.int(s.M), n: C.int(s.N), k: C.int(s.K), trans_a: flag[s.TransA], trans_b: flag[s.TransB], alignment: C.int(alignment),
	}
	var call *C.char
	if status := C.cublaslt_plan(&p.c, &sizes, C.uint64_t(mostWorkspace), &call); status != C.CUBLAS_STATUS_SUCCESS {
		p.Close()
		return nil, checkBLAS(C.GoString(call), status)
	}
	return p, nil
}

func (p *planned) Close() { C.cublaslt_forget(&p.c) }

func (p *planned) Workspace() int64 { return int64(p.c.chosen.workspaceSize) }

func (p *planned) Multiply(s Stream, y, a, b, workspace Ptr) error {
	return checkBLAS("cublasLtMatmul", C.cublaslt_multiply(&p.c, C.CUdeviceptr(y), C.CUdeviceptr(a), C.CUdeviceptr(b), p.beta,
		C.CUdeviceptr(workspace), s.(*stream).handle))
}
