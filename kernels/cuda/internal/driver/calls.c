//go:build linux && cgo && !nocuda

#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#include "calls.h"

struct calls calls;

static _Thread_local CUcontext current;

CUresult enter(CUcontext context) {
	if (current == context)
		return 0;
	CUresult failed = calls.cuCtxSetCurrent(context);
	if (!failed)
		current = context;
	return failed;
}

void *open_library(const char *path, char **reason) {
	void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	*reason = library ? 0 : strdup(dlerror());
	return library;
}

const char *library_path(void *library, const char *symbol) {
	Dl_info info;
	void *address = dlsym(library, symbol);
	return address && dladdr(address, &info) ? info.dli_fname : "";
}

#define LOOK_UP(name) \
	if (!(*(void **)&calls.name = dlsym(library, #name))) \
		return #name;
#define FILL(type, name, params, args) LOOK_UP(name)
#define CONTEXT_FILL(name, params, args) LOOK_UP(name)

const char *fill_driver(void *library) {
	DEVICE_CALLS(FILL)
	CONTEXT_CALLS(CONTEXT_FILL)
	return 0;
}

const char *fill_graphs(void *library) {
	GRAPH_CALLS(CONTEXT_FILL)
	return 0;
}

const char *fill_compiler(void *library) {
	COMPILER_CALLS(FILL)
	return 0;
}

CUresult launch(CUcontext context, CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned threads,
	CUstream stream, void *args, size_t bytes) {
	// CU_LAUNCH_PARAM_BUFFER_POINTER, _SIZE and _END.
	void *extra[] = {(void *)1, args, (void *)2, &bytes, 0};
	return call_cuLaunchKernel(context, function, gx, gy, gz, threads, 1, 1, 0, stream, 0, extra);
}
