// Sums and largest values over any axes. All folding is done in double
// precision; long folds are cut into segments whose results reduce_finish
// folds in order.
#include "common.cuh"

// put stores a segment's result: the final one where there is but one segment.
__device__ __forceinline__ void put(float *y, double *partial, unsigned output, double value) {
	if (gridDim.y == 1)
		y[output] = float(value);
	else
		partial[output * gridDim.y + blockIdx.y] = value;
}

template <class Op>
__device__ void fold_block(float *y, double *partial, const float *x, const Axes &kept, const Axes &folded, unsigned terms, unsigned segment,
	double *scratch) {
	x += offset(kept, blockIdx.x);
	unsigned end = min(segment, terms - blockIdx.y * segment) + blockIdx.y * segment;
	double value = Op::start();
	for (unsigned t = blockIdx.y * segment + threadIdx.x; t < end; t += blockDim.x)
		value = Op::fold(value, x[offset(folded, t)]);
	value = block_fold<Op>(value, scratch);
	if (threadIdx.x == 0)
		put(y, partial, blockIdx.x, value);
}

// reduce_blocks: every output, and segment of its terms, is a block's.
extern "C" __global__ void __launch_bounds__(256) reduce_blocks(float *y, double *partial, const float *x, Axes kept, Axes folded, unsigned terms,
	unsigned segment, int op) {
	__shared__ double scratch[8];
	if (op == 0)
		fold_block<Sum>(y, partial, x, kept, folded, terms, segment, scratch);
	else
		fold_block<Largest>(y, partial, x, kept, folded, terms, segment, scratch);
}

template <class Op>
__device__ void fold_thread(float *y, double *partial, const float *x, const Axes &kept, const Axes &folded, unsigned outputs, unsigned terms,
	unsigned segment) {
	unsigned output = first();
	if (output >= outputs)
		return;
	x += offset(kept, output);
	unsigned end = min(segment, terms - blockIdx.y * segment) + blockIdx.y * segment;
	double value = Op::start();
	for (unsigned t = blockIdx.y * segment; t < end; t++)
		value = Op::fold(value, x[offset(folded, t)]);
	put(y, partial, output, value);
}

// reduce_threads: every output, and segment of its terms, is a thread's; for
// neighbouring outputs that lie side by side, or few terms.
extern "C" __global__ void __launch_bounds__(256) reduce_threads(float *y, double *partial, const float *x, Axes kept, Axes folded,
	unsigned outputs, unsigned terms, unsigned segment, int op) {
	if (op == 0)
		fold_thread<Sum>(y, partial, x, kept, folded, outputs, terms, segment);
	else
		fold_thread<Largest>(y, partial, x, kept, folded, outputs, terms, segment);
}

template <class Op> __device__ float fold_segments(const double *partial, unsigned segments) {
	double value = Op::start();
	for (unsigned s = 0; s < segments; s++)
		value = Op::fold(value, partial[s]);
	return float(value);
}

// reduce_finish folds the segments.
extern "C" __global__ void reduce_finish(float *y, const double *partial, unsigned outputs, unsigned segments, int op) {
	for (unsigned i = first(); i < outputs; i += step())
		y[i] = op == 0 ? fold_segments<Sum>(partial + i * segments, segments) : fold_segments<Largest>(partial + i * segments, segments);
}
