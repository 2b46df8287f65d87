// The optimiser and moving averages: many tensors in one launch.
#include "common.cuh"
#include "groups.cuh"

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

// adam takes one optimiser step.
extern "C" __global__ void adam(const AdamConstants *constants, const Groups<AdamGroup, 100> groups) {
	const AdamConstants c = *constants;
	const AdamGroup &group = groups.mine();
	float *p = group.p, *m = group.m, *v = group.v;
	const float *g = group.g;
	groups.each(group, [=](unsigned i) {
		float d = g[i] + c.weight_decay * p[i];
		float moment = c.beta1 * m[i] + c.rest1 * d;
		float square = c.beta2 * v[i] + c.rest2 * (d * d);
		m[i] = moment;
		v[i] = square;
		p[i] -= c.step_size * (moment / (sqrtf(square) * c.root_scale + c.eps));
	});
}

// BlendGroup is a tensor of n values, which the blocks from block on move.
struct BlendGroup {
	float *y;
	const float *x;
	float take;
	unsigned n, block;
};

// blend computes y = keep*y + take*x.
extern "C" __global__ void blend(float keep, const Groups<BlendGroup, 120> groups) {
	const BlendGroup &group = groups.mine();
	float *y = group.y, take = group.take;
	const float *x = group.x;
	groups.each(group, [=](unsigned i) { y[i] = keep * y[i] + take * x[i]; });
}
