//go:build linux && cgo && !nocuda

package driver

/*
#cgo CFLAGS: -std=gnu11 -Wall -Wextra
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "calls.h"
*/
import "C"

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"unsafe"
)

// The names of the libraries' versions, newest first.
var (
	driverNames   = []string{"libcuda.so.1"}
	compilerNames = []string{"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"}
)

// cuda is the driver.
type cuda struct{ library Library }

// compiler is NVRTC.
type compiler struct{ library Library }

// Open opens the driver, once in a process. Errors say what is missing and what
// to do.
func Open() (Driver, error) {
	c, err := opened()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// OpenCompiler opens NVRTC, once in a process.
func OpenCompiler() (Compiler, error) {
	c, err := openedCompiler()
	if err != nil {
		return nil, err
	}
	return c, nil
}

var (
	opened         = sync.OnceValues(open)
	openedCompiler = sync.OnceValues(openCompiler)
)

func open() (*cuda, error) {
	lib, err := openLibrary(candidates(folders(os.Getenv), driverNames), &NotFound{
		Library: driverNames[0], What: "no CUDA driver",
		Advice: "install the NVIDIA driver, or compute on the processor",
	})
	if err != nil {
		return nil, err
	}
	if missing := C.fill_driver(lib); missing != nil {
		return nil, fmt.Errorf("the CUDA driver has no %s; install a newer NVIDIA driver", C.GoString(missing))
	}
	if missing := C.fill_graphs(lib); missing != nil {
		errNoGraphs = fmt.Errorf("the CUDA driver has no %s; CUDA graphs need a newer NVIDIA driver", C.GoString(missing))
	}
	if err := check("cuInit", C.call_cuInit(0)); err != nil {
		return nil, err
	}
	var version C.int
	if err := check("cuDriverGetVersion", C.call_cuDriverGetVersion(&version)); err != nil {
		return nil, err
	}
	return &cuda{library("driver", lib, "cuInit", int(version)/1000, int(version)%1000/10)}, nil
}

// openCompiler opens NVRTC, and before it the library that it needs and finds on
// the loader's path only.
func openCompiler() (*compiler, error) {
	files := candidates(folders(os.Getenv), compilerNames)
	for _, f := range files {
		if b := builtins(f); b != "" {
			_, _ = openLibrary([]string{b}, &NotFound{}) // NVRTC says so where it misses it
			break
		}
	}
	lib, err := openLibrary(files, &NotFound{
		Library: "libnvrtc.so", What: "no compiler of CUDA kernels",
		Advice: "install the CUDA toolkit's NVRTC and name its folder in " + PathVariable,
	})
	if err != nil {
		return nil, err
	}
	if missing := C.fill_compiler(lib); missing != nil {
		return nil, fmt.Errorf("NVRTC has no %s; install CUDA 11.2 or newer", C.GoString(missing))
	}
	var major, minor C.int
	if err := checkCompiler("nvrtcVersion", C.call_nvrtcVersion(&major, &minor), ""); err != nil {
		return nil, err
	}
	return &compiler{library("NVRTC", lib, "nvrtcVersion", int(major), int(minor))}, nil
}

// openLibrary opens the first file that can be; otherwise missing, with reasons,
// is the error.
func openLibrary(files []string, missing *NotFound) (unsafe.Pointer, error) {
	for _, f := range files {
		path := C.CString(f)
		var reason *C.char
		lib := C.open_library(path, &reason)
		C.free(unsafe.Pointer(path))
		if lib != nil {
			return lib, nil
		}
		if text := C.GoString(reason); strings.Contains(f, "/") {
			missing.Reasons = append(missing.Reasons, text)
		}
		C.free(unsafe.Pointer(reason))
	}
	return nil, missing
}

// library describes a library that has the symbol.
func library(name string, lib unsafe.Pointer, symbol string, major, minor int) Library {
	s := C.CString(symbol)
	defer C.free(unsafe.Pointer(s))
	return Library{Name: name, Path: C.GoString(C.library_path(lib, s)), Version: fmt.Sprintf("%d.%d", major, minor)}
}

func (c *cuda) Library() Library     { return c.library }
func (c *compiler) Library() Library { return c.library }

// check turns a code of the driver into an error.
func check(call string, code C.CUresult) error {
	if code == 0 {
		return nil
	}
	var name, text *C.char
	C.call_cuGetErrorName(code, &name)
	C.call_cuGetErrorString(code, &text)
	e := &Error{Call: strings.TrimSuffix(call, "_v2"), Code: int(code), Name: "unknown error"}
	if name != nil {
		e.Name, e.Detail = C.GoString(name), C.GoString(text)
	}
	return e
}

// checkCompiler turns a code of NVRTC into an error with its log.
func checkCompiler(call string, code C.nvrtcResult, log string) error {
	if code == 0 {
		return nil
	}
	return &Error{Call: call, Code: int(code), Name: C.GoString(C.call_nvrtcGetErrorString(code)), Detail: log}
}
