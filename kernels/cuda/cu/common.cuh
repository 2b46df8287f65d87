// What all kernels share. Sizes and indices are 32 bits wide: no buffer has 2³¹
// values. Blocks are one-dimensional and a multiple of 32 threads.
#pragma once

// first and step make a loop over values in which a grid of any size shares.
__device__ __forceinline__ unsigned first() { return blockIdx.x * blockDim.x + threadIdx.x; }
__device__ __forceinline__ unsigned step() { return gridDim.x * blockDim.x; }

// Axes is a walk over strided axes, as package shape's []Axis.
struct Axes {
	int count;
	int size[8];
	int stride[8];
};

// offset is where the index-th element of a row-major walk lies.
__device__ __forceinline__ unsigned offset(const Axes &a, unsigned index) {
	unsigned at = 0;
	for (int i = a.count - 1; i > 0; i--) {
		at += index % a.size[i] * a.stride[i];
		index /= a.size[i];
	}
	return a.count > 0 ? at + index * a.stride[0] : 0;
}

// larger is the maximum; NaN if either is.
template <class T> __device__ __forceinline__ T larger(T p, T q) { return p > q || p != p ? p : q; }

// product is p*q, rounded even where a sum follows.
__device__ __forceinline__ float product(float p, float q) { return __fmul_rn(p, q); }

// activate is x where x >= 0 or NaN, and slope*x below; with slope 0 that is 0
// even for -infinity.
__device__ __forceinline__ float activate(float x, float slope) {
	if (x < 0)
		return slope == 0 ? 0 : product(slope, x);
	return x;
}

__device__ __forceinline__ float not_a_number() { return __uint_as_float(0x7fc00000u); }
__device__ __forceinline__ float infinity() { return __uint_as_float(0x7f800000u); }

// Sum and Largest are the folds of reductions.
struct Sum {
	static __device__ __forceinline__ double start() { return 0; }
	static __device__ __forceinline__ double fold(double p, double q) { return p + q; }
};
struct Largest {
	static __device__ __forceinline__ double start() { return -double(infinity()); }
	static __device__ __forceinline__ double fold(double p, double q) { return larger(p, q); }
};

// warp_fold folds a value of every thread of the warp; every thread gets the result.
template <class Op, class T> __device__ T warp_fold(T value) {
	for (int lane = 16; lane > 0; lane /= 2)
		value = Op::fold(value, __shfl_xor_sync(~0u, value, lane));
	return value;
}

// block_fold folds a value of every thread of the block; every thread gets the
// result. The order depends on the size of the block only.
template <class Op, class T> __device__ T block_fold(T value, T *scratch) {
	value = warp_fold<Op>(value);
	if (blockDim.x == 32)
		return value;
	__syncthreads(); // scratch may still be read from the call before
	if (threadIdx.x % 32 == 0)
		scratch[threadIdx.x / 32] = value;
	__syncthreads();
	value = scratch[0];
	for (unsigned warp = 1; warp < blockDim.x / 32; warp++)
		value = Op::fold(value, scratch[warp]);
	return value;
}
