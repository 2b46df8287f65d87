// Tiles of matrix products on the tensor cores of compute capability 9.0, by
// instructions of a warpgroup, which take both factors from shared memory. They round
// nothing but cut, so a thread takes values to registers, rounds them and puts them
// there: of the slice after next, while the tensor cores are at one slice and the next
// is there.
#pragma once
#include "product.cuh"
#include "warp.cuh"
#include "warpgroup.cuh"

// GroupTf32 and GroupBf16 are the numbers of tensor.cuh.
struct GroupTf32 {
	static constexpr int per_word = 1;
	static __device__ __forceinline__ unsigned pack(const float *v) { return round_tf32(v[0]); }
	template <int n> static __device__ __forceinline__ void multiply(float (&c)[n], unsigned long long a, unsigned long long b) {
		multiply_group_tf32(c, a, b);
	}
};
struct GroupBf16 {
	static constexpr int per_word = 2;
	static __device__ __forceinline__ unsigned pack(const float *v) { return pack_bf16(v[0], v[1]); }
	template <int n> static __device__ __forceinline__ void multiply(float (&c)[n], unsigned long long a, unsigned long long b) {
		multiply_group_bf16(c, a, b);
	}
};

// Words are a slice of rounded values, K along 16 words of a row.
template <int rows> using Words = Tile<rows, true, unsigned>;

// GroupStages are the slices that a block has in shared memory.
template <int height> struct GroupStages {
	Words<height> a[stages];
	Words<wide> b[stages];
};

// Four are words or values that move at once.
template <class T> struct alignas(16) Four {
	T v[4];
};

// GroupLoader takes pieces of 4 words of a slice, one in every 64 rows. Neighbouring
// threads take a row's pieces where values are neighbours along K, else neighbouring
// rows. Eight of them store to different banks either way: Tile says why.
template <class Number, int rows, class Operand> struct GroupLoader {
	static constexpr int apart = 64, count = rows / apart, values_each = 4 * Number::per_word;

	const Operand &operand;
	const bool in_pieces;
	typename Operand::Row row[count];
	float values[count][values_each];

	// Rows beyond the last are the last once more: what comes of them is not stored.
	__device__ __forceinline__ GroupLoader(const Operand &x, int first, int last) : operand(x), in_pieces(Operand::along_k && x.in_pieces()) {
#pragma unroll
		for (int i = 0; i < count; i++)
			row[i] = x.row(min(first + row_at(i), last));
	}
	static __device__ __forceinline__ int row_at(int i) { return int(Operand::along_k ? threadIdx.x / 4 : threadIdx.x % apart) + i * apart; }
	static __device__ __forceinline__ int piece() { return Operand::along_k ? threadIdx.x % 4 : threadIdx.x / apart; }

	// fetch begins to load the slice from k0 on, 0 beyond the end.
	__device__ __forceinline__ void fetch(int k0, int end) {
		k0 += piece() * values_each;
		if (in_pieces)
			fetch_pieces(k0, end);
		else
			fetch_values(k0, end);
	}

	__device__ __forceinline__ void fetch_values(int k0, int end) {
#pragma unroll
		for (int e = 0; e < values_each; e++) {
			bool within = k0 + e < end;
			auto step = operand.step(within ? k0 + e : 0);
#pragma unroll
			for (int i = 0; i < count; i++) {
				int index = operand.index(row[i], step);
				values[i][e] = within && index >= 0 ? operand.values[index] : 0;
			}
		}
	}

	__device__ __forceinline__ void fetch_pieces(int k0, int end) {
#pragma unroll
		for (int e = 0; e < values_each; e += 4) {
			bool within = k0 + e < end;
			auto step = operand.step(within ? k0 + e : 0);
#pragma unroll
			for (int i = 0; i < count; i++) {
				Four<float> four = {};
				if (within)
					four = *reinterpret_cast<const Four<float> *>(operand.values + operand.index(row[i], step));
#pragma unroll
				for (int l = 0; l < 4; l++)
					values[i][e + l] = four.v[l];
			}
		}
	}

	// put rounds what was fetched into a tile.
	__device__ __forceinline__ void put(Words<rows> &tile) const {
#pragma unroll
		for (int i = 0; i < count; i++) {
			Four<unsigned> four;
#pragma unroll
			for (int l = 0; l < 4; l++)
				four.v[l] = Number::pack(values[i] + l * Number::per_word);
			*reinterpret_cast<Four<unsigned> *>(tile.values + tile.at(row_at(i), piece() * 4)) = four;
		}
	}
};

// Group is a warpgroup's part of a tile: of 128 rows a half, of 64 all, and half of the
// columns.
template <class Number, int height> struct Group {
	static constexpr int rows = 64, columns = height == 2 * rows ? wide : wide / 2;
	int row, col;
	float sums[columns / 2];

	__device__ __forceinline__ Group() {
		int group = threadIdx.x / 128;
		row = columns == wide ? group * rows : 0, col = columns == wide ? 0 : group * columns;
#pragma unroll
		for (int i = 0; i < columns / 2; i++)
			sums[i] = 0;
		keep_sums(sums);
	}

	// multiply begins to add the product of two slices, a group of products.
	__device__ __forceinline__ void multiply(const Words<height> &a, const Words<wide> &b) {
		begin_products();
#pragma unroll
		for (int word = 0; word < depth; word += 8)
			Number::multiply(sums, describe(a.values + row * depth + word), describe(b.values + col * depth + word));
		commit_products();
	}

	// store hands the sums to a target, those within m×n.
	template <class C> __device__ __forceinline__ void store(const C &c, int m0, int n0, int m, int n) const {
		int lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4;
#pragma unroll
		for (int j = 0; j < columns / 4; j++) {
			int to = n0 + col + j / 2 * 8 + lane % 4 * 2 + j % 2;
			if (to >= n)
				continue;
			auto column = c.column(to);
#pragma unroll
			for (int i = 0; i < 2; i++) {
				int from = m0 + row + warp * 16 + lane / 4 + i * 8;
				if (from < m)
					c.store(from, column, sums[j / 2 * 4 + i * 2 + j % 2]);
			}
		}
	}
};

// Hopper is the product by warpgroups. It sums along K in order, in single precision.
template <class Number> struct Hopper {
	static constexpr int columns = wide;

	// bring puts the slice that was fetched into a stage and fetches the next.
	template <int height, class Left, class Right>
	static __device__ __forceinline__ void bring(GroupStages<height> &s, int stage, Left &left, Right &right, int next, int end) {
		left.put(s.a[stage]);
		right.put(s.b[stage]);
		publish_shared();
		if (next < end) {
			left.fetch(next, end);
			right.fetch(next, end);
		}
	}

	template <int height, class A, class B, class C>
	static __device__ __forceinline__ void compute(GroupStages<height> &s, int m, int n, int column_tile, Span k, const A &a, const B &b, const C &c) {
		constexpr int slice = depth * Number::per_word;
		int m0 = blockIdx.y * height, n0 = column_tile * wide, now = 0;
		GroupLoader<Number, height, A> left(a, m0, m - 1);
		GroupLoader<Number, wide, B> right(b, n0, n - 1);
		Group<Number, height> group;
		if (k.begin < k.end) {
			left.fetch(k.begin, k.end);
			right.fetch(k.begin, k.end);
			bring(s, 0, left, right, k.begin + slice, k.end);
		}
		__syncthreads();
		for (int k0 = k.begin; k0 < k.end; k0 += slice) {
			group.multiply(s.a[now], s.b[now]);
			now = now + 1 == stages ? 0 : now + 1;
			if (k0 + slice < k.end)
				bring(s, now, left, right, k0 + 2 * slice, k.end);
			wait_products<1>(); // the products before these are done: in all threads behind the barrier, and
			__syncthreads();    // their stage, the one after now, may be written
		}
		wait_products<0>();
		keep_sums(group.sums);
		group.store(c, m0, n0, m, n);
	}
};
