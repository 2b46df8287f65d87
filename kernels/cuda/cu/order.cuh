// The smallest values of a row.
#pragma once
#include "common.cuh"

using Key = unsigned long long;

// Count is the fold of numbers of values.
struct Count {
	static __device__ __forceinline__ unsigned fold(unsigned p, unsigned q) { return p + q; }
};

// ordered maps a value to an integer of the same order, its column breaking ties:
// -0 equals 0, NaN is the largest.
__device__ __forceinline__ Key ordered(float v, unsigned column) {
	unsigned bits = __float_as_uint(v), key = bits >> 31 ? ~bits : bits | 1u << 31;
	if (v == 0)
		key = 1u << 31;
	if (v != v)
		key = ~0u;
	return Key(key) << 32 | column;
}

// kth_key is the key of the k-th smallest value of x. It is found bit by bit, the
// highest first: where fewer than k keys lie below the prefix with the bit set, it
// is set. Threads take every step-th value from `from` on, and total adds up what
// they count.
template <class Total> __device__ Key kth_key(const float *x, unsigned cols, unsigned k, unsigned from, unsigned step, Total total) {
	Key found = 0;
	for (int bit = 63; k > 0 && bit >= 0; bit--) {
		if (bit < 32 && cols - 1 < 1u << bit)
			continue; // no column has the bit
		Key candidate = found | Key(1) << bit;
		unsigned below = 0;
		for (unsigned i = from; i < cols; i += step)
			below += ordered(x[i], i) < candidate;
		if (total(below) < k)
			found = candidate;
	}
	return found;
}
