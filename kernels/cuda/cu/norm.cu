// Normalisation of x [N,C,HW] over N and HW. Sums are taken in double precision.
#include "common.cuh"
#include "divide.cuh"

// Sizes of x, and how many of a channel's N*HW values a block sums.
struct Sizes {
	unsigned channels, area, count, segment;
};

// Values are those of a channel that a block takes.
struct Values {
	unsigned channel, channels, begin, end;
	Divisor area;
	__device__ __forceinline__ Values(const Sizes &s, unsigned channel, unsigned part)
		: channel(channel), channels(s.channels), begin(part * s.segment), end(min(s.segment, s.count - begin) + begin), area(s.area) {}
	// at is where the t-th value of the channel lies.
	__device__ __forceinline__ unsigned at(unsigned t) const {
		unsigned place, image = area.divide(t, place);
		return (image * channels + channel) * area.d + place;
	}
};

struct Pair {
	double a, b;
};

// fold_pair sums the pairs of a block's threads; every thread gets the result.
__device__ __forceinline__ Pair fold_pair(Pair p) {
	__shared__ double scratch[32];
	p.a = block_fold<Sum>(p.a, scratch);
	p.b = block_fold<Sum>(p.b, scratch);
	return p;
}

__device__ __forceinline__ void put_pair(double *partial, Pair p) {
	if (threadIdx.x == 0) {
		unsigned at = 2 * (blockIdx.x * gridDim.y + blockIdx.y);
		partial[at] = p.a;
		partial[at + 1] = p.b;
	}
}

// get_pair sums the pairs of a channel's segments, the same way in every block.
__device__ __forceinline__ Pair get_pair(const double *partial, unsigned channel, unsigned segments) {
	Pair p = {0, 0};
	for (unsigned s = threadIdx.x; s < segments; s += blockDim.x) {
		p.a += partial[2 * (channel * segments + s)];
		p.b += partial[2 * (channel * segments + s) + 1];
	}
	return fold_pair(p);
}

// origin is a channel's first value, from which differences are summed so that a
// large mean costs no accuracy.
__device__ __forceinline__ float origin(const float *x, const Sizes &s, unsigned channel) {
	float v = x[channel * s.area];
	return v - v == 0 ? v : 0;
}

// moments sums a block's differences to the origin, and their squares.
__device__ __forceinline__ Pair moments(const float *x, const Sizes &s, const Values &values) {
	Pair p = {0, 0};
	double zero = origin(x, s, values.channel);
	for (unsigned t = values.begin + threadIdx.x; t < values.end; t += blockDim.x) {
		double d = x[values.at(t)] - zero;
		p.a += d;
		p.b += d * d;
	}
	return fold_pair(p);
}

// Statistics are a channel's mean and biased variance.
struct Statistics {
	float mean, variance;
	__device__ __forceinline__ Statistics(float mean, float variance) : mean(mean), variance(variance) {}
	__device__ __forceinline__ Statistics(Pair moments, const float *x, const Sizes &s, unsigned channel) {
		double m = moments.a / s.count, v = moments.b / s.count - m * m;
		mean = float(origin(x, s, channel) + m);
		variance = float(v < 0 ? 0 : v); // below 0 by rounding; NaN stays
	}
	__device__ __forceinline__ void put(float *means, float *variances, unsigned channel) const {
		means[channel] = mean;
		variances[channel] = variance;
	}
};

// Channel holds a channel's constants.
struct Channel {
	float mean, scale, beta; // scale = gamma/sqrt(variance+eps)
	__device__ __forceinline__ Channel(Statistics s, const float *gamma, const float *betas, float eps, unsigned c) : mean(s.mean) {
		double inverse = 1 / sqrt(double(s.variance) + double(eps));
		scale = float(gamma ? gamma[c] * inverse : inverse);
		beta = betas ? betas[c] : 0;
	}
	__device__ __forceinline__ float apply(float x, float slope) const { return activate(scale * (x - mean) + beta, slope); }
	// through is the gradient before the activation.
	__device__ __forceinline__ float through(float dy, float centred, float slope) const {
		return slope != 1 && !(scale * centred + beta > 0) ? slope * dy : dy;
	}
};

// apply_plane normalises a block's part of a channel of an image.
__device__ __forceinline__ void apply_plane(float *y, const float *x, const Channel &c, unsigned area, float slope) {
	unsigned base = blockIdx.x * area;
	for (unsigned i = blockIdx.y * blockDim.x + threadIdx.x; i < area; i += gridDim.y * blockDim.x)
		y[base + i] = c.apply(x[base + i], slope);
}

// norm_apply normalises, scales, shifts and activates. y may be x.
extern "C" __global__ void __launch_bounds__(256) norm_apply(float *y, const float *x, const float *mean, const float *variance,
	const float *gamma, const float *beta, unsigned channels, unsigned area, float eps, float slope) {
	unsigned k = blockIdx.x % channels;
	apply_plane(y, x, Channel({mean[k], variance[k]}, gamma, beta, eps, k), area, slope);
}

// norm_whole is a norm in one launch: every channel is a block's. It goes through
// the values backwards the second time, since the last are still in the caches.
extern "C" __global__ void __launch_bounds__(1024) norm_whole(float *y, float *mean, float *variance, const float *x, const float *gamma,
	const float *beta, Sizes s, float eps, float slope) {
	Values values(s, blockIdx.x, 0);
	Statistics statistics(moments(x, s, values), x, s, blockIdx.x);
	if (threadIdx.x == 0)
		statistics.put(mean, variance, blockIdx.x);
	Channel c(statistics, gamma, beta, eps, blockIdx.x);
	for (unsigned t = threadIdx.x; t < s.count; t += blockDim.x) {
		unsigned at = values.at(s.count - 1 - t);
		y[at] = c.apply(x[at], slope);
	}
}

// norm_sums is the first of two launches for channels that are too large for a
// block: it sums their segments.
extern "C" __global__ void __launch_bounds__(256) norm_sums(double *partial, const float *x, Sizes s) {
	put_pair(partial, moments(x, s, Values(s, blockIdx.x, blockIdx.y)));
}

// norm_finish is the second: every block sums up the segments for itself.
extern "C" __global__ void __launch_bounds__(256) norm_finish(float *y, float *mean, float *variance, const double *partial, const float *x,
	const float *gamma, const float *beta, Sizes s, float eps, float slope, unsigned segments) {
	unsigned k = blockIdx.x % s.channels;
	Statistics statistics(get_pair(partial, k, segments), x, s, k);
	if (blockIdx.x < s.channels && blockIdx.y == 0 && threadIdx.x == 0)
		statistics.put(mean, variance, k);
	apply_plane(y, x, Channel(statistics, gamma, beta, eps, k), s.area, slope);
}

// Norm is a norm as its backward kernels take it.
struct Norm {
	const float *dy, *x, *mean, *variance, *gamma, *beta;
	Sizes s;
	float eps, slope;
	__device__ __forceinline__ Channel channel(unsigned k) const { return Channel({mean[k], variance[k]}, gamma, beta, eps, k); }
};

// Gradients are of gamma and beta, each [C], or null.
struct Gradients {
	float *gamma, *beta;
};

// grad_moments sums dz and dz*(x-mean), where dz is the gradient before the
// activation.
__device__ __forceinline__ Pair grad_moments(const Norm &n, const Channel &c, const Values &values) {
	Pair p = {0, 0};
	for (unsigned t = values.begin + threadIdx.x; t < values.end; t += blockDim.x) {
		unsigned at = values.at(t);
		float centred = n.x[at] - c.mean, dz = c.through(n.dy[at], centred, n.slope);
		p.a += dz;
		p.b += double(dz) * centred;
	}
	return fold_pair(p);
}

// Rule is the gradient of x,
//
//	dx = gamma/sigma*(dz - dbeta/M - xhat*dgamma/M), M = N*HW
struct Rule {
	Channel c;
	float slope, factor, constant; // the factors of x-mean and 1 in it
	float dgamma, dbeta;
	__device__ __forceinline__ Rule(Pair p, const Norm &n, unsigned k) : c(n.channel(k)), slope(n.slope) {
		double inverse = 1 / (double(n.variance[k]) + double(n.eps)), sigma = sqrt(inverse);
		double scale = n.gamma ? sigma * n.gamma[k] : sigma;
		factor = float(-scale * inverse * p.b / n.s.count);
		constant = float(-scale * p.a / n.s.count);
		dgamma = float(p.b * sigma);
		dbeta = float(p.a);
	}
	__device__ __forceinline__ void put(const Gradients &g, unsigned k) const {
		if (g.gamma)
			g.gamma[k] = dgamma;
		if (g.beta)
			g.beta[k] = dbeta;
	}
	__device__ __forceinline__ float apply(float dy, float x) const {
		float centred = x - c.mean;
		return c.scale * c.through(dy, centred, slope) + (factor * centred + constant);
	}
};

// norm_grad_whole, norm_grad_sums and norm_grad_finish are the gradients in one
// launch and in two, as norm_whole, norm_sums and norm_finish. dx may be dy.
extern "C" __global__ void __launch_bounds__(1024) norm_grad_whole(float *dx, Gradients g, Norm n) {
	Values values(n.s, blockIdx.x, 0);
	Rule rule(grad_moments(n, n.channel(blockIdx.x), values), n, blockIdx.x);
	if (threadIdx.x == 0)
		rule.put(g, blockIdx.x);
	for (unsigned t = threadIdx.x; t < n.s.count; t += blockDim.x) {
		unsigned at = values.at(n.s.count - 1 - t);
		dx[at] = rule.apply(n.dy[at], n.x[at]);
	}
}

extern "C" __global__ void __launch_bounds__(256) norm_grad_sums(double *partial, Norm n) {
	put_pair(partial, grad_moments(n, n.channel(blockIdx.x), Values(n.s, blockIdx.x, blockIdx.y)));
}

extern "C" __global__ void __launch_bounds__(256) norm_grad_finish(float *dx, Gradients g, const double *partial, Norm n, unsigned segments) {
	unsigned k = blockIdx.x % n.s.channels, base = blockIdx.x * n.s.area;
	Rule rule(get_pair(partial, k, segments), n, k);
	if (blockIdx.x < n.s.channels && blockIdx.y == 0 && threadIdx.x == 0)
		rule.put(g, k);
	for (unsigned i = blockIdx.y * blockDim.x + threadIdx.x; i < n.s.area; i += gridDim.y * blockDim.x)
		dx[base + i] = rule.apply(n.dy[base + i], n.x[base + i]);
}
