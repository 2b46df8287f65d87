// Tiles of matrix products in single precision, and what all products share.
#pragma once
#include "operand.cuh"

// Size of a product, and of what one block takes of K.
struct Size {
	int m, n, k, depth;
};

// span is the part of K that the index-th block takes.
__device__ __forceinline__ Span span(int index, int depth, int k) { return {index * depth, min((index + 1) * depth, k)}; }

constexpr int wide = 128; // columns of a block's tile on the tensor cores

// Single is the product in single precision. It sums along K in order.
struct Single {
	static constexpr int columns = 64;            // of a block's tile, and rows
	static constexpr int reach = 4;               // rows and columns of a thread's part of it
	static constexpr int across = columns / reach; // threads

	// part is the i-th of a thread's rows, or columns. Along K they lie apart, so that
	// neighbouring threads read neighbouring rows, which are in different banks.
	template <bool along_k> static __device__ __forceinline__ int part(int thread, int i) { return along_k ? thread + i * across : thread * reach + i; }

	// read reads values of a thread's rows at 4 steps.
	template <bool along_k> static __device__ __forceinline__ void read(float (&to)[4][reach], const Tile<columns, along_k> &tile, int thread, int k) {
		for (int i = 0; i < reach; i++)
			for (int l = 0; l < 4; l++)
				to[l][i] = tile.values[tile.at(part<along_k>(thread, i), k + l)];
	}

	// compute computes a tile, the column_tile-th along N and the block's along M.
	template <class A, class B, class C>
	static __device__ __forceinline__ void compute(Stages<columns, columns, A, B> &s, int m, int n, int column_tile, Span k, const A &a, const B &b,
		const C &c) {
		int m0 = blockIdx.y * columns, n0 = column_tile * columns;
		int row = threadIdx.x / across, column = threadIdx.x % across;
		float sums[reach][reach] = {};
		Pipeline<columns, columns, A, B> slices(s, Loader<columns, A>(a, m0, m - 1), Loader<columns, B>(b, n0, n - 1), k);
		while (slices.advance()) {
			for (int l = 0; l < depth; l += 4) {
				float p[4][reach], q[4][reach];
				read(p, slices.left(), row, l);
				read(q, slices.right(), column, l);
				for (int at = 0; at < 4; at++)
					for (int i = 0; i < reach; i++)
						for (int j = 0; j < reach; j++)
							sums[i][j] += p[at][i] * q[at][j];
			}
		}
		for (int j = 0; j < reach; j++) {
			int to = n0 + part<B::along_k>(column, j);
			if (to >= n)
				continue;
			auto place = c.column(to);
			for (int i = 0; i < reach; i++) {
				int from = m0 + part<A::along_k>(row, i);
				if (from < m)
					c.store(from, place, sums[i][j]);
			}
		}
	}
};

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
