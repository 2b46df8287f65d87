// Pooling and separable filters.
#include "common.cuh"
#include "filter.cuh"

// Pool is kernels.PoolShape.
struct Pool {
	int planes, in_h, in_w, out_h, out_w, kernel, stride, pad;
};

// Window is the part of the input that an output sees.
struct Window {
	int top, bottom, left, right;
	__device__ Window(const Pool &s, int oh, int ow) {
		int row = oh * s.stride - s.pad, col = ow * s.stride - s.pad;
		top = max(row, 0), bottom = min(row + s.kernel, s.in_h);
		left = max(col, 0), right = min(col + s.kernel, s.in_w);
	}
};

// max_pool takes the largest value of every window.
extern "C" __global__ void max_pool(float *y, const float *x, Pool s, unsigned n) {
	for (unsigned i = first(); i < n; i += step()) {
		Window w(s, i / s.out_w % s.out_h, i % s.out_w);
		const float *plane = x + i / (s.out_h * s.out_w) * (s.in_h * s.in_w);
		float best = -infinity();
		for (int r = w.top; r < w.bottom; r++)
			for (int c = w.left; c < w.right; c++)
				best = larger(plane[r * s.in_w + c], best);
		y[i] = best;
	}
}

// max_pool_backward: every input asks each window that it lies in whether it is
// the first largest value there. Of several NaN the first counts.
extern "C" __global__ void max_pool_backward(float *dx, const float *dy, const float *x, Pool s, unsigned n) {
	for (unsigned i = first(); i < n; i += step()) {
		int row = i / s.in_w % s.in_h, col = i % s.in_w, at = row * s.in_w + col;
		const float *plane = x + (i - at), *grad = dy + (i - at) / (s.in_h * s.in_w) * (s.out_h * s.out_w);
		float sum = 0;
		int oh0 = max(row + s.pad - s.kernel + s.stride, 0) / s.stride, oh1 = min((row + s.pad) / s.stride, s.out_h - 1);
		int ow0 = max(col + s.pad - s.kernel + s.stride, 0) / s.stride, ow1 = min((col + s.pad) / s.stride, s.out_w - 1);
		for (int oh = oh0; oh <= oh1; oh++)
			for (int ow = ow0; ow <= ow1; ow++) {
				Window w(s, oh, ow);
				int best = w.top * s.in_w + w.left;
				for (int r = w.top; r < w.bottom; r++)
					for (int c = w.left; c < w.right; c++) {
						float v = plane[r * s.in_w + c], top = plane[best];
						if (v > top || (v != v && top == top))
							best = r * s.in_w + c;
					}
				if (best == at)
					sum += grad[oh * s.out_w + ow];
			}
		dx[i] = sum;
	}
}

// filter_separable correlates planes with taps along both axes.
extern "C" __global__ void __launch_bounds__(256) filter_separable(float *y, const float *x, unsigned planes, int h, int w, Taps taps) {
	__shared__ Columns<1> columns;
	for (unsigned plane = blockIdx.z; plane < planes; plane += gridDim.z) {
		const float *in = x + plane * h * w;
		Filter<1> f(columns, taps, h, w, [=](int at, float (&v)[1]) { v[0] = in[at]; });
		if (f.inside)
			y[plane * h * w + f.at] = f.sums[0];
		__syncthreads(); // before the next plane overwrites the columns
	}
}
