// A CUDA driver without a GPU: device memory is host memory, work is done before
// the call returns, and kernels are shared libraries that g++ made of the .cu
// files. Only copies arrive as late as a device may have them arrive: those to the
// host when it waits, those to the device when a wait or their stream asks for
// them. It refuses calls without a context, unknown addresses and copies beyond an
// allocation. STANDIN_MEMORY sets the size of its memory in bytes. Once there is a
// file that STANDIN_LOST names, the device is lost: every call fails, with the code
// in the file or that of a failed launch. The names of kernels are appended to the
// file that STANDIN_LAUNCHES names as they are launched.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "stream.h"

namespace {

enum Code { ok = 0, invalid_value = 1, out_of_memory = 2, no_device = 100, invalid_image = 200, invalid_context = 201, not_found = 500, launch_failed = 719 };

struct dim3 {
	unsigned x, y, z;
};
using Launch = int (*)(dim3, unsigned, const char *, size_t);

std::mutex mutex;
std::map<uintptr_t, size_t> allocations;
size_t used;
thread_local void *current;

// arrivals are copies to the host that nothing has waited for yet.
struct Arrival {
	void *to;
	std::vector<char> bytes;
};
std::vector<Arrival> arrivals;

// kernels are the names of functions.
std::map<void *, std::string> kernels;

void log_launch(void *function) {
	const char *path = getenv("STANDIN_LAUNCHES");
	if (!path)
		return;
	if (FILE *f = fopen(path, "a")) {
		fprintf(f, "%s\n", kernels[function].c_str());
		fclose(f);
	}
}

void arrive() {
	for (auto &a : arrivals)
		memcpy(a.to, a.bytes.data(), a.bytes.size());
	arrivals.clear();
}

size_t total() {
	const char *v = getenv("STANDIN_MEMORY");
	return v ? strtoull(v, nullptr, 10) : size_t(8) << 30;
}

// lost is the code of a lost device, 0 while there is none. No further call succeeds.
int lost() {
	static int code;
	const char *path = getenv("STANDIN_LOST");
	if (!path)
		return code = 0; // another test's device
	if (code)
		return code;
	if (FILE *f = fopen(path, "r")) {
		if (fscanf(f, "%d", &code) != 1)
			code = launch_failed;
		fclose(f);
	}
	return code;
}

// inside tells whether bytes from p on belong to one allocation.
bool inside(uintptr_t p, size_t bytes) {
	auto next = allocations.upper_bound(p);
	if (next == allocations.begin())
		return false;
	--next;
	return p + bytes <= next->first + next->second;
}

} // namespace

#define ENTER \
	if (!current) \
		return invalid_context; \
	std::lock_guard<std::mutex> lock(mutex); \
	if (int code = lost()) \
		return code;

// ENTER_UNSAFE is for calls that may do work of their own on the device.
#define ENTER_UNSAFE \
	ENTER \
	if (int code = forbidden(nullptr)) \
		return code;

extern "C" {

int cuInit(unsigned) { return ok; }
int cuDriverGetVersion(int *v) { return *v = 12040, ok; }
int cuDeviceGetCount(int *n) { return *n = getenv("STANDIN_NO_DEVICE") ? 0 : 1, ok; }
int cuDeviceGet(int *d, int i) { return *d = i, i ? no_device : ok; }
int cuDeviceGetName(char *name, int size, int) { return snprintf(name, size, "stand-in"), ok; }
int cuDeviceTotalMem_v2(size_t *bytes, int) { return *bytes = total(), ok; }
int cuDeviceGetAttribute(int *v, int attribute, int) {
	switch (attribute) {
	case 16: // multiprocessors
		return *v = 2, ok;
	case 75: // compute capability
		return *v = 9, ok;
	case 76:
		return *v = 0, ok;
	}
	return invalid_value;
}
int cuDevicePrimaryCtxRetain(void **context, int) { return *context = &mutex, ok; }
int cuCtxSetCurrent(void *context) { return current = context, ok; }
int cuGetErrorName(int code, const char **name) {
	static const std::map<int, const char *> names = {
		{invalid_value, "CUDA_ERROR_INVALID_VALUE"}, {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY"}, {no_device, "CUDA_ERROR_NO_DEVICE"},
		{invalid_image, "CUDA_ERROR_INVALID_IMAGE"}, {invalid_context, "CUDA_ERROR_INVALID_CONTEXT"}, {not_found, "CUDA_ERROR_NOT_FOUND"},
		{214, "CUDA_ERROR_ECC_UNCORRECTABLE"}, {launch_failed, "CUDA_ERROR_LAUNCH_FAILED"},
		{illegal_state, "CUDA_ERROR_ILLEGAL_STATE"}, {capture_unsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
		{capture_invalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"}, {captured_event, "CUDA_ERROR_CAPTURED_EVENT"},
		{capture_isolation, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION"}};
	auto it = names.find(code);
	return it == names.end() ? invalid_value : (*name = it->second, ok);
}
int cuGetErrorString(int, const char **text) { return *text = "said by the stand-in", ok; }

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
	ENTER_UNSAFE
	if (used + bytes > total())
		return out_of_memory;
	void *p = aligned_alloc(256, (bytes + 255) / 256 * 256);
	if (!p)
		return out_of_memory;
	memset(p, 0xff, bytes); // NaN
	allocations[*address = reinterpret_cast<uintptr_t>(p)] = bytes;
	used += bytes;
	return ok;
}
int cuMemFree_v2(uint64_t address) {
	ENTER_UNSAFE
	auto it = allocations.find(address);
	if (it == allocations.end())
		return invalid_value;
	used -= it->second;
	free(reinterpret_cast<void *>(address));
	allocations.erase(it);
	return ok;
}
int cuMemGetInfo_v2(size_t *free, size_t *all) {
	ENTER
	return *free = total() - used, *all = total(), ok;
}
int cuMemHostAlloc(void **address, size_t bytes, unsigned) {
	ENTER_UNSAFE
	return (*address = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096)) ? ok : out_of_memory;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *stream) {
	ENTER
	if (!inside(to, bytes))
		return invalid_value;
	return copy_in(stream, {to, from, bytes});
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *stream) {
	ENTER
	return submit(stream, [=] {
		if (!inside(from, bytes))
			return invalid_value;
		const char *p = reinterpret_cast<const char *>(from);
		arrivals.push_back({to, {p, p + bytes}});
		memset(to, 0xff, bytes); // NaN
		return ok;
	});
}

int cuStreamCreate(void **stream, unsigned) {
	ENTER
	return *stream = new Stream(), ok;
}
int cuStreamDestroy_v2(void *stream) {
	ENTER
	return finish(stream), ok; // it stays, since events may name it
}
int cuStreamSynchronize(void *stream) {
	ENTER
	if (int code = forbidden(stream))
		return code;
	finish(stream);
	arrive();
	return ok;
}
int cuStreamWaitEvent(void *stream, void *event, unsigned) {
	ENTER
	return wait_for(stream, static_cast<Event *>(event));
}
int cuStreamBeginCapture_v2(void *stream, int mode) {
	ENTER
	return begin_capture(stream, mode);
}
int cuStreamEndCapture(void *stream, Graph **graph) {
	ENTER
	return end_capture(stream, graph);
}
int cuGraphInstantiateWithFlags(Graph **exec, Graph *graph, unsigned long long) {
	ENTER
	return *exec = new Graph(*graph), ok;
}
int cuGraphLaunch(Graph *exec, void *stream) {
	ENTER
	return launch_graph(exec, stream);
}
int cuGraphDestroy(Graph *graph) {
	ENTER
	return delete graph, ok;
}
int cuGraphExecDestroy(Graph *exec) {
	ENTER
	return delete exec, ok;
}

// standin_submit is for other stand-ins, whose libraries queue work.
int standin_submit(void *stream, const Work &work) {
	ENTER
	return submit(stream, work);
}

int cuEventCreate(void **event, unsigned) {
	ENTER
	return *event = new Event(), ok;
}
int cuEventRecord(void *event, void *stream) {
	ENTER
	return record(static_cast<Event *>(event), stream), ok;
}
int cuEventSynchronize(void *event) {
	ENTER
	if (static_cast<Event *>(event)->captured)
		return captured_event;
	finish(static_cast<Event *>(event));
	arrive();
	return ok;
}
int cuEventElapsedTime(float *ms, void *start, void *end) {
	ENTER
	std::chrono::duration<float, std::milli> passed = static_cast<Event *>(end)->time - static_cast<Event *>(start)->time;
	return *ms = passed.count(), ok;
}

// An image is the number of bytes of a shared library, and the library.
int cuModuleLoadData(void **module, const void *image) {
	ENTER
	uint64_t bytes;
	memcpy(&bytes, image, sizeof bytes);
	int file = memfd_create("kernels", 0);
	const char *from = static_cast<const char *>(image) + sizeof bytes;
	for (uint64_t at = 0; at < bytes;) {
		ssize_t n = write(file, from + at, bytes - at);
		if (n <= 0)
			return invalid_image;
		at += n;
	}
	*module = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW);
	if (!*module)
		fprintf(stderr, "stand-in: %s\n", dlerror());
	return *module ? ok : invalid_image;
}
int cuModuleGetFunction(void **function, void *module, const char *name) {
	ENTER
	if (!(*function = dlsym(module, (std::string("standin_launch_") + name).c_str())))
		return not_found;
	return kernels[*function] = name, ok;
}
int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned, void *stream,
	void **, void **extra) {
	ENTER
	if (!gx || !gy || !gz || !bx || by != 1 || bz != 1 || bx > 1024 || gx > 0x7fffffff || gy > 65535 || gz > 65535)
		return invalid_value;
	const char *args = static_cast<const char *>(extra[1]);
	std::vector<char> copy(args, args + *static_cast<size_t *>(extra[3]));
	return submit(stream, [=] {
		log_launch(function);
		return reinterpret_cast<Launch>(function)({gx, gy, gz}, bx, copy.data(), copy.size());
	});
}
}
