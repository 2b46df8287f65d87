// Tiles of matrix products C [M,N] = A [M,K] * B [K,N], whose operands are
// functions: a plain matrix, or the values that a convolution takes from an image
// (implicit GEMM).
//
// An operand A has load(m, k), B has column(n) and load(column, k), where the
// column holds what k does not change; both are asked within their sizes only. A
// target has store(m, n, sum). along_k says which index neighbouring threads
// should differ in, so that they read neighbouring values.
#pragma once
#include "common.cuh"

// Size of a product and how much of K one block takes: from blockIdx.z*depth on.
struct Size {
	int m, n, k, depth;
};

constexpr int tile = 64;   // rows and columns of a block's tile
constexpr int slice = 16;  // of K in shared memory
constexpr int reach = 4;   // rows and columns of a thread's part of the tile
constexpr int block = 256; // threads

// Slices are what a block holds of A and B, each with k first.
struct Slices {
	float a[slice][tile + 4], b[slice][tile + 4];
};

// place is where the i-th of a slice's values lies for this thread.
template <bool along_k> __device__ __forceinline__ void place(int i, int &k, int &at) {
	int index = threadIdx.x + i * block;
	k = along_k ? index % slice : index / tile;
	at = along_k ? index / slice : index % tile;
}

// product computes a tile. It sums along K in order, in single precision.
template <class A, class B, class C> __device__ void product(Slices &s, const Size &size, const A &a, const B &b, const C &c) {
	constexpr int loads = tile * slice / block;
	int m0 = blockIdx.y * tile, n0 = blockIdx.x * tile;
	int begin = blockIdx.z * size.depth, end = min(begin + size.depth, size.k);
	int row = threadIdx.x / (tile / reach) * reach, col = threadIdx.x % (tile / reach) * reach;
	float sums[reach][reach] = {};
	for (int k0 = begin; k0 < end; k0 += slice) {
		for (int i = 0; i < loads; i++) {
			int k, at;
			place<A::along_k>(i, k, at);
			s.a[k][at] = m0 + at < size.m && k0 + k < end ? a.load(m0 + at, k0 + k) : 0;
			place<B::along_k>(i, k, at);
			s.b[k][at] = n0 + at < size.n && k0 + k < end ? b.load(b.column(n0 + at), k0 + k) : 0;
		}
		__syncthreads();
		for (int k = 0; k < slice; k++)
			for (int i = 0; i < reach; i++)
				for (int j = 0; j < reach; j++)
					sums[i][j] += s.a[k][row + i] * s.b[k][col + j];
		__syncthreads();
	}
	for (int i = 0; i < reach; i++)
		for (int j = 0; j < reach; j++)
			if (m0 + row + i < size.m && n0 + col + j < size.n)
				c.store(m0 + row + i, n0 + col + j, sums[i][j]);
}

// Partial keeps the sums of a part of K, to be added by sum_partials.
struct Partial {
	float *sums;
	int m, n;
	__device__ __forceinline__ void store(int i, int j, float sum) const { sums[(blockIdx.z * m + i) * n + j] = sum; }
};
