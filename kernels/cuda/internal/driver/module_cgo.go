//go:build linux && cgo && !nocuda

package driver

/*
#include <stdlib.h>
#include "calls.h"
*/
import "C"

import "unsafe"

// Compile translates a program to machine code.
func (c *compiler) Compile(name, source string, headers map[string]string, options []string) (image []byte, remarks string, err error) {
	var strings cStrings
	defer strings.free()
	var texts, names []string
	for n, text := range headers {
		texts, names = append(texts, text), append(names, n)
	}
	var program C.nvrtcProgram
	code := C.call_nvrtcCreateProgram(&program, strings.one(source), strings.one(name), C.int(len(headers)), strings.list(texts), strings.list(names))
	if err := checkCompiler("nvrtcCreateProgram", code, name); err != nil {
		return nil, "", err
	}
	defer C.call_nvrtcDestroyProgram(&program)
	if code := C.call_nvrtcCompileProgram(program, C.int(len(options)), strings.list(options)); code != 0 {
		return nil, "", checkCompiler("nvrtcCompileProgram "+name, code, compileLog(program))
	}
	var size C.size_t
	if err := checkCompiler("nvrtcGetCUBINSize", C.call_nvrtcGetCUBINSize(program, &size), name); err != nil {
		return nil, "", err
	}
	image = make([]byte, size)
	return image, compileLog(program), checkCompiler("nvrtcGetCUBIN", C.call_nvrtcGetCUBIN(program, (*C.char)(unsafe.Pointer(unsafe.SliceData(image)))), name)
}

// compileLog is what the compiler said.
func compileLog(program C.nvrtcProgram) string {
	var size C.size_t
	if C.call_nvrtcGetProgramLogSize(program, &size) != 0 || size == 0 {
		return ""
	}
	log := make([]byte, size)
	if C.call_nvrtcGetProgramLog(program, (*C.char)(unsafe.Pointer(unsafe.SliceData(log)))) != 0 {
		return ""
	}
	return string(log[:size-1]) // without the final 0
}

// cStrings are C strings to be freed together.
type cStrings []unsafe.Pointer

func (c *cStrings) one(s string) *C.char {
	p := C.CString(s)
	*c = append(*c, unsafe.Pointer(p))
	return p
}

// list is an array of C strings, itself in C's memory; nil for none.
func (c *cStrings) list(texts []string) **C.char {
	if len(texts) == 0 {
		return nil
	}
	array := C.malloc(C.size_t(len(texts)) * C.size_t(unsafe.Sizeof(uintptr(0))))
	*c = append(*c, array)
	pointers := unsafe.Slice((**C.char)(array), len(texts))
	for i, text := range texts {
		pointers[i] = c.one(text)
	}
	return (**C.char)(array)
}

func (c *cStrings) free() {
	for _, p := range *c {
		C.free(p)
	}
}

// module is a loaded image.
type module struct {
	context *context
	handle  C.CUmodule
}

func (c *context) Load(image []byte) (Module, error) {
	m := &module{context: c}
	return m, check("cuModuleLoadData", C.call_cuModuleLoadData(c.handle, &m.handle, unsafe.Pointer(unsafe.SliceData(image))))
}

// function is a kernel.
type function struct {
	name   string
	handle C.CUfunction
}

func (f *function) Name() string { return f.name }

func (m *module) Function(name string) (Function, error) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	f := &function{name: name}
	return f, check("cuModuleGetFunction "+name, C.call_cuModuleGetFunction(m.context.handle, &f.handle, m.handle, s))
}
