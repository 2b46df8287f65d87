// Operands of matrix products C [M,N] = A [M,K] * B [K,N] are functions: a plain
// matrix, or the values that a convolution takes from an image (implicit GEMM).
//
// An operand has row(i), what its values in row i of A or column i of B share, of the
// type Row; step(k), what those at k share; and index(row, step), where in `values`
// the value lies, negative for 0. It is asked within its sizes only. along_k says
// along which index its values are neighbours, if any are, and in_pieces() whether every
// 4 of them from a multiple of 4 on are, aligned to 16 bytes, so that they are copied
// at once. A target has column(n) and store(m, column, sum).
#pragma once
#include "async.cuh"
#include "common.cuh"

constexpr int depth = 16;  // of K in a slice
constexpr int block = 256; // threads

// aligned tells whether 4 values may be copied at once from an address on.
__device__ __forceinline__ bool aligned(const float *values) { return reinterpret_cast<size_t>(values) % 16 == 0; }

// Tile is a slice of an operand in shared memory, its rows being those of A or the
// columns of B.
//
// What is next to what follows along_k, as copies of 16 bytes need it; a permutation
// (swizzle) instead of padding keeps shared memory's 32 banks of a word apart. Along K,
// a row is 4 pieces of 4 words, and half of the banks: piece p of row r is the
// (p ^ r/2%4)-th. The same piece of 8 rows, which is what ldmatrix and one phase of
// 16-byte accesses take, then is in different banks: even rows have one half of them,
// odd rows the other, and r/2%4 differs among the four of each. Along rows, a line of
// rows%32 = 0 words fills all banks, row r at r ^ 8*(k%4): a fragment takes 8 rows from
// a multiple of 8 on at 4 steps, that is 4 different eighths-of-32 of 8 banks each.
// Neither divides 4 neighbours that are copied at once.
template <int rows, bool along_k, class Value = float> struct alignas(1024) Tile {
	Value values[rows * depth];
	static __device__ __forceinline__ int at(int row, int k) {
		return along_k ? row * depth + (k ^ (row / 2 % 4 * 4)) : k * rows + (row ^ (k % 4 * 8));
	}
};

// Loader copies slices of an operand. Neighbouring threads take neighbouring values,
// or neighbouring pieces of 4.
template <int rows, class Operand> struct Loader {
	static constexpr bool along_k = Operand::along_k;
	static constexpr int side = along_k ? depth : 32; // threads side by side
	static constexpr int apart = block / side;        // how far a thread's values lie apart across
	static constexpr int steps = along_k ? 1 : depth / apart, row_count = along_k ? rows / apart : rows / side;
	static constexpr int pieces = rows * depth / 4, piece_side = (along_k ? depth : rows) / 4, piece_apart = block / piece_side;
	static constexpr int piece_count = (pieces + block - 1) / block;

	const Operand &operand;
	const bool in_pieces;
	typename Operand::Row row[row_count];

	// Rows beyond the last are the last once more: what comes of them is not stored.
	__device__ __forceinline__ Loader(const Operand &x, int first, int last) : operand(x), in_pieces(x.in_pieces()) {
#pragma unroll
		for (int i = 0; i < row_count; i++) {
			if (!in_pieces)
				row[i] = x.row(min(first + row_at(i), last));
			else if (i < (along_k ? piece_count : 1))
				row[i] = x.row(min(first + piece_row(i), along_k ? last : last / 4 * 4));
		}
	}

	static __device__ __forceinline__ int row_at(int i) { return along_k ? int(threadIdx.x) / side + i * apart : int(threadIdx.x) % side + i * side; }
	static __device__ __forceinline__ int step_at(int i) { return along_k ? int(threadIdx.x) % side : int(threadIdx.x) / side + i * apart; }
	static __device__ __forceinline__ int piece_row(int i) {
		return along_k ? int(threadIdx.x) / piece_side + i * piece_apart : int(threadIdx.x) % piece_side * 4;
	}
	static __device__ __forceinline__ int piece_step(int i) {
		return along_k ? int(threadIdx.x) % piece_side * 4 : int(threadIdx.x) / piece_side + i * piece_apart;
	}

	// fetch begins to copy the slice from k0 on, 0 beyond the end.
	__device__ __forceinline__ void fetch(Tile<rows, along_k> &tile, int k0, int end) const {
		if (in_pieces)
			fetch_pieces(tile, k0, end);
		else
			fetch_values(tile, k0, end);
	}

	__device__ __forceinline__ void fetch_values(Tile<rows, along_k> &tile, int k0, int end) const {
#pragma unroll
		for (int l = 0; l < steps; l++) {
			int k = k0 + step_at(l);
			bool within = k < end;
			auto step = operand.step(within ? k : k0);
#pragma unroll
			for (int i = 0; i < row_count; i++) {
				int index = operand.index(row[i], step);
				copy_async<1>(tile.values + tile.at(row_at(i), step_at(l)), operand.values + max(index, 0), within && index >= 0);
			}
		}
	}

	__device__ __forceinline__ void fetch_pieces(Tile<rows, along_k> &tile, int k0, int end) const {
		if (pieces < block && threadIdx.x >= pieces)
			return;
#pragma unroll
		for (int i = 0; i < piece_count; i++) {
			int k = k0 + piece_step(i);
			bool within = k < end;
			int index = operand.index(row[along_k ? i : 0], operand.step(within ? k : k0));
			copy_async<4>(tile.values + tile.at(piece_row(i), piece_step(i)), operand.values + index, within);
		}
	}
};

constexpr int stages = 3; // slices in shared memory: one is used while two are on their way

// Stages are the slices that a block has in shared memory, for a tile of the given
// size: 48 KiB, what a kernel may have without asking, at 128×128.
template <int height, int width, class A, class B> struct Stages {
	Tile<height, A::along_k> a[stages];
	Tile<width, B::along_k> b[stages];
};

// Span is a part of K.
struct Span {
	int begin, end;
};

// Pipeline brings the slices of K to shared memory, in order.
template <int height, int width, class A, class B> struct Pipeline {
	Stages<height, width, A, B> &slices;
	const Loader<height, A> a;
	const Loader<width, B> b;
	const int end;
	int k, now, next; // where the next slice begins, the stage of the last, and the one to be filled

	__device__ __forceinline__ Pipeline(Stages<height, width, A, B> &s, const Loader<height, A> &a, const Loader<width, B> &b, Span span)
		: slices(s), a(a), b(b), end(span.end), k(span.begin), now(stages - 1), next(stages - 1) {
#pragma unroll
		for (int i = 0; i < stages - 1; i++)
			fetch(i, k + i * depth);
	}

	// fetch begins to copy a slice. It is a group, an empty one beyond the end: as many
	// are always on their way.
	__device__ __forceinline__ void fetch(int stage, int k0) {
		if (k0 < end) {
			a.fetch(slices.a[stage], k0, end);
			b.fetch(slices.b[stage], k0, end);
		}
		commit_copies();
	}

	// advance brings the next slice to left and right; false after the last.
	__device__ __forceinline__ bool advance() {
		if (k >= end)
			return false;
		wait_copies<stages - 2>();
		__syncthreads(); // all have the slice, and are done with the one before it, whose place is next
		fetch(next, k + (stages - 1) * depth);
		now = after(now);
		next = after(next);
		k += depth;
		return true;
	}

	static __device__ __forceinline__ int after(int stage) { return stage + 1 == stages ? 0 : stage + 1; }
	__device__ __forceinline__ const Tile<height, A::along_k> &left() const { return slices.a[now]; }
	__device__ __forceinline__ const Tile<width, B::along_k> &right() const { return slices.b[now]; }
};
