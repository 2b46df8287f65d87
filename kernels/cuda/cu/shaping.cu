// Moving values, and interpolating between them.
#include "common.cuh"

// permute writes y, walking x by the output's axes.
extern "C" __global__ void permute(float *y, const float *x, Axes from, unsigned n) {
	for (unsigned i = first(); i < n; i += step())
		y[i] = x[offset(from, i)];
}

// transpose writes matrices x [rows,cols] as y [cols,rows], through a tile of
// shared memory so that both sides are read and written in runs. Each operand's
// matrices lie where its walk says; x_stride and y_stride are those of the rows.
extern "C" __global__ void __launch_bounds__(256) transpose(float *y, const float *x, Axes to, Axes from, int rows, int cols, int y_stride,
	int x_stride) {
	__shared__ float tile[32][33];
	y += offset(to, blockIdx.z);
	x += offset(from, blockIdx.z);
	int row0 = blockIdx.y * 32, col0 = blockIdx.x * 32;
	int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
	for (int r = warp; r < 32; r += 8)
		if (row0 + r < rows && col0 + lane < cols)
			tile[r][lane] = x[(row0 + r) * x_stride + col0 + lane];
	__syncthreads();
	for (int c = warp; c < 32; c += 8)
		if (col0 + c < cols && row0 + lane < rows)
			y[(col0 + c) * y_stride + row0 + lane] = tile[lane][c];
}

__device__ __forceinline__ int mirror(int i, int size) { return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i; }

// pad_reflect mirrors pad values around every plane.
extern "C" __global__ void pad_reflect(float *y, const float *x, int h, int w, int pad, unsigned n) {
	int oh = h + 2 * pad, ow = w + 2 * pad;
	for (unsigned i = first(); i < n; i += step()) {
		int plane = i / (oh * ow), row = i / ow % oh, col = i % ow;
		y[i] = x[(plane * h + mirror(row - pad, h)) * w + mirror(col - pad, w)];
	}
}

// Images are the up to three padded indices that a value was copied to.
struct Images {
	int count;
	int at[3];
	__device__ Images(int i, int size, int pad) : count(1), at{i + pad} {
		if (i >= 1 && i <= pad)
			at[count++] = pad - i;
		if (i < size - 1 && i >= size - 1 - pad)
			at[count++] = pad + 2 * (size - 1) - i;
	}
};

// pad_reflect_backward sums the gradients of every value's images.
extern "C" __global__ void pad_reflect_backward(float *dx, const float *dy, int h, int w, int pad, unsigned n) {
	int oh = h + 2 * pad, ow = w + 2 * pad;
	for (unsigned i = first(); i < n; i += step()) {
		Images rows(i / w % h, h, pad), cols(i % w, w, pad);
		const float *plane = dy + i / (h * w) * (oh * ow);
		float sum = 0;
		for (int r = 0; r < rows.count; r++)
			for (int c = 0; c < cols.count; c++)
				sum += plane[rows.at[r] * ow + cols.at[c]];
		dx[i] = sum;
	}
}

// Lerp interpolates output o between the inputs at and at+step: the position is
// the fraction ((2o+1)*in - out) / (2*out), not below 0.
struct Lerp {
	int at, step;
	float near, far;
	__device__ Lerp(int o, int in, int out) {
		int position = max((2 * o + 1) * in - out, 0);
		at = min(position / (2 * out), in - 1);
		far = float(position - at * 2 * out) / float(2 * out);
		near = 1 - far;
		step = at < in - 1;
	}
	// weight of input i.
	__device__ float weight(int i) const { return (i == at ? near : 0) + (i == at + step ? far : 0); }
};

// resize_bilinear brings planes from h×w to oh×ow.
extern "C" __global__ void resize_bilinear(float *y, const float *x, int h, int w, int oh, int ow, unsigned n) {
	for (unsigned i = first(); i < n; i += step()) {
		Lerp r(i / ow % oh, h, oh), c(i % ow, w, ow);
		const float *upper = x + (i / (oh * ow) * h + r.at) * w + c.at, *lower = upper + r.step * w;
		y[i] = r.near * (c.near * upper[0] + c.far * upper[c.step]) + r.far * (c.near * lower[0] + c.far * lower[c.step]);
	}
}

// Outputs are the range of outputs that an input has a part in.
struct Outputs {
	int lo, hi;
	__device__ Outputs(int i, int in, int out) {
		// Positions from i-1 to i+1, ends included; the first outputs are held at
		// the first input and the last at the last.
		lo = i <= 1 ? 0 : max(((2 * i - 1) * out / in - 1) / 2 - 1, 0);
		hi = i == in - 1 ? out : min(((2 * i + 3) * out / in - 1) / 2 + 2, out);
	}
};

// resize_bilinear_backward gathers, for every input, the gradients of its outputs.
extern "C" __global__ void resize_bilinear_backward(float *dx, const float *dy, int h, int w, int oh, int ow, unsigned n) {
	for (unsigned i = first(); i < n; i += step()) {
		int row = i / w % h, col = i % w;
		const float *plane = dy + i / (h * w) * (oh * ow);
		Outputs rows(row, h, oh), cols(col, w, ow);
		float sum = 0;
		for (int r = rows.lo; r < rows.hi; r++) {
			float across = 0, weight = Lerp(r, h, oh).weight(row);
			if (weight == 0)
				continue; // not one of this input's outputs
			for (int c = cols.lo; c < cols.hi; c++) {
				float share = Lerp(c, w, ow).weight(col);
				if (share != 0)
					across += share * plane[r * ow + c];
			}
			sum += weight * across;
		}
		dx[i] = sum;
	}
}
