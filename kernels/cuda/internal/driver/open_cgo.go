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
	"errors"
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

// cuda is the driver and the compiler.
type cuda struct {
	version, compiler int // as 1000·major + 10·minor
	libraries         []Library
}

// Open opens driver and compiler, once in a process. Errors say what is missing
// and what to do.
func Open() (Driver, error) {
	c, err := opened()
	if err != nil {
		return nil, err
	}
	return c, nil
}

var opened = sync.OnceValues(open)

func open() (*cuda, error) {
	c := new(cuda)
	dirs := folders(os.Getenv)
	lib, err := openLibrary(candidates(dirs, driverNames), &NotFound{
		Library: driverNames[0], What: "no CUDA driver",
		Advice: "install the NVIDIA driver, or compute on the processor",
	})
	if err != nil {
		return nil, err
	}
	if missing := C.fill_driver(lib); missing != nil {
		return nil, fmt.Errorf("the CUDA driver has no %s; install a newer NVIDIA driver", C.GoString(missing))
	}
	if err := check("cuInit", C.call_cuInit(0)); err != nil {
		return nil, err
	}
	var version C.int
	if err := check("cuDriverGetVersion", C.call_cuDriverGetVersion(&version)); err != nil {
		return nil, err
	}
	c.version = int(version)
	c.add("driver", lib, "cuInit", c.Version())
	return c, c.openCompiler(dirs)
}

// openCompiler opens NVRTC, and before it the library that it needs and finds on
// the loader's path only.
func (c *cuda) openCompiler(dirs []string) error {
	files := candidates(dirs, compilerNames)
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
		return err
	}
	if missing := C.fill_compiler(lib); missing != nil {
		return fmt.Errorf("NVRTC has no %s; install CUDA 11.2 or newer", C.GoString(missing))
	}
	var major, minor C.int
	if err := checkCompiler("nvrtcVersion", C.call_nvrtcVersion(&major, &minor), ""); err != nil {
		return err
	}
	c.compiler = 1000*int(major) + 10*int(minor)
	c.add("NVRTC", lib, "nvrtcVersion", c.Compiler())
	return nil
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

func (c *cuda) add(name string, lib unsafe.Pointer, symbol, version string) {
	s := C.CString(symbol)
	defer C.free(unsafe.Pointer(s))
	c.libraries = append(c.libraries, Library{Name: name, Path: C.GoString(C.library_path(lib, s)), Version: version})
}

func versionText(v int) string { return fmt.Sprintf("%d.%d", v/1000, v%1000/10) }

func (c *cuda) Version() string      { return versionText(c.version) }
func (c *cuda) Compiler() string     { return versionText(c.compiler) }
func (c *cuda) Libraries() []Library { return c.libraries }

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

// errNoDevice is the error of a driver that sees no GPU.
var errNoDevice = errors.New("the driver sees no GPU: see nvidia-smi and CUDA_VISIBLE_DEVICES")
