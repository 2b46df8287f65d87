// Tiles of matrix products on the tensor cores, by instructions of a warp. Eight
// warps, two along M and four along N, compute a block's tile. Slices come to shared
// memory as they are; a warp rounds what it has read of them.
#pragma once
#include "product.cuh"
#include "warp.cuh"

// Tf32 numbers have 10 bits behind the point, a word each.
struct Tf32 {
	static constexpr int words = 8; // of a slice for an instruction, along K
	static __device__ __forceinline__ void round(unsigned (&to)[4], const float (&v)[2][4]) {
#pragma unroll
		for (int i = 0; i < 4; i++)
			to[i] = round_tf32(v[0][i]);
	}
	static __device__ __forceinline__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) { multiply_tf32(c, a, b0, b1); }
};

// Bf16 numbers have 7, two in a word. Which of K's values share a word is free, if it
// is the same for both factors: those 4 apart, which one thread reads.
struct Bf16 {
	static constexpr int words = 16;
	static __device__ __forceinline__ void round(unsigned (&to)[4], const float (&v)[2][4]) {
#pragma unroll
		for (int i = 0; i < 4; i++)
			to[i] = pack_bf16(v[i / 2][i % 2], v[i / 2][i % 2 + 2]);
	}
	static __device__ __forceinline__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) { multiply_bf16(c, a, b0, b1); }
};

constexpr int warps_down = 2, warps_across = 4;

// read reads the matrices, of 8 rows and 4 steps, of rows 0 and 8 at k, then at k+4.
template <int rows, bool along_k> __device__ __forceinline__ void read(float (&to)[4], const Tile<rows, along_k> &tile, int row, int k) {
	int lane = threadIdx.x % 32;
	if constexpr (along_k)
		load_matrices(to, tile.values + tile.at(row + lane % 16, k + lane / 16 * 4));
	else
#pragma unroll
		for (int i = 0; i < 4; i++)
			to[i] = tile.values[tile.at(row + lane / 4 + i % 2 * 8, k + lane % 4 + i / 2 * 4)];
}

// fragment reads what an instruction takes of 16 rows.
template <class Number, class Tile> __device__ __forceinline__ void fragment(unsigned (&to)[4], const Tile &tile, int row, int k) {
	float values[2][4];
#pragma unroll
	for (int i = 0; i < Number::words / 8; i++)
		read(values[i], tile, row, k + i * 8);
	Number::round(to, values);
}

// Warp is a warp's part of a tile.
template <class Number, int height> struct Warp {
	static constexpr int down = height / warps_down / 16, across = wide / warps_across / 8; // fragments
	int row, col;
	float sums[down][across][4];

	__device__ __forceinline__ Warp() {
		int warp = threadIdx.x / 32;
		row = warp / warps_across * (height / warps_down), col = warp % warps_across * (wide / warps_across);
#pragma unroll
		for (int i = 0; i < down * across * 4; i++)
			sums[i / 4 / across][i / 4 % across][i % 4] = 0;
	}

	// multiply adds the product of two slices.
	template <class TileA, class TileB> __device__ __forceinline__ void multiply(const TileA &a, const TileB &b) {
#pragma unroll
		for (int k = 0; k < depth; k += Number::words) {
			unsigned left[down][4], right[across / 2][4];
#pragma unroll
			for (int i = 0; i < down; i++)
				fragment<Number>(left[i], a, row + i * 16, k);
#pragma unroll
			for (int j = 0; j < across / 2; j++)
				fragment<Number>(right[j], b, col + j * 16, k);
#pragma unroll
			for (int i = 0; i < down; i++)
#pragma unroll
				for (int j = 0; j < across; j++)
					Number::multiply(sums[i][j], left[i], right[j / 2][j % 2], right[j / 2][j % 2 + 2]);
		}
	}

	// store hands the sums to a target, those within m×n.
	template <class C> __device__ __forceinline__ void store(const C &c, int m0, int n0, int m, int n) const {
		int lane = threadIdx.x % 32;
#pragma unroll
		for (int j = 0; j < across * 2; j++) {
			int to = n0 + col + j / 2 * 8 + lane % 4 * 2 + j % 2;
			if (to >= n)
				continue;
			auto column = c.column(to);
#pragma unroll
			for (int i = 0; i < down * 2; i++) {
				int from = m0 + row + i * 8 + lane / 4;
				if (from < m)
					c.store(from, column, sums[i / 2][j / 2][i % 2 * 2 + j % 2]);
			}
		}
	}
};

// Tensor is the product on the tensor cores. It sums along K in order, in single
// precision.
template <class Number> struct Tensor {
	static constexpr int columns = wide;
	template <int height, class A, class B, class C>
	static __device__ __forceinline__ void compute(Stages<height, wide, A, B> &s, int m, int n, int column_tile, Span k, const A &a, const B &b,
		const C &c) {
		int m0 = blockIdx.y * height, n0 = column_tile * wide;
		Warp<Number, height> warp;
		Pipeline<height, wide, A, B> slices(s, Loader<height, A>(a, m0, m - 1), Loader<wide, B>(b, n0, n - 1), k);
		while (slices.advance())
			warp.multiply(slices.left(), slices.right());
		warp.store(c, m0, n0, m, n);
	}
};
