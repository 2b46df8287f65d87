// Convolutions as matrix products (implicit GEMM). M counts channels of the
// result; N its places, or weights; K what is summed over.
#include "product.cuh"

// Conv is kernels.ConvShape.
struct Conv {
	int n, in_c, in_h, in_w, out_c, out_h, out_w, kh, kw, stride, pad, dil;
};

// Weights are W [OutC,InC,KH,KW] as M×K of the forward pass.
struct Weights {
	static constexpr bool along_k = true;
	const float *values;
	int k;
	__device__ __forceinline__ float load(int m, int l) const { return values[m * k + l]; }
};

// Place is where a column of the product looks at an image..
struct Place {
	int row, col;
	const float *image;
};

// Patches are what every output sees of x: K is (InC, KH, KW), N is (image, OutH,
// OutW).
struct Patches {
	static constexpr bool along_k = false;
	const float *x;
	Conv s;
	__device__ __forceinline__ Place column(int j) const {
		int ow = j % s.out_w, oh = j / s.out_w % s.out_h, image = j / s.out_w / s.out_h;
		return {oh * s.stride - s.pad, ow * s.stride - s.pad, x + image * s.in_c * s.in_h * s.in_w};
	}
	__device__ __forceinline__ float load(const Place &p, int l) const {
		int kw = l % s.kw, kh = l / s.kw % s.kh, channel = l / s.kw / s.kh;
		int row = p.row + kh * s.dil, col = p.col + kw * s.dil;
		bool inside = row >= 0 && row < s.in_h && col >= 0 && col < s.in_w;
		return inside ? p.image[(channel * s.in_h + row) * s.in_w + col] : 0;
	}
};

// Image is a result [n,channels,area], with bias, which may be 0, and activation.
struct Image {
	float *y;
	const float *bias;
	int channels, area;
	float slope;
	__device__ __forceinline__ void store(int m, int j, float sum) const {
		if (bias)
			sum += bias[m];
		y[(j / area * channels + m) * area + j % area] = activate(sum, slope);
	}
};

// conv_forward computes y from x.
extern "C" __global__ void __launch_bounds__(256) conv_forward(float *y, const float *x, const float *w, const float *bias, Conv s, Size size,
	float slope) {
	__shared__ Slices slices;
	product(slices, size, Weights{w, size.k}, Patches{x, s}, Image{y, bias, s.out_c, s.out_h * s.out_w, slope});
}

// TurnedWeights are W as M×K of the backward pass: M is InC, K is (OutC, KH, KW).
struct TurnedWeights {
	static constexpr bool along_k = true;
	const float *values;
	int in_c, taps;
	__device__ __forceinline__ float load(int m, int l) const { return values[(l / taps * in_c + m) * taps + l % taps]; }
};

// Sources are the outputs that every input has a part in: K is (OutC, KH, KW), N is
// (image, InH, InW).
struct Sources {
	static constexpr bool along_k = false;
	const float *dy;
	Conv s;
	__device__ __forceinline__ Place column(int j) const {
		int iw = j % s.in_w, ih = j / s.in_w % s.in_h, image = j / s.in_w / s.in_h;
		return {ih + s.pad, iw + s.pad, dy + image * s.out_c * s.out_h * s.out_w};
	}
	__device__ __forceinline__ float load(const Place &p, int l) const {
		int kw = l % s.kw, kh = l / s.kw % s.kh, channel = l / s.kw / s.kh;
		int row = p.row - kh * s.dil, col = p.col - kw * s.dil;
		if (row < 0 || col < 0 || row % s.stride || col % s.stride)
			return 0;
		row /= s.stride, col /= s.stride;
		return row < s.out_h && col < s.out_w ? p.image[(channel * s.out_h + row) * s.out_w + col] : 0;
	}
};

// conv_backward_data computes the gradient of x, which is also the transposed
// convolution's forward pass.
extern "C" __global__ void __launch_bounds__(256) conv_backward_data(float *dx, const float *dy, const float *w, const float *bias, Conv s,
	Size size, float slope) {
	__shared__ Slices slices;
	product(slices, size, TurnedWeights{w, s.in_c, s.kh * s.kw}, Sources{dy, s}, Image{dx, bias, s.in_c, s.in_h * s.in_w, slope});
}

// Gradients are dy as M×K of the weights' gradient: K is (image, OutH, OutW).
struct Gradients {
	static constexpr bool along_k = true;
	const float *dy;
	int channels, area;
	__device__ __forceinline__ float load(int m, int l) const { return dy[(l / area * channels + m) * area + l % area]; }
};

// Tap is a weight: a place in the window and a channel.
struct Tap {
	int row, col, channel;
};

// Inputs are the values of x that a weight multiplies: N is (InC, KH, KW), K is
// (image, OutH, OutW).
struct Inputs {
	static constexpr bool along_k = true;
	const float *x;
	Conv s;
	__device__ __forceinline__ Tap column(int j) const {
		int kw = j % s.kw, kh = j / s.kw % s.kh;
		return {kh * s.dil - s.pad, kw * s.dil - s.pad, j / s.kw / s.kh};
	}
	__device__ __forceinline__ float load(const Tap &t, int l) const {
		int ow = l % s.out_w, oh = l / s.out_w % s.out_h, image = l / s.out_w / s.out_h;
		int row = oh * s.stride + t.row, col = ow * s.stride + t.col;
		bool inside = row >= 0 && row < s.in_h && col >= 0 && col < s.in_w;
		return inside ? x[((image * s.in_c + t.channel) * s.in_h + row) * s.in_w + col] : 0;
	}
};

// conv_backward_weights computes the gradient of the weights, in parts along K.
extern "C" __global__ void __launch_bounds__(256) conv_backward_weights(float *partial, const float *x, const float *dy, Conv s, Size size) {
	__shared__ Slices slices;
	product(slices, size, Gradients{dy, s.out_c, s.out_h * s.out_w}, Inputs{x, s}, Partial{partial, size.m, size.n});
}
