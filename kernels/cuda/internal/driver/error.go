package driver

import (
	"fmt"
	"strings"
)

// Error is a call that failed.
type Error struct {
	Call   string // as the vendor names it, such as "cuMemAlloc"
	Code   int
	Name   string // of the code, such as "CUDA_ERROR_OUT_OF_MEMORY"
	Detail string // the library's words
}

// Codes that callers tell apart.
const (
	codeOutOfMemory = 2
	codeNoDevice    = 100
)

// advice says what to do about a code.
var advice = map[string]string{
	"CUDA_ERROR_OUT_OF_MEMORY":              "take a smaller batch, or end other programs that use the GPU",
	"CUDA_ERROR_NO_DEVICE":                  "no GPU is visible: see nvidia-smi and CUDA_VISIBLE_DEVICES",
	"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH":     "the driver's library and its kernel module differ: restart the machine",
	"CUDA_ERROR_SYSTEM_NOT_READY":           "the GPU is not ready: see nvidia-smi; on machines with NVSwitch start nvidia-fabricmanager",
	"CUDA_ERROR_DEVICE_UNAVAILABLE":         "another program has the GPU for itself: see nvidia-smi",
	"CUDA_ERROR_NO_BINARY_FOR_GPU":          "the compiler found does not know this GPU: install a newer CUDA toolkit",
	"CUDA_ERROR_INVALID_IMAGE":              "the driver does not take the machine code of the compiler found: update the driver",
	"CUDA_ERROR_ECC_UNCORRECTABLE":          "the GPU's memory is faulty: see nvidia-smi",
	"CUDA_ERROR_ILLEGAL_ADDRESS":            "a fault of this program or of the GPU; the run has to be started again from its last checkpoint",
	"CUDA_ERROR_LAUNCH_FAILED":              "a fault of this program or of the GPU; the run has to be started again from its last checkpoint",
	"CUDA_ERROR_LAUNCH_TIMEOUT":             "a GPU that also drives a screen stops long work: use another one",
	"CUDA_ERROR_CONTEXT_IS_DESTROYED":       "the GPU was reset: start the run again from its last checkpoint",
	"NVRTC_ERROR_INVALID_OPTION":            "the compiler found does not know this GPU: install a newer CUDA toolkit",
	"NVRTC_ERROR_BUILTIN_OPERATION_FAILURE": "libnvrtc-builtins of the same version has to lie beside libnvrtc",
}

// Error names the call, the code and what to do.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s (%d)", e.Call, e.Name, e.Code)
	if e.Detail != "" {
		text += ": " + strings.TrimSpace(e.Detail)
	}
	if a := advice[e.Name]; a != "" {
		text += "; " + a
	}
	return text
}

// OutOfMemory tells whether the device had too little memory.
func (e *Error) OutOfMemory() bool {
	return e.Code == codeOutOfMemory && !strings.HasPrefix(e.Call, "nvrtc")
}

// Is tells whether the error is [ErrNoDevice] in the driver's words.
func (e *Error) Is(target error) bool {
	return target == ErrNoDevice && e.Code == codeNoDevice && !strings.HasPrefix(e.Call, "nvrtc")
}

// NotFound is a library that could not be opened.
type NotFound struct {
	Library string // "libcuda.so.1"
	What    string // "the NVIDIA driver"
	Advice  string
	Reasons []string // the loader's, for each file that was there but did not open
}

// Error names the library and what to do.
func (e *NotFound) Error() string {
	text := fmt.Sprintf("%s: %s cannot be opened", e.What, e.Library)
	if len(e.Reasons) > 0 {
		text += " (" + strings.Join(e.Reasons, "; ") + ")"
	}
	return text + "; " + e.Advice
}
