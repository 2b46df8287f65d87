// Many tensors in one launch: a list of groups, each with the number `block` of the
// first of its blocks, of which every one takes span values.
#pragma once

template <class Group, int most> struct Groups {
	unsigned count, span;
	Group list[most];

	// mine is the group of this block.
	__device__ __forceinline__ const Group &mine() const {
		unsigned at = 0;
		for (unsigned end = count; end - at > 1;) {
			unsigned middle = (at + end) / 2;
			if (list[middle].block <= blockIdx.x)
				at = middle;
			else
				end = middle;
		}
		return list[at];
	}

	// each calls f for every value of the group that is this block's and thread's.
	template <class F> __device__ __forceinline__ void each(const Group &g, F f) const {
		unsigned begin = (blockIdx.x - g.block) * span, n = g.n;
		for (unsigned i = begin + threadIdx.x; i < n && i < begin + span; i += blockDim.x)
			f(i);
	}
};
