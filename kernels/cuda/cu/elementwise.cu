// Functions of one and two values, copies and fills.
#include "common.cuh"

// fill sets n values.
extern "C" __global__ void fill(float *y, float v, unsigned n) {
	for (unsigned i = first(); i < n; i += step())
		y[i] = v;
}

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

// copy2d copies rows of cols values: y[r*y_stride+c] = x[r*x_stride+c].
extern "C" __global__ void copy2d(float *y, const float *x, unsigned n, unsigned cols, unsigned y_stride, unsigned x_stride) {
	for (unsigned i = first(); i < n; i += step())
		y[i / cols * y_stride + i % cols] = x[i / cols * x_stride + i % cols];
}

// add_scaled adds alpha*x to y.
extern "C" __global__ void add_scaled(float *y, const float *x, float alpha, unsigned n) {
	for (unsigned i = first(); i < n; i += step())
		y[i] += alpha * x[i];
}

__device__ __forceinline__ float sign(float v) { return v > 0 ? 1 : v < 0 ? -1 : v; }

template <class F> __device__ __forceinline__ void map(float *y, const float *x, unsigned n, F f) {
	for (unsigned i = first(); i < n; i += step())
		y[i] = f(x[i]);
}

// unary computes y = op(x), with op as kernels.UnaryOp numbers it.
extern "C" __global__ void unary(float *y, const float *x, int op, float a, float b, unsigned n) {
	switch (op) {
	case 0: // affine
		return map(y, x, n, [=](float v) { return a * v + b; });
	case 1: // abs
		return map(y, x, n, [](float v) { return fabsf(v); });
	case 2: // sign
		return map(y, x, n, [](float v) { return sign(v); });
	case 3: // square
		return map(y, x, n, [](float v) { return v * v; });
	case 4: // sqrt
		return map(y, x, n, [](float v) { return sqrtf(v); });
	case 5: // reciprocal
		return map(y, x, n, [](float v) { return 1 / v; });
	case 6: // exp
		return map(y, x, n, [](float v) { return expf(v); });
	case 7: // log
		return map(y, x, n, [](float v) { return logf(v); });
	case 8: // tanh
		return map(y, x, n, [](float v) { return tanhf(v); });
	case 9: // sigmoid
		return map(y, x, n, [](float v) {
			float e = expf(-fabsf(v)); // never beyond the range
			return (v < 0 ? e : 1) / (1 + e);
		});
	case 10: // leakyrelu
		return map(y, x, n, [=](float v) { return activate(v, a); });
	case 11: // clamp
		return map(y, x, n, [=](float v) {
			v = v < a ? a : v;
			return v > b ? b : v;
		});
	}
}

// combine is the function of two values that kernels.BinaryOp numbers.
template <int op> __device__ __forceinline__ float combine(float p, float q, float alpha) {
	switch (op) {
	case 0: // add
		return p + q;
	case 1: // sub
		return p - q;
	case 2: // mul
		return p * q;
	case 3: // div
		return p / q;
	case 4: // max
		return larger(p, q);
	case 5: // min
		return p < q || p != p ? p : q;
	case 6: // lessequal
		return p <= q ? 1 : 0;
	case 7: // leakyrelugrad
		return p > 0 ? q : alpha * q;
	case 8: // absgrad
		return q * sign(p);
	case 9: // tanhgrad, rounded once, since p may be near 1
		return q * fmaf(-p, p, 1);
	default: // sigmoidgrad
		return q * (p * (1 - p));
	}
}

// Operands are the two operands' walks; a stride of 0 repeats a value.
struct Operands {
	int count;
	int size[8];
	int p[8];
	int q[8];
};

template <int op>
__device__ void combine_all(float *y, const float *p, const float *q, const Operands &o, float alpha, unsigned n) {
	if (o.count == 1) {
		for (unsigned i = first(); i < n; i += step())
			y[i] = combine<op>(p[i * o.p[0]], q[i * o.q[0]], alpha);
		return;
	}
	for (unsigned i = first(); i < n; i += step()) {
		unsigned rest = i, at_p = 0, at_q = 0;
		for (int a = o.count - 1; a > 0; a--) {
			unsigned k = rest % o.size[a];
			rest /= o.size[a];
			at_p += k * o.p[a];
			at_q += k * o.q[a];
		}
		y[i] = combine<op>(p[at_p + rest * o.p[0]], q[at_q + rest * o.q[0]], alpha);
	}
}

// binary computes y = op(p, q) with broadcasting by strides. y may be p or q.
extern "C" __global__ void binary(float *y, const float *p, const float *q, Operands o, int op, float alpha, unsigned n) {
	switch (op) {
	case 0:
		return combine_all<0>(y, p, q, o, alpha, n);
	case 1:
		return combine_all<1>(y, p, q, o, alpha, n);
	case 2:
		return combine_all<2>(y, p, q, o, alpha, n);
	case 3:
		return combine_all<3>(y, p, q, o, alpha, n);
	case 4:
		return combine_all<4>(y, p, q, o, alpha, n);
	case 5:
		return combine_all<5>(y, p, q, o, alpha, n);
	case 6:
		return combine_all<6>(y, p, q, o, alpha, n);
	case 7:
		return combine_all<7>(y, p, q, o, alpha, n);
	case 8:
		return combine_all<8>(y, p, q, o, alpha, n);
	case 9:
		return combine_all<9>(y, p, q, o, alpha, n);
	case 10:
		return combine_all<10>(y, p, q, o, alpha, n);
	}
}
