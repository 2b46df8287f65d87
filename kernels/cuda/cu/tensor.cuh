// Tiles of matrix products on the tensor cores, with operands and targets as in
// product.cuh. Eight warps, two along M and four along N, compute a block's tile.
// While they multiply one slice, each thread's values of the next are on their way
// to its registers, from where they are rounded into the other half of shared
// memory.
#pragma once
#include "product.cuh"
#include "warp.cuh"

// Tf32 numbers have 10 bits behind the point, a word each.
struct Tf32 {
	static constexpr int per_word = 1;
	static __device__ __forceinline__ unsigned pack(const float (&v)[1]) { return round_tf32(v[0]); }
	static __device__ __forceinline__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) { multiply_tf32(c, a, b0, b1); }
};

// Bf16 numbers have 7, two in a word.
struct Bf16 {
	static constexpr int per_word = 2;
	static __device__ __forceinline__ unsigned pack(const float (&v)[2]) { return pack_bf16(v[0], v[1]); }
	static __device__ __forceinline__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) { multiply_bf16(c, a, b0, b1); }
};

constexpr int depth = 16; // words along K of a slice
constexpr int wide = 128; // columns of a block's tile
constexpr int warps_down = 2, warps_across = 4;

// Tile is a slice of an operand, its rows being those of A or the columns of B.
// Rows lie as far apart as brings the words of a fragment to different banks.
template <int rows, bool along_k> struct alignas(16) Tile {
	static constexpr int stride = along_k ? depth + 4 : rows + 8;
	unsigned words[along_k ? rows * stride : depth * stride];
	static __device__ __forceinline__ int at(int row, int word) { return along_k ? row * stride + word : word * stride + row; }

	// read reads the matrices of rows 0 and 8 at word 0, then at word 4.
	__device__ __forceinline__ void read(unsigned (&to)[4], int row, int word) const {
		int lane = threadIdx.x % 32;
		if (along_k) {
			load_matrices(to, words + at(row + lane % 16, word + lane / 16 * 4));
			return;
		}
		for (int i = 0; i < 4; i++)
			to[i] = words[at(row + lane / 4 + i % 2 * 8, word + lane % 4 + i / 2 * 4)];
	}
};

// Stages are both halves of shared memory, for a tile of the given height.
template <int height, class A, class B> struct Stages {
	Tile<height, A::along_k> a[2];
	Tile<wide, B::along_k> b[2];
};

// Loader takes the words of a slice that are a thread's: neighbouring threads take
// neighbouring words of a row, or neighbouring rows.
template <class Number, int rows, class Operand> struct Loader {
	static constexpr bool along_k = Operand::along_k;
	static constexpr int side = along_k ? depth : 32; // threads side by side
	static constexpr int apart = block / side;        // how far a thread's words lie apart
	static constexpr int per_row = along_k ? 1 : depth / apart, row_count = along_k ? rows / apart : rows / side;

	const Operand &operand;
	typename Operand::Row row[row_count];
	float values[per_row][row_count][Number::per_word];

	// Rows beyond the last are the last once more: what comes of them is not stored.
	__device__ __forceinline__ Loader(const Operand &x, int first, int last) : operand(x) {
#pragma unroll
		for (int i = 0; i < row_count; i++)
			row[i] = x.row(min(first + row_at(i), last));
	}
	static __device__ __forceinline__ int row_at(int i) { return along_k ? int(threadIdx.x) / side + i * apart : int(threadIdx.x) % side + i * side; }
	static __device__ __forceinline__ int word_at(int i) { return along_k ? int(threadIdx.x) % side : int(threadIdx.x) / side + i * apart; }

	// fetch begins to load the slice from k0 on, 0 beyond the end.
	__device__ __forceinline__ void fetch(int k0, int end) {
#pragma unroll
		for (int w = 0; w < per_row; w++)
#pragma unroll
			for (int e = 0; e < Number::per_word; e++) {
				int k = k0 + word_at(w) * Number::per_word + e;
				bool within = k < end;
				auto step = operand.step(within ? k : k0);
#pragma unroll
				for (int i = 0; i < row_count; i++)
					values[w][i][e] = within ? operand.load(row[i], step) : 0;
			}
	}

	// put rounds what was fetched into a tile.
	__device__ __forceinline__ void put(Tile<rows, along_k> &tile) const {
#pragma unroll
		for (int w = 0; w < per_row; w++)
#pragma unroll
			for (int i = 0; i < row_count; i++)
				tile.words[tile.at(row_at(i), word_at(w))] = Number::pack(values[w][i]);
	}
};

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
		for (int word = 0; word < depth; word += 8) {
			unsigned left[down][4], right[across / 2][4];
#pragma unroll
			for (int i = 0; i < down; i++)
				a.read(left[i], row + i * 16, word);
#pragma unroll
			for (int j = 0; j < across / 2; j++)
				b.read(right[j], col + j * 16, word);
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
	static __device__ __forceinline__ void compute(Stages<height, A, B> &s, int m, int n, int column_tile, Span k, const A &a, const B &b,
		const C &c) {
		constexpr int slice = depth * Number::per_word;
		int m0 = blockIdx.y * height, n0 = column_tile * wide, now = 0;
		Loader<Number, height, A> left(a, m0, m - 1);
		Loader<Number, wide, B> right(b, n0, n - 1);
		Warp<Number, height> warp;
		if (k.begin < k.end) {
			left.fetch(k.begin, k.end);
			right.fetch(k.begin, k.end);
			left.put(s.a[0]);
			right.put(s.b[0]);
		}
		__syncthreads();
		for (int k0 = k.begin; k0 < k.end; k0 += slice, now ^= 1) {
			bool more = k0 + slice < k.end;
			if (more) {
				left.fetch(k0 + slice, k.end);
				right.fetch(k0 + slice, k.end);
			}
			warp.multiply(s.a[now], s.b[now]);
			if (more) {
				left.put(s.a[now ^ 1]);
				right.put(s.b[now ^ 1]);
			}
			__syncthreads();
		}
		warp.store(c, m0, n0, m, n);
	}
};
