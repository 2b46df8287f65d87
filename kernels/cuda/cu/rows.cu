// Functions of rows, one block each.
#include "common.cuh"
#include "order.cuh"

// softmax over the columns whose mask is not 0, all where there is none; the
// others become 0.
extern "C" __global__ void __launch_bounds__(256) softmax(float *y, const float *x, const float *mask, unsigned cols) {
	__shared__ double scratch[8];
	unsigned base = blockIdx.x * cols;
	double top = Largest::start();
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x)
		if (!mask || mask[base + i] != 0)
			top = larger(double(x[base + i]), top);
	top = block_fold<Largest>(top, scratch);
	double sum = 0;
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x) {
		float v = !mask || mask[base + i] != 0 ? expf(x[base + i] - float(top)) : 0;
		y[base + i] = v;
		sum += v;
	}
	float scale = float(1 / block_fold<Sum>(sum, scratch));
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x)
		y[base + i] = !mask || mask[base + i] != 0 ? y[base + i] * scale : 0;
}

// smallest_k sets mask to 1 at the k smallest values of every row, ties in favour
// of lower columns.
extern "C" __global__ void __launch_bounds__(256) smallest_k(float *mask, const float *x, unsigned cols, unsigned k) {
	__shared__ unsigned scratch[8];
	x += blockIdx.x * cols;
	mask += blockIdx.x * cols;
	Key last = kth_key(x, cols, k, threadIdx.x, blockDim.x, [&](unsigned n) { return block_fold<Count>(n, scratch); });
	for (unsigned i = threadIdx.x; i < cols; i += blockDim.x)
		mask[i] = k > 0 && ordered(x[i], i) <= last;
}
