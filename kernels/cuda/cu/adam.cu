// The optimiser: many tensors in one launch.
#include "common.cuh"

// AdamConstants are one step's, in the order of kernels.AdamStep.Constants.
struct AdamConstants {
	float beta1, rest1; // beta1 and 1-beta1
	float beta2, rest2;
	float step_size;  // lr/(1-beta1^t)
	float root_scale; // 1/sqrt(1-beta2^t)
	float eps;
	float weight_decay;
};

// AdamGroup is a tensor of n values, which the blocks from block on update.
struct AdamGroup {
	float *p;
	const float *g;
	float *m;
	float *v;
	unsigned n, block;
};

struct AdamGroups {
	unsigned count, span;
	AdamGroup list[100];
};

// adam takes one optimiser step; each block updates span values of one tensor.
extern "C" __global__ void adam(const AdamConstants *constants, const AdamGroups groups) {
	unsigned at = 0;
	for (unsigned end = groups.count; end - at > 1;) {
		unsigned middle = (at + end) / 2;
		if (groups.list[middle].block <= blockIdx.x)
			at = middle;
		else
			end = middle;
	}
	const AdamConstants c = *constants;
	float *p = groups.list[at].p, *m = groups.list[at].m, *v = groups.list[at].v;
	const float *g = groups.list[at].g;
	unsigned n = groups.list[at].n;
	unsigned begin = (blockIdx.x - groups.list[at].block) * groups.span;
	for (unsigned i = begin + threadIdx.x; i < n && i < begin + groups.span; i += blockDim.x) {
		float d = g[i] + c.weight_decay * p[i];
		float moment = c.beta1 * m[i] + c.rest1 * d;
		float square = c.beta2 * v[i] + c.rest2 * (d * d);
		m[i] = moment;
		v[i] = square;
		p[i] -= c.step_size * (moment / (sqrtf(square) * c.root_scale + c.eps));
	}
}
