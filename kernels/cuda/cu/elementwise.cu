// Functions of one and two values, copies and fills, many of them in one launch.
#include "common.cuh"
#include "groups.cuh"

// FewValues are as many as an upload has without a copy.
struct FewValues {
	unsigned n;
	float at[512];
};

// put stores values that travel with the launch.
extern "C" __global__ void put(float *y, const FewValues values) {
	for (unsigned i = threadIdx.x; i < values.n; i += blockDim.x)
		y[i] = values.at[i];
}

// Walk is how several axes are walked: their sizes and two operands' strides, of
// which 0 repeats a value.
struct Walk {
	int count;
	int size[8];
	int p[8];
	int q[8];
};

// Step computes y[i] = f(p[i], q[i]) for i < n. Without p or q the value is the
// thread's result of the step before; without y nobody but the next step needs it.
struct Step {
	float *y;
	const float *p, *q;
	float a, b; // f's parameters
	unsigned n;
	unsigned p_stride, q_stride; // 0 repeats a value
	unsigned char op;
	signed char walk;      // its index, instead of the strides; -1: none
	unsigned char barrier; // whether threads read what others wrote in steps before
};

// Job is a row of steps, for which the blocks from block on have a thread for every
// index: what a step makes of its index the next ones find there.
struct Job {
	unsigned short begin, end; // of its steps
	unsigned block;
};

struct Steps {
	Step step[56];
	Walk walk[10];
};

// width is how many values a thread computes at once, so that finding out what to do
// with them is spread over several.
constexpr int width = 4;

__device__ __forceinline__ float sign(float v) { return v > 0 ? 1 : v < 0 ? -1 : v; }

__device__ __forceinline__ float sigmoid(float v) {
	float e = expf(-fabsf(v)); // never beyond the range
	return (v < 0 ? e : 1) / (1 + e);
}

template <class F> __device__ __forceinline__ void map(float (&p)[width], const float (&q)[width], F f) {
#pragma unroll
	for (int k = 0; k < width; k++)
		p[k] = f(p[k], q[k]);
}

// compute sets p to f(p, q). Functions are numbered as kernels.UnaryOp does, from 12
// on as kernels.BinaryOp, and what is neither follows.
__device__ __forceinline__ void compute(int op, float a, float b, float (&p)[width], const float (&q)[width]) {
	switch (op) {
	case 0: // affine
		return map(p, q, [=](float x, float) { return a * x + b; });
	case 1: // abs
		return map(p, q, [](float x, float) { return fabsf(x); });
	case 2: // sign
		return map(p, q, [](float x, float) { return sign(x); });
	case 3: // square
		return map(p, q, [](float x, float) { return product(x, x); });
	case 4: // sqrt
		return map(p, q, [](float x, float) { return sqrtf(x); });
	case 5: // reciprocal
		return map(p, q, [](float x, float) { return 1 / x; });
	case 6: // exp
		return map(p, q, [](float x, float) { return expf(x); });
	case 7: // log
		return map(p, q, [](float x, float) { return logf(x); });
	case 8: // tanh
		return map(p, q, [](float x, float) { return tanhf(x); });
	case 9: // sigmoid
		return map(p, q, [](float x, float) { return sigmoid(x); });
	case 10: // leakyrelu
		return map(p, q, [=](float x, float) { return activate(x, a); });
	case 11: // clamp
		return map(p, q, [=](float x, float) {
			x = x < a ? a : x;
			return x > b ? b : x;
		});
	case 12: // add
		return map(p, q, [](float x, float z) { return x + z; });
	case 13: // sub
		return map(p, q, [](float x, float z) { return x - z; });
	case 14: // mul
		return map(p, q, [](float x, float z) { return product(x, z); });
	case 15: // div
		return map(p, q, [](float x, float z) { return x / z; });
	case 16: // max
		return map(p, q, [](float x, float z) { return larger(x, z); });
	case 17: // min
		return map(p, q, [](float x, float z) { return x < z || x != x ? x : z; });
	case 18: // lessequal
		return map(p, q, [](float x, float z) { return x <= z ? 1.f : 0.f; });
	case 19: // leakyrelugrad
		return map(p, q, [=](float x, float z) { return x > 0 ? z : product(a, z); });
	case 20: // absgrad
		return map(p, q, [](float x, float z) { return product(z, sign(x)); });
	case 21: // tanhgrad, the factor rounded once, since x may be near 1
		return map(p, q, [](float x, float z) { return product(z, fmaf(-x, x, 1)); });
	case 22: // sigmoidgrad
		return map(p, q, [](float x, float z) { return product(z, x * (1 - x)); });
	case 23: // fill
		return map(p, q, [=](float, float) { return a; });
	case 25: // addscaled
		return map(p, q, [=](float x, float z) { return z + a * x; });
	}
}

constexpr int copy = 24; // a function that leaves p as it is; q's strides are the output's

// place is where the operands of index i lie.
__device__ __forceinline__ void place(const Step &s, const Walk *walks, unsigned i, unsigned &p, unsigned &q) {
	if (s.walk < 0) {
		p = i * s.p_stride;
		q = i * s.q_stride;
		return;
	}
	const Walk &w = walks[s.walk];
	p = q = 0;
	for (int axis = w.count - 1; axis > 0; axis--) {
		unsigned at = i % w.size[axis];
		i /= w.size[axis];
		p += at * w.p[axis];
		q += at * w.q[axis];
	}
	p += i * w.p[0];
	q += i * w.q[0];
}

// elementwise does jobs. Those of several blocks have no barriers: there, threads
// read nothing that others write.
extern "C" __global__ void __launch_bounds__(256) elementwise(const Groups<Job, 24> jobs, const Steps list) {
	const Job &job = jobs.mine();
	const unsigned first = (blockIdx.x - job.block) * jobs.span + threadIdx.x;
	float v[width] = {};
	for (unsigned at = job.begin; at < job.end; at++) {
		const Step &s = list.step[at];
		if (s.barrier)
			__syncthreads();
		float w[width];
		unsigned to[width];
#pragma unroll
		for (int k = 0; k < width; k++) {
			unsigned i = first + k * blockDim.x, p, q;
			w[k] = v[k];
			to[k] = i;
			if (i >= s.n)
				continue;
			place(s, list.walk, i, p, q);
			if (s.q)
				w[k] = s.q[q];
			if (s.p)
				v[k] = s.p[p];
			if (s.op == copy)
				to[k] = q;
		}
		compute(s.op, s.a, s.b, v, w);
		if (!s.y)
			continue;
#pragma unroll
		for (int k = 0; k < width; k++)
			if (first + k * blockDim.x < s.n)
				s.y[to[k]] = v[k];
	}
}
