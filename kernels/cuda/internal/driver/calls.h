// Prototypes of the CUDA driver and of NVRTC, written from their documentation,
// so that building needs no toolkit. With CUDA_VENDOR defined they use the types of the
// vendor's headers, which have to be included first: that is how a test compares them.
// Each list makes a field of a table, which is filled at run time, and a function that
// calls it; functions of the second and third list take the context to work in first,
// since goroutines change threads. Those of the third list may be missing.

#include <stddef.h>

#ifndef CUDA_VENDOR
typedef int CUresult, CUdevice, CUdevice_attribute, CUstreamCaptureMode, nvrtcResult;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;
typedef struct _nvrtcProgram *nvrtcProgram;
#endif

#define DEVICE_CALLS(X) \
	X(CUresult, cuInit, (unsigned flags), (flags)) \
	X(CUresult, cuDriverGetVersion, (int *version), (version)) \
	X(CUresult, cuDeviceGetCount, (int *count), (count)) \
	X(CUresult, cuDeviceGet, (CUdevice *device, int index), (device, index)) \
	X(CUresult, cuDeviceGetName, (char *name, int size, CUdevice device), (name, size, device)) \
	X(CUresult, cuDeviceGetAttribute, (int *value, CUdevice_attribute attribute, CUdevice device), (value, attribute, device)) \
	X(CUresult, cuDeviceTotalMem_v2, (size_t *bytes, CUdevice device), (bytes, device)) \
	X(CUresult, cuDevicePrimaryCtxRetain, (CUcontext *context, CUdevice device), (context, device)) \
	X(CUresult, cuCtxSetCurrent, (CUcontext context), (context)) \
	X(CUresult, cuGetErrorName, (CUresult code, const char **text), (code, text)) \
	X(CUresult, cuGetErrorString, (CUresult code, const char **text), (code, text))

#define CONTEXT_CALLS(X) \
	X(cuMemAlloc_v2, (CUdeviceptr *address, size_t bytes), (address, bytes)) \
	X(cuMemFree_v2, (CUdeviceptr address), (address)) \
	X(cuMemGetInfo_v2, (size_t *free, size_t *total), (free, total)) \
	X(cuMemHostAlloc, (void **address, size_t bytes, unsigned flags), (address, bytes, flags)) \
	X(cuMemcpyHtoDAsync_v2, (CUdeviceptr to, const void *from, size_t bytes, CUstream stream), (to, from, bytes, stream)) \
	X(cuMemcpyDtoHAsync_v2, (void *to, CUdeviceptr from, size_t bytes, CUstream stream), (to, from, bytes, stream)) \
	X(cuStreamCreate, (CUstream *stream, unsigned flags), (stream, flags)) \
	X(cuStreamDestroy_v2, (CUstream stream), (stream)) \
	X(cuStreamSynchronize, (CUstream stream), (stream)) \
	X(cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags), (stream, event, flags)) \
	X(cuEventCreate, (CUevent *event, unsigned flags), (event, flags)) \
	X(cuEventRecord, (CUevent event, CUstream stream), (event, stream)) \
	X(cuEventSynchronize, (CUevent event), (event)) \
	X(cuEventElapsedTime, (float *milliseconds, CUevent start, CUevent end), (milliseconds, start, end)) \
	X(cuModuleLoadData, (CUmodule *module, const void *image), (module, image)) \
	X(cuModuleGetFunction, (CUfunction *function, CUmodule module, const char *name), (function, module, name)) \
	X(cuLaunchKernel, (CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, \
		unsigned shared, CUstream stream, void **params, void **extra), (function, gx, gy, gz, bx, by, bz, shared, stream, params, extra))

#define GRAPH_CALLS(X) \
	X(cuStreamBeginCapture_v2, (CUstream stream, CUstreamCaptureMode mode), (stream, mode)) \
	X(cuStreamEndCapture, (CUstream stream, CUgraph *graph), (stream, graph)) \
	X(cuGraphInstantiateWithFlags, (CUgraphExec *exec, CUgraph graph, unsigned long long flags), (exec, graph, flags)) \
	X(cuGraphLaunch, (CUgraphExec exec, CUstream stream), (exec, stream)) \
	X(cuGraphDestroy, (CUgraph graph), (graph)) \
	X(cuGraphExecDestroy, (CUgraphExec exec), (exec))

#define COMPILER_CALLS(X) \
	X(nvrtcResult, nvrtcVersion, (int *major, int *minor), (major, minor)) \
	X(nvrtcResult, nvrtcCreateProgram, (nvrtcProgram *program, const char *source, const char *name, int count, \
		const char *const *headers, const char *const *names), (program, source, name, count, headers, names)) \
	X(nvrtcResult, nvrtcCompileProgram, (nvrtcProgram program, int count, const char *const *options), (program, count, options)) \
	X(nvrtcResult, nvrtcGetProgramLogSize, (nvrtcProgram program, size_t *bytes), (program, bytes)) \
	X(nvrtcResult, nvrtcGetProgramLog, (nvrtcProgram program, char *log), (program, log)) \
	X(nvrtcResult, nvrtcGetCUBINSize, (nvrtcProgram program, size_t *bytes), (program, bytes)) \
	X(nvrtcResult, nvrtcGetCUBIN, (nvrtcProgram program, char *image), (program, image)) \
	X(nvrtcResult, nvrtcDestroyProgram, (nvrtcProgram *program), (program)) \
	X(const char *, nvrtcGetErrorString, (nvrtcResult code), (code))

#define FIELD(type, name, params, args) type(*name) params;
#define CONTEXT_FIELD(name, params, args) CUresult(*name) params;
struct calls {
	DEVICE_CALLS(FIELD)
	CONTEXT_CALLS(CONTEXT_FIELD)
	GRAPH_CALLS(CONTEXT_FIELD)
	COMPILER_CALLS(FIELD)
};
extern struct calls calls;

// enter makes a context the calling thread's.
CUresult enter(CUcontext context);

#define CALL(type, name, params, args) \
	static inline type call_##name params { return calls.name args; }
#define LIST(...) __VA_ARGS__
#define CONTEXT_CALL(name, params, args) \
	static inline CUresult call_##name(CUcontext context, LIST params) { \
		CUresult failed = enter(context); \
		return failed ? failed : calls.name args; \
	}
DEVICE_CALLS(CALL)
CONTEXT_CALLS(CONTEXT_CALL)
GRAPH_CALLS(CONTEXT_CALL)
COMPILER_CALLS(CALL)

// open_library opens a shared library, or returns 0 and the loader's reason,
// which the caller frees.
void *open_library(const char *path, char **reason);

// library_path is the file that a symbol of a library was loaded from.
const char *library_path(void *library, const char *symbol);

// fill_driver, fill_graphs and fill_compiler look the functions up, and return the
// name of one that is missing, or 0.
const char *fill_driver(void *library);
const char *fill_graphs(void *library);
const char *fill_compiler(void *library);

// launch starts a kernel with its arguments in one run of bytes.
CUresult launch(CUcontext context, CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned threads,
	CUstream stream, void *args, size_t bytes);
