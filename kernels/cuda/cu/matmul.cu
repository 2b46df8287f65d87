// The matrix product.
#include "product.cuh"

// Left is A, stored [M,K], or [K,M] where transposed.
template <bool transposed> struct Left {
	static constexpr bool along_k = !transposed;
	const float *values;
	int m, k;
	__device__ __forceinline__ float load(int i, int l) const { return values[transposed ? l * m + i : i * k + l]; }
};

// Right is B, stored [K,N], or [N,K] where transposed.
template <bool transposed> struct Right {
	static constexpr bool along_k = transposed;
	const float *values;
	int n, k;
	__device__ __forceinline__ int column(int j) const { return j; }
	__device__ __forceinline__ float load(int j, int l) const { return values[transposed ? j * k + l : l * n + j]; }
};

// Matrix is C, with the old values added where wanted.
struct Matrix {
	float *values;
	int n;
	bool accumulate;
	__device__ __forceinline__ void store(int i, int j, float sum) const {
		float *at = values + i * n + j;
		*at = accumulate ? *at + sum : sum;
	}
};

template <bool trans_a, bool trans_b>
__device__ void multiply(Slices &s, const Size &size, const float *a, const float *b, float *y, float *partial, bool accumulate) {
	Left<trans_a> left{a, size.m, size.k};
	Right<trans_b> right{b, size.n, size.k};
	if (gridDim.z > 1)
		product(s, size, left, right, Partial{partial, size.m, size.n});
	else
		product(s, size, left, right, Matrix{y, size.n, accumulate});
}

// matmul computes y = op(a)*op(b), or adds it to y; with several blocks along K,
// their parts go to partial.
extern "C" __global__ void __launch_bounds__(256) matmul(float *y, float *partial, const float *a, const float *b, Size size, int trans_a,
	int trans_b, int accumulate) {
	__shared__ Slices s;
	if (trans_a)
		trans_b ? multiply<true, true>(s, size, a, b, y, partial, accumulate) : multiply<true, false>(s, size, a, b, y, partial, accumulate);
	else
		trans_b ? multiply<false, true>(s, size, a, b, y, partial, accumulate) : multiply<false, false>(s, size, a, b, y, partial, accumulate);
}

// sum_partials adds the parts along K, in order.
extern "C" __global__ void sum_partials(float *y, const float *partial, unsigned n, unsigned parts, int accumulate) {
	for (unsigned i = first(); i < n; i += step()) {
		double sum = accumulate ? y[i] : 0;
		for (unsigned p = 0; p < parts; p++)
			sum += partial[p * n + i];
		y[i] = float(sum);
	}
}
