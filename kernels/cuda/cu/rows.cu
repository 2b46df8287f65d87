// Functions of rows, one block each.
#include "common.cuh"

// softmax over the columns whose mask is not 0, all where there is none; the
// others become 0.
extern "C" __global__ void __launch_bounds__(256) softmax(float *y, const float *x, const float *mask, unsigned cols) {
	__shared__ double scratch[8];
	unsigned base = blockIdx.x * cols;
	double top = Largest::start();
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x)
		if (!mask || mask[base + i] != 0)
			top = larger(double(x[base + i]), top);
	top = block_fold<Largest>(top, scratch);
	double sum = 0;
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x) {
		float v = !mask || mask[base + i] != 0 ? expf(x[base + i] - float(top)) : 0;
		y[base + i] = v;
		sum += v;
	}
	float scale = float(1 / block_fold<Sum>(sum, scratch));
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x)
		y[base + i] = !mask || mask[base + i] != 0 ? y[base + i] * scale : 0;
}

struct Count {
	static __device__ __forceinline__ unsigned fold(unsigned p, unsigned q) { return p + q; }
};

// ordered maps a value to an integer of the same order, its column breaking ties:
// -0 equals 0, NaN is the largest.
__device__ __forceinline__ unsigned long long ordered(float v, unsigned column) {
	unsigned bits = __float_as_uint(v), key = bits >> 31 ? ~bits : bits | 1u << 31;
	if (v == 0)
		key = 1u << 31;
	if (v != v)
		key = ~0u;
	return (unsigned long long)key << 32 | column;
}

// smallest_k sets mask to 1 at the k smallest values of every row, ties in favour
// of lower columns. The k-th key is found bit by bit, the highest first: where
// fewer than k keys lie below the prefix with the bit set, it is set.
extern "C" __global__ void __launch_bounds__(256) smallest_k(float *mask, const float *x, unsigned cols, unsigned k) {
	__shared__ unsigned scratch[8];
	x += blockIdx.x * cols;
	mask += blockIdx.x * cols;
	unsigned long long threshold = 0;
	for (int bit = 63; k > 0 && bit >= 0; bit--) {
		if (bit < 32 && cols - 1 < 1u << bit)
			continue; // no column has the bit
		unsigned long long candidate = threshold | 1ull << bit;
		unsigned below = 0;
		for (unsigned i = threadIdx.x; i < cols; i += blockDim.x)
			below += ordered(x[i], i) < candidate;
		if (block_fold<Count>(below, scratch) < k)
			threshold = candidate;
	}
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x)
		mask[i] = k > 0 && ordered(x[i], i) <= threshold;
}
