// Reading a memory of slots m [M,Z] with latents z [R,Z].
#include "common.cuh"

// row_squares sums the squares of every row, one block each.
extern "C" __global__ void __launch_bounds__(256) row_squares(float *y, const float *x, unsigned cols) {
	__shared__ double scratch[8];
	double sum = 0;
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x) {
		double v = x[blockIdx.x * cols + i];
		sum += v * v;
	}
	sum = block_fold<Sum>(sum, scratch);
	if (threadIdx.x == 0)
		y[blockIdx.x] = float(sum);
}

// slot_distances turns the products z·m in d into distances.
extern "C" __global__ void slot_distances(float *d, const float *latent_squares, const float *slot_squares, unsigned n, unsigned slots, float eps) {
	for (unsigned i = first(); i < n; i += step()) {
		float square = latent_squares[i / slots] + slot_squares[i % slots] - 2 * d[i];
		d[i] = sqrtf(activate(square, 0) + eps);
	}
}

// slot_mixtures sums the slots that mask names times their weights. A thread takes
// a value, so that neighbours read neighbouring values of a slot.
extern "C" __global__ void slot_mixtures(float *y, const float *weights, const float *mask, const float *m, unsigned n, unsigned slots, unsigned dim) {
	for (unsigned i = first(); i < n; i += step()) {
		unsigned row = i / dim * slots;
		float sum = 0;
		for (unsigned j = 0; j < slots; j++)
			if (mask[row + j] != 0)
				sum += weights[row + j] * m[j * dim + i % dim];
		y[i] = sum;
	}
}
