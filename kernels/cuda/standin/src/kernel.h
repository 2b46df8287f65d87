// Included before a .cu file that g++ compiles: CUDA's words, and what runs a
// block's threads one after another. A thread is a fiber with a stack of its
// own; it runs until it waits at a barrier. All threads of a block, or of a warp,
// have to arrive at the same kind of barrier, else the launch fails.
//
// Shared memory is static, since blocks run one by one, and holds NaN when a
// block begins. It is declared in kernels: g++ gives what templates declare no
// section. __CUDA_ARCH__ is not defined: inline PTX is left out, and what it does is
// in async.h, warp.h and warpgroup.h.
#pragma once
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <tuple>
#include <ucontext.h>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static __attribute__((section("shared_memory")))

struct dim3 {
	unsigned x, y, z;
};
static dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace standin {

// Copy is one to shared memory that a thread has begun; Copies are those that it has
// not waited for, and where among them its groups end.
struct Copy {
	float *to;
	const float *from; // nullptr for 0
	int count;
};
struct Copies {
	std::vector<Copy> list;
	std::vector<size_t> ends;
	void clear() {
		list.clear();
		ends.clear();
	}
};

// Product is one of a warpgroup that its thread has begun, by its factors' descriptors,
// and a mark of what they were. Products are those that it has not waited for, where
// groups end, and where the sums that they have so far belong.
struct Product {
	uint64_t a, b, mark;
};
struct Products {
	std::vector<Product> list;
	std::vector<size_t> ends;
	std::vector<float> sums;
	float *to = nullptr;
	bool begun = false; // since sums were waited for
	void clear() {
		list.clear();
		ends.clear();
		to = nullptr;
		begun = false;
	}
};

enum State { ready, at_block, at_warp, done };

struct Fiber {
	jmp_buf at;
	ucontext_t entry;
	char *stack = nullptr;
	bool started;
	State state;
	unsigned thread;
	// What the thread shows its warp, by turns; see warp.h.
	unsigned turn;
	int kind[2];
	uint32_t shown[2][6];
	Copies copies;
	Products products;
	bool publishes; // since the last barrier
};

constexpr size_t stack_bytes = 256 << 10;
static std::vector<Fiber *> fibers;
static Fiber *current;
static jmp_buf scheduler;
static void (*body)(const void *);
static const void *arguments;

// pause hands over to the scheduler until the fiber may go on.
__attribute__((noinline)) static void pause(State s) {
	current->state = s;
	asm volatile("" ::: "memory");
	if (!_setjmp(current->at))
		_longjmp(scheduler, 1);
	asm volatile("" ::: "memory");
}

// life of a fiber: one thread after another.
static void life() {
	for (;;) {
		body(arguments);
		pause(done);
	}
}

// resume runs a fiber until it pauses.
__attribute__((noinline)) static void resume(Fiber *f) {
	current = f;
	threadIdx = {f->thread, 0, 0};
	if (_setjmp(scheduler))
		return;
	if (f->started)
		_longjmp(f->at, 1);
	f->started = true;
	getcontext(&f->entry);
	f->entry.uc_stack.ss_sp = f->stack;
	f->entry.uc_stack.ss_size = stack_bytes;
	makecontext(&f->entry, life, 0);
	setcontext(&f->entry);
}

// all tells whether all of the fibers [from, to) are in a state.
static bool all(unsigned from, unsigned to, State s) {
	for (unsigned i = from; i < to; i++)
		if (fibers[i]->state != s)
			return false;
	return true;
}

// release makes the fibers [from, to) ready if all wait at one barrier.
static bool release(unsigned from, unsigned to, State s) {
	if (!all(from, to, s))
		return false;
	for (unsigned i = from; i < to; i++)
		fibers[i]->state = ready;
	return true;
}

extern "C" {
extern uint32_t __start_shared_memory[] __attribute__((weak));
extern uint32_t __stop_shared_memory[] __attribute__((weak));
}

// shared_start is where addresses of shared memory count from.
static char *shared_start() { return reinterpret_cast<char *>(reinterpret_cast<uintptr_t>(__start_shared_memory) & ~uintptr_t(1023)); }

// published is shared memory as a warpgroup's products see it, empty until it was
// published for the first time.
static std::vector<char> published;

// publish does so at a barrier if all threads have asked for it.
static void publish(unsigned threads) {
	bool all = true;
	for (unsigned i = 0; i < threads; i++) {
		all &= fibers[i]->publishes;
		fibers[i]->publishes = false;
	}
	if (all)
		published.assign(shared_start(), reinterpret_cast<char *>(__stop_shared_memory));
}

// run_block runs one block, and tells whether its threads agreed at barriers.
static bool run_block() {
	for (uint32_t *p = __start_shared_memory; p != __stop_shared_memory; p++)
		*p = 0x7fc00000;
	published.clear();
	unsigned n = blockDim.x;
	for (unsigned i = 0; i < n; i++) {
		fibers[i]->state = ready;
		fibers[i]->copies.clear();
		fibers[i]->products.clear();
		fibers[i]->publishes = false;
	}
	while (!all(0, n, done)) {
		bool moved = false;
		for (unsigned i = 0; i < n; i++)
			if (fibers[i]->state == ready) {
				resume(fibers[i]);
				moved = true;
			}
		for (unsigned i = 0; i < n; i += 32)
			moved |= release(i, i + 32 < n ? i + 32 : n, at_warp);
		if (release(0, n, at_block)) {
			publish(n);
			moved = true;
		}
		if (!moved)
			return false;
	}
	return true;
}

// take reads the next argument, at its natural alignment.
template <class T> T take(const char *args, size_t &at) {
	T value;
	at = (at + alignof(T) - 1) / alignof(T) * alignof(T);
	memcpy(&value, args + at, sizeof value);
	at += sizeof value;
	return value;
}

template <class... A> std::tuple<A...> unpack(const char *args, size_t &at) { return std::tuple<A...>{take<A>(args, at)...}; }

template <class F, F f> struct Kernel;
template <class... A, void (*f)(A...)> struct Kernel<void (*)(A...), f> {
	static auto read(const char *args, size_t &at) { return std::make_unique<const std::tuple<A...>>(unpack<A...>(args, at)); }
	static void call(const void *values) { std::apply(f, *static_cast<const std::tuple<A...> *>(values)); }
	static size_t bytes() {
		static const char zeros[4096] = {};
		size_t at = 0;
		read(zeros, at);
		return at;
	}
};

// launch runs a grid and returns the driver's code.
template <class K> int launch(const char *name, dim3 grid, unsigned threads, const char *args, size_t bytes) {
	if (bytes != K::bytes()) {
		fprintf(stderr, "stand-in: %s got %zu bytes of arguments, wants %zu\n", name, bytes, K::bytes());
		return 1; // CUDA_ERROR_INVALID_VALUE
	}
	while (fibers.size() < threads) {
		Fiber *f = new Fiber();
		f->thread = fibers.size();
		f->stack = static_cast<char *>(malloc(stack_bytes));
		fibers.push_back(f);
	}
	size_t at = 0;
	const auto values = K::read(args, at); // once, not for every thread
	body = K::call;
	arguments = values.get();
	gridDim = grid;
	blockDim = {threads, 1, 1};
	static bool backwards = false; // every second time, since blocks come in any order
	backwards = !backwards;
	const uint64_t blocks = uint64_t(grid.x) * grid.y * grid.z;
	for (uint64_t i = 0; i < blocks; i++) {
		uint64_t index = backwards ? blocks - 1 - i : i;
		blockIdx = {unsigned(index % grid.x), unsigned(index / grid.x % grid.y), unsigned(index / grid.x / grid.y)};
		if (!run_block()) {
			fprintf(stderr, "stand-in: %s: threads of block (%u, %u, %u) diverge at a barrier\n", name, blockIdx.x, blockIdx.y, blockIdx.z);
			return 719; // CUDA_ERROR_LAUNCH_FAILED
		}
	}
	return 0;
}

} // namespace standin

// STANDIN_KERNEL exports a kernel, which takes blocks of so many threads at most; the
// compiler adds one for each.
#define STANDIN_KERNEL(name, most) \
	extern "C" int standin_launch_##name(dim3 grid, unsigned threads, const char *args, size_t bytes) { \
		if (threads > most) \
			return 1; /* CUDA_ERROR_INVALID_VALUE */ \
		return standin::launch<standin::Kernel<decltype(&name), &name>>(#name, grid, threads, args, bytes); \
	}

inline void __syncthreads() { standin::pause(standin::at_block); }
inline void __syncwarp(unsigned = ~0u) { standin::pause(standin::at_warp); }

template <class To, class From> To standin_bits(From v) {
	To to;
	memcpy(&to, &v, sizeof to);
	return to;
}
inline float __uint_as_float(unsigned v) { return standin_bits<float>(v); }
inline float __fmul_rn(float a, float b) {
	volatile float product = a * b; // a sum that follows is not rounded with it
	return product;
}
inline unsigned __float_as_uint(float v) { return standin_bits<unsigned>(v); }

inline unsigned __umulhi(unsigned a, unsigned b) { return uint64_t(a) * b >> 32; }

inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }

namespace standin {

// fault ends the program: on a GPU the result would be undefined.
[[noreturn]] inline void fault(const char *text) {
	fprintf(stderr, "stand-in: %s\n", text);
	abort();
}

} // namespace standin

#include "async.h"
#include "warp.h"
#include "warpgroup.h"
