// Tiles of matrix products C [M,N] = A [M,K] * B [K,N], whose operands are
// functions: a plain matrix, or the values that a convolution takes from an image
// (implicit GEMM).
//
// An operand has row(i), what its values in row i of A or column i of B share, of
// the type Row, step(k), what those at k share, and load(row, step); it is asked
// within its sizes only. along_k says which index neighbouring threads should differ in, so that
// they read neighbouring values. A target has column(n) and store(m, column, sum).
#pragma once
#include "common.cuh"

// Size of a product, and of what one block takes of K.
struct Size {
	int m, n, k, depth;
};

// Span is a part of K.
struct Span {
	int begin, end;
};

// span is the part of K that the index-th block takes.
__device__ __forceinline__ Span span(int index, int depth, int k) { return {index * depth, min((index + 1) * depth, k)}; }

constexpr int tile = 64;   // rows and columns of a block's tile
constexpr int slice = 16;  // of K in shared memory
constexpr int reach = 4;   // rows and columns of a thread's part of the tile
constexpr int block = 256; // threads

// Slices are what a block holds of A and B, each with k first.
struct Slices {
	float a[slice][tile + 4], b[slice][tile + 4];
};

// fill writes a slice of an operand from row `first` and k0 on, 0 outside of it.
template <class Operand> __device__ __forceinline__ void fill(float (&s)[slice][tile + 4], const Operand &x, int first, int rows, int k0, int end) {
	for (int i = 0; i < tile * slice / block; i++) {
		int index = threadIdx.x + i * block;
		int k = Operand::along_k ? index % slice : index / tile;
		int at = Operand::along_k ? index / slice : index % tile;
		s[k][at] = first + at < rows && k0 + k < end ? x.load(x.row(first + at), x.step(k0 + k)) : 0;
	}
}

// product computes a tile, the column_tile-th along N and the block's along M, in
// single precision, summing along K in order.
template <class A, class B, class C>
__device__ void product(Slices &s, int m, int n, int column_tile, Span k, const A &a, const B &b, const C &c) {
	int m0 = blockIdx.y * tile, n0 = column_tile * tile;
	int row = threadIdx.x / (tile / reach) * reach, col = threadIdx.x % (tile / reach) * reach;
	float sums[reach][reach] = {};
	for (int k0 = k.begin; k0 < k.end; k0 += slice) {
		fill(s.a, a, m0, m, k0, k.end);
		fill(s.b, b, n0, n, k0, k.end);
		__syncthreads();
		for (int l = 0; l < slice; l++)
			for (int i = 0; i < reach; i++)
				for (int j = 0; j < reach; j++)
					sums[i][j] += s.a[l][row + i] * s.b[l][col + j];
		__syncthreads();
	}
	for (int j = 0; j < reach && n0 + col + j < n; j++) {
		auto column = c.column(n0 + col + j);
		for (int i = 0; i < reach; i++)
			if (m0 + row + i < m)
				c.store(m0 + row + i, column, sums[i][j]);
	}
}

// Matrix is a target [M,N], with the old values added where wanted.
struct Matrix {
	float *values;
	int n;
	bool accumulate;
	__device__ __forceinline__ int column(int j) const { return j; }
	__device__ __forceinline__ void store(int i, int j, float sum) const {
		float *at = values + i * n + j;
		*at = accumulate ? *at + sum : sum;
	}
};

// parts_sum adds the i-th values of parts of n values along K, in order.
__device__ __forceinline__ double parts_sum(double sum, const float *partial, unsigned n, unsigned parts, unsigned i) {
	for (unsigned p = 0; p < parts; p++)
		sum += partial[size_t(p) * n + i];
	return sum;
}
