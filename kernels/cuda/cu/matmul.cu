// The matrix product.
#include "product.cuh"

// Operand is A, stored [M,K], or [K,M] where transposed; or B, stored [N,K], or
// [K,N] where transposed.
template <bool transposed> struct Operand {
	static constexpr bool along_k = !transposed;
	using Row = int;
	const float *values;
	int rows, k;
	__device__ __forceinline__ int row(int i) const { return transposed ? i : i * k; }
	__device__ __forceinline__ int step(int l) const { return transposed ? l * rows : l; }
	__device__ __forceinline__ int index(int row, int step) const { return row + step; }
	__device__ __forceinline__ bool in_pieces() const { return (transposed ? rows : k) % 4 == 0 && aligned(values); }
};

// Shared is shared memory for any operands, whose tiles have the same size.
using Shared = Stages<Single::columns, Single::columns, Operand<false>, Operand<false>>;

template <bool trans_a, bool trans_b>
__device__ void multiply(Shared &s, const Size &size, const float *a, const float *b, const Matrix &y) {
	using A = Operand<trans_a>;
	using B = Operand<!trans_b>;
	using Own = Stages<Single::columns, Single::columns, A, B>;
	static_assert(sizeof(Own) == sizeof(Shared), "operands share memory");
	Single::compute(reinterpret_cast<Own &>(s), size.m, size.n, blockIdx.x, span(blockIdx.z, size.depth, size.k), A{a, size.m, size.k},
		B{b, size.n, size.k}, y);
}

// matmul computes y = op(a)*op(b), or adds it to y; with several blocks along K,
// their parts go to partial.
extern "C" __global__ void __launch_bounds__(256) matmul(float *y, float *partial, const float *a, const float *b, Size size, int trans_a,
	int trans_b, int accumulate) {
	__shared__ Shared s;
	Matrix to{y, size.n, accumulate != 0};
	if (gridDim.z > 1)
		to = {partial + size_t(blockIdx.z) * size.m * size.n, size.n, false};
	if (trans_a)
		trans_b ? multiply<true, true>(s, size, a, b, to) : multiply<true, false>(s, size, a, b, to);
	else
		trans_b ? multiply<false, true>(s, size, a, b, to) : multiply<false, false>(s, size, a, b, to);
}

// sum_partials adds the parts along K, in order.
extern "C" __global__ void sum_partials(float *y, const float *partial, unsigned n, unsigned parts, int accumulate) {
	for (unsigned i = first(); i < n; i += step())
		y[i] = float(parts_sum(accumulate ? y[i] : 0, partial, n, parts, i));
}
