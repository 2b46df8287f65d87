// Normalisation of x [N,C,HW] over N and HW. Sums are taken in double precision.
#include "common.cuh"

// Sizes of x, and how many of a channel's N*HW values a block sums.
struct Sizes {
	unsigned channels, area, count, segment;
	// at is where the t-th value of a channel lies.
	__device__ __forceinline__ unsigned at(unsigned channel, unsigned t) const {
		return (t / area * channels + channel) * area + t % area;
	}
	__device__ __forceinline__ unsigned begin() const { return blockIdx.y * segment + threadIdx.x; }
	__device__ __forceinline__ unsigned end() const { return min(segment, count - blockIdx.y * segment) + blockIdx.y * segment; }
};

// put_pair stores a block's two sums.
__device__ __forceinline__ void put_pair(double *partial, double a, double b) {
	__shared__ double scratch[8];
	a = block_fold<Sum>(a, scratch);
	b = block_fold<Sum>(b, scratch);
	if (threadIdx.x == 0) {
		unsigned at = 2 * (blockIdx.x * gridDim.y + blockIdx.y);
		partial[at] = a;
		partial[at + 1] = b;
	}
}

// get_pair sums a channel's segments.
__device__ __forceinline__ void get_pair(const double *partial, unsigned channel, unsigned segments, double &a, double &b) {
	a = b = 0;
	for (unsigned s = 0; s < segments; s++) {
		a += partial[2 * (channel * segments + s)];
		b += partial[2 * (channel * segments + s) + 1];
	}
}

// origin is a channel's first value, from which differences are summed so that a
// large mean costs no accuracy.
__device__ __forceinline__ float origin(const float *x, const Sizes &s, unsigned channel) {
	float v = x[channel * s.area];
	return v - v == 0 ? v : 0;
}

// norm_sums sums differences to the origin, and their squares.
extern "C" __global__ void __launch_bounds__(256) norm_sums(double *partial, const float *x, Sizes s) {
	double sum = 0, squares = 0, zero = origin(x, s, blockIdx.x);
	for (unsigned t = s.begin(); t < s.end(); t += blockDim.x) {
		double d = x[s.at(blockIdx.x, t)] - zero;
		sum += d;
		squares += d * d;
	}
	put_pair(partial, sum, squares);
}

// norm_stats makes means and biased variances of them.
extern "C" __global__ void norm_stats(float *mean, float *variance, const double *partial, const float *x, Sizes s, unsigned segments) {
	for (unsigned c = first(); c < s.channels; c += step()) {
		double sum, squares;
		get_pair(partial, c, segments, sum, squares);
		double m = sum / s.count, v = squares / s.count - m * m;
		mean[c] = float(origin(x, s, c) + m);
		variance[c] = float(v < 0 ? 0 : v); // below 0 by rounding; NaN stays
	}
}

// Channel holds a channel's constants.
struct Channel {
	float mean, scale, beta; // scale = gamma/sqrt(variance+eps)
};

__device__ __forceinline__ Channel channel(const float *mean, const float *variance, const float *gamma, const float *beta, float eps, unsigned c) {
	double scale = 1 / sqrt(double(variance[c]) + double(eps));
	return {mean[c], float(gamma ? gamma[c] * scale : scale), beta ? beta[c] : 0};
}

// norm_apply normalises, scales, shifts and activates. Blocks share a channel of
// an image; y may be x.
extern "C" __global__ void __launch_bounds__(256) norm_apply(float *y, const float *x, const float *mean, const float *variance,
	const float *gamma, const float *beta, unsigned channels, unsigned area, float eps, float slope) {
	Channel c = channel(mean, variance, gamma, beta, eps, blockIdx.x % channels);
	unsigned base = blockIdx.x * area;
	for (unsigned i = blockIdx.y * blockDim.x + threadIdx.x; i < area; i += gridDim.y * blockDim.x)
		y[base + i] = activate(c.scale * (x[base + i] - c.mean) + c.beta, slope);
}

// through is the gradient before the activation.
__device__ __forceinline__ float through(float dy, float centred, const Channel &c, float slope) {
	return slope != 1 && !(c.scale * centred + c.beta > 0) ? slope * dy : dy;
}

// norm_grad_sums sums dz and dz*(x-mean), where dz is the gradient before the
// activation.
extern "C" __global__ void __launch_bounds__(256) norm_grad_sums(double *partial, const float *dy, const float *x, const float *mean,
	const float *variance, const float *gamma, const float *beta, Sizes s, float eps, float slope) {
	Channel c = channel(mean, variance, gamma, beta, eps, blockIdx.x);
	double sum = 0, product = 0;
	for (unsigned t = s.begin(); t < s.end(); t += blockDim.x) {
		unsigned at = s.at(blockIdx.x, t);
		float centred = x[at] - c.mean, dz = through(dy[at], centred, c, slope);
		sum += dz;
		product += double(dz) * centred;
	}
	put_pair(partial, sum, product);
}

// norm_grad_stats makes of them the gradients of gamma and beta, where wanted, and
// the factors [C,2] of x-mean and 1 in the gradient of x:
//
//	dx = gamma/sigma*(dz - dbeta/M - xhat*dgamma/M), M = N*HW
extern "C" __global__ void norm_grad_stats(float *dgamma, float *dbeta, float *factors, const double *partial, const float *variance,
	const float *gamma, Sizes s, float eps, unsigned segments) {
	for (unsigned c = first(); c < s.channels; c += step()) {
		double sum, product;
		get_pair(partial, c, segments, sum, product);
		double inverse = 1 / (double(variance[c]) + double(eps)), sigma = sqrt(inverse);
		double scale = gamma ? sigma * gamma[c] : sigma;
		factors[2 * c] = float(-scale * inverse * product / s.count);
		factors[2 * c + 1] = float(-scale * sum / s.count);
		if (dgamma)
			dgamma[c] = float(product * sigma);
		if (dbeta)
			dbeta[c] = float(sum);
	}
}

// norm_grad_apply computes dx, which may be dy.
extern "C" __global__ void __launch_bounds__(256) norm_grad_apply(float *dx, const float *dy, const float *x, const float *factors,
	const float *mean, const float *variance, const float *gamma, const float *beta, unsigned channels, unsigned area, float eps,
	float slope) {
	unsigned k = blockIdx.x % channels, base = blockIdx.x * area;
	Channel c = channel(mean, variance, gamma, beta, eps, k);
	float factor = factors[2 * k], constant = factors[2 * k + 1];
	for (unsigned i = blockIdx.y * blockDim.x + threadIdx.x; i < area; i += gridDim.y * blockDim.x) {
		float centred = x[base + i] - c.mean;
		dx[base + i] = c.scale * through(dy[base + i], centred, c, slope) + (factor * centred + constant);
	}
}
