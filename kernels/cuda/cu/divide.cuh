// Division by numbers that are known only at run time but stay the same: a
// multiplication and a correction, a fifth of the work of the machine's division.
#pragma once

// Divisor divides indices below 2³¹ by d >= 1.
struct Divisor {
	unsigned d, reciprocal;
	__device__ __forceinline__ explicit Divisor(unsigned by) : d(by), reciprocal(0xffffffffu / by) {}

	// divide returns n/d and n%d. As reciprocal is above 2³²/d - 1, the product is
	// above n/d - 1: it is the quotient or one less.
	__device__ __forceinline__ unsigned divide(unsigned n, unsigned &rest) const {
		unsigned quotient = __umulhi(n, reciprocal);
		rest = n - quotient * d;
		if (rest >= d) {
			quotient++;
			rest -= d;
		}
		return quotient;
	}
};

// Triple is an index taken apart.
struct Triple {
	int outer, middle, inner;
};

// Split takes indices of planes of height×width apart.
struct Split {
	Divisor area, width;
	// A plane without places has no indices to be taken apart.
	__device__ __forceinline__ Split(int height, int width) : area(max(height * width, 1)), width(max(width, 1)) {}
	__device__ __forceinline__ Triple operator()(int index) const {
		unsigned rest, inner;
		unsigned outer = area.divide(index, rest);
		unsigned middle = width.divide(rest, inner);
		return {int(outer), int(middle), int(inner)};
	}
};
