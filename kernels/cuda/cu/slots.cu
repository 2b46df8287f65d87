// Reading a memory of slots m [M,Z] with latents z [R,Z].
#include "common.cuh"
#include "order.cuh"

// Memory is kernels.MemoryShape.
struct Memory {
	unsigned latents, slots, dim, k;
	float eps, tau;
};

// A warp reads for one latent; the warps of a block share the slots' squares, where
// these are not too many.
constexpr unsigned readers = 8, most_squares = 1024;

// square_of is the squared length of a vector, by a warp.
__device__ __forceinline__ float square_of(const float *x, unsigned dim, unsigned lane) {
	double sum = 0;
	for (unsigned i = lane; i < dim; i += 32)
		sum += double(x[i]) * x[i];
	return float(warp_fold<Sum>(sum));
}

// square_slots computes the squared lengths of slots, a slot's by a warp.
extern "C" __global__ void __launch_bounds__(256) square_slots(float *squares, const float *m, Memory s) {
	unsigned lane = threadIdx.x % 32, slot = blockIdx.x * readers + threadIdx.x / 32;
	if (slot >= s.slots)
		return;
	float square = square_of(m + slot * s.dim, s.dim, lane);
	if (lane == 0)
		squares[slot] = square;
}

// to_distances turns the products z*m in d into distances. All warps of the block
// take part: without squares, of at most most_squares slots, they compute these first.
__device__ __forceinline__ void to_distances(float *d, const float *z, const float *m, const float *squares, const Memory &s, unsigned latent,
	unsigned warp, unsigned lane) {
	__shared__ float own_squares[most_squares];
	if (!squares) {
		for (unsigned j = warp; j < s.slots; j += readers) {
			float square = square_of(m + j * s.dim, s.dim, lane);
			if (lane == 0)
				own_squares[j] = square;
		}
		__syncthreads();
		squares = own_squares;
	}
	if (latent >= s.latents)
		return;
	float own = square_of(z + latent * s.dim, s.dim, lane);
	for (unsigned j = lane; j < s.slots; j += 32) {
		float *at = d + latent * s.slots + j;
		*at = sqrtf(activate(own + squares[j] - 2 * *at, 0) + s.eps);
	}
}

// weigh computes the softmax of -d/tau over the slots whose keys are at most last.
__device__ __forceinline__ void weigh(float *w, const float *d, const Memory &s, Key last, unsigned lane) {
	float scale = -1 / s.tau;
	double top = Largest::start(), sum = 0;
	for (unsigned j = lane; j < s.slots; j += 32)
		if (ordered(d[j], j) <= last)
			top = larger(double(d[j] * scale), top);
	top = warp_fold<Largest>(top);
	for (unsigned j = lane; j < s.slots; j += 32) {
		w[j] = ordered(d[j], j) <= last ? expf(d[j] * scale - float(top)) : 0;
		sum += w[j];
	}
	float share = float(1 / warp_fold<Sum>(sum));
	for (unsigned j = lane; j < s.slots; j += 32)
		w[j] = ordered(d[j], j) <= last ? w[j] * share : 0;
}

// mix sums up the slots whose keys are at most last times their weights.
__device__ __forceinline__ void mix(float *y, const float *w, const float *d, const float *m, const Memory &s, Key last, unsigned lane) {
	constexpr unsigned at_once = 4; // values of a lane
	for (unsigned from = lane; from < s.dim; from += at_once * 32) {
		float sums[at_once] = {};
		for (unsigned j = 0; j < s.slots; j++)
			if (ordered(d[j], j) <= last)
				for (unsigned i = 0; i < at_once; i++)
					if (from + i * 32 < s.dim)
						sums[i] += w[j] * m[j * s.dim + from + i * 32];
		for (unsigned i = 0; i < at_once; i++)
			if (from + i * 32 < s.dim)
				y[from + i * 32] = sums[i];
	}
}

// read_slots reads the memory; d holds z*m on entry. squares may be null where slots
// are at most most_squares.
extern "C" __global__ void __launch_bounds__(256) read_slots(float *y, float *w, float *d, const float *z, const float *m, const float *squares,
	Memory s) {
	unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32, latent = blockIdx.x * readers + warp;
	to_distances(d, z, m, squares, s, latent, warp, lane);
	if (latent >= s.latents)
		return;
	d += latent * s.slots;
	w += latent * s.slots;
	__syncwarp(); // a lane's distances are seen by the others
	Key last = kth_key(d, s.slots, s.k, lane, 32, [](unsigned n) { return warp_fold<Count>(n); });
	weigh(w, d, s, last, lane);
	__syncwarp();
	mix(y + latent * s.dim, w, d, m, s, last, lane);
}

// mixture_grad turns the gradients of weights in dd into those of distances, a
// latent's by a warp: -w*(dw - sum of w*dw)/tau.
extern "C" __global__ void __launch_bounds__(256) mixture_grad(float *dd, const float *w, Memory s) {
	unsigned lane = threadIdx.x % 32, latent = blockIdx.x * readers + threadIdx.x / 32;
	if (latent >= s.latents)
		return;
	dd += latent * s.slots;
	w += latent * s.slots;
	double sum = 0;
	for (unsigned j = lane; j < s.slots; j += 32)
		sum += double(w[j]) * dd[j];
	float mean = float(warp_fold<Sum>(sum)), scale = -1 / s.tau;
	for (unsigned j = lane; j < s.slots; j += 32)
		dd[j] = w[j] != 0 ? scale * (w[j] * (dd[j] - mean)) : 0;
}

// ratio is -dd/d, 0 where the squared distance was not above 0.
__device__ __forceinline__ float ratio(float dd, float d, float eps) { return d > sqrtf(eps) || d != d ? -dd / d : 0; }

// scale_row sets y to x times minus the sum of a warp's values.
__device__ __forceinline__ void scale_row(float *y, const float *x, double sum, unsigned dim, unsigned lane) {
	float factor = float(-warp_fold<Sum>(sum));
	for (unsigned i = lane; i < dim; i += 32)
		y[i] = factor * x[i];
}

// distance_grad computes the ratios, and of the gradients what is left of (z-m)*dd/d
// summed over slots and over latents without the products of ratios with m and z. A
// warp does a latent or, behind them, a slot. dz and dm may be null.
extern "C" __global__ void __launch_bounds__(256) distance_grad(float *ratios, float *dz, float *dm, const float *dd, const float *d, const float *z,
	const float *m, Memory s) {
	unsigned lane = threadIdx.x % 32, row = blockIdx.x * readers + threadIdx.x / 32;
	double sum = 0;
	if (row < s.latents) {
		for (unsigned j = lane; j < s.slots; j += 32) {
			unsigned at = row * s.slots + j;
			ratios[at] = ratio(dd[at], d[at], s.eps);
			sum += ratios[at];
		}
		if (dz)
			scale_row(dz + row * s.dim, z + row * s.dim, sum, s.dim, lane);
		return;
	}
	unsigned slot = row - s.latents;
	if (slot >= s.slots || !dm)
		return;
	for (unsigned i = lane; i < s.latents; i += 32)
		sum += ratio(dd[i * s.slots + slot], d[i * s.slots + slot], s.eps);
	scale_row(dm + slot * s.dim, m + slot * s.dim, sum, s.dim, lane);
}
