// Convolutions as matrix products (implicit GEMM). M counts channels of the
// result; N its places, or weights; K what is summed over.
#pragma once
#include "divide.cuh"
#include "product.cuh"

// Conv is kernels.ConvShape.
struct Conv {
	int n, in_c, in_h, in_w, out_c, out_h, out_w, kh, kw, stride, pad, dil;
};

// ConvArguments are what every kernel of convolutions takes: result and operands in
// the order of their operation, the bias or 0, the size of the product, and the
// slope of the activation. Where K is divided into parts, along the grid's z, each
// writes a result of its own to y.
struct ConvArguments {
	float *y;
	const float *x, *w, *bias;
	Conv s;
	Size size;
	float slope;
};

// Spot is one half of where a pixel lies: a place of the window, or a tap in it.
struct Spot {
	int row, col, at;
};

// Places are where windows begin on images of some volume.
struct Places {
	Split split;
	int stride, row, col; // of the first
	int volume, width;    // of an image
	__device__ __forceinline__ Spot operator()(int index) const {
		Triple t = split(index);
		int r = t.middle * stride + row, c = t.inner * stride + col;
		return {r, c, t.outer * volume + r * width + c};
	}
};

// Taps are a window's, for every channel.
struct Taps {
	Split split;
	int dil;          // from tap to tap
	int plane, width; // of a channel
	__device__ __forceinline__ Spot operator()(int index) const {
		Triple t = split(index);
		int r = t.middle * dil, c = t.inner * dil;
		return {r, c, t.outer * plane + r * width + c};
	}
};

// Pixels are an operand: the pixels of images that windows see, 0 in the padding.
template <class Rows, class Steps, bool k_first> struct Pixels {
	static constexpr bool along_k = k_first;
	using Row = Spot;
	const float *values;
	int height, width;
	Rows row;
	Steps step;
	bool pointwise; // a window is one pixel, and every pixel a window: values are neighbours
	__device__ __forceinline__ int index(const Spot &p, const Spot &q) const {
		int r = p.row + q.row, c = p.col + q.col;
		bool inside = unsigned(r) < unsigned(height) && unsigned(c) < unsigned(width);
		return inside ? p.at + q.at : -1;
	}
	__device__ __forceinline__ bool in_pieces() const { return pointwise && height * width % 4 == 0 && aligned(values); }
};

// Image is a result [n,channels,area].
struct Image {
	float *y;
	const float *bias; // or 0
	int area;
	float slope;
	Places places;
	__device__ __forceinline__ int column(int j) const { return places(j).at; }
	__device__ __forceinline__ void store(int m, int column, float sum) const {
		if (bias)
			sum += bias[m];
		y[column + m * area] = activate(sum, slope);
	}
};

// Weights are W [OutC,InC,KH,KW] as M×K of the forward pass.
struct Weights {
	static constexpr bool along_k = true;
	using Row = int;
	const float *values;
	int k;
	__device__ __forceinline__ int row(int m) const { return m * k; }
	__device__ __forceinline__ int step(int l) const { return l; }
	__device__ __forceinline__ int index(int row, int step) const { return row + step; }
	__device__ __forceinline__ bool in_pieces() const { return k % 4 == 0 && aligned(values); }
};

// Patches are what every output sees of x: K is (InC, KH, KW), N is (image, OutH,
// OutW).
using Patches = Pixels<Places, Taps, false>;

__device__ __forceinline__ Places places_of(const Conv &s) {
	return {Split(s.out_h, s.out_w), s.stride, -s.pad, -s.pad, s.in_c * s.in_h * s.in_w, s.in_w};
}
__device__ __forceinline__ Taps taps_of(const Conv &s) { return {Split(s.kh, s.kw), s.dil, s.in_h * s.in_w, s.in_w}; }

// is_pointwise tells whether windows are pixels, and pixels windows.
__device__ __forceinline__ bool is_pointwise(const Conv &s) { return s.kh == 1 && s.kw == 1 && s.stride == 1 && s.pad == 0; }

// forward computes y from x by the given kind of product.
template <class Product, class Shared> __device__ void forward(Shared &shared, const ConvArguments &c) {
	const Conv &s = c.s;
	int area = s.out_h * s.out_w, part = blockIdx.z;
	Places written{Split(s.out_h, s.out_w), 1, 0, 0, s.out_c * area, s.out_w};
	Product::compute(shared, c.size.m, c.size.n, blockIdx.x, span(part, c.size.depth, c.size.k), Weights{c.w, c.size.k},
		Patches{c.x, s.in_h, s.in_w, places_of(s), taps_of(s), is_pointwise(s)},
		Image{c.y + size_t(part) * s.n * s.out_c * area, c.bias, area, c.slope, written});
}

// Phase is, along one axis, the inputs begin, begin+stride, ...: the same taps of
// the window reach all of them, every period-th. Others would multiply zeros.
struct Phase {
	int begin, places;
	int tap, period, taps;
	int source, reach; // the output that the first tap brings to the first input; how far the next tap's lies before it

	__device__ __forceinline__ Phase(const Conv &s, int begin, int inputs, int window) : begin(begin) {
		places = (inputs - begin + s.stride - 1) / s.stride;
		for (period = 1; period * s.dil % s.stride;)
			period++;
		for (tap = 0; tap < period && (begin + s.pad - tap * s.dil) % s.stride;)
			tap++;
		taps = tap < period ? max((window - tap + period - 1) / period, 0) : 0;
		source = (begin + s.pad - tap * s.dil) / s.stride;
		reach = period * s.dil / s.stride;
	}
};

// TurnedWeights are W as M×K of the backward pass: M is InC, K is (OutC, KH, KW),
// of the latter those of a phase.
struct TurnedWeights {
	static constexpr bool along_k = true;
	using Row = int;
	const float *values;
	Split split;
	int in_c, kh, kw, row_tap, col_tap, period;
	__device__ __forceinline__ int row(int m) const { return m * kh * kw; }
	__device__ __forceinline__ int step(int l) const {
		Triple t = split(l);
		return (t.outer * in_c * kh + row_tap + t.middle * period) * kw + col_tap + t.inner * period;
	}
	__device__ __forceinline__ int index(int row, int step) const { return row + step; }
	__device__ __forceinline__ bool in_pieces() const { return false; } // neighbours along K are an image's channels apart
};

// Sources are the outputs that every input of a phase has a part in: K is (OutC,
// KH, KW), N is (image, InH, InW).
using Sources = Pixels<Places, Taps, false>;

// backward_data computes dx, here y, from dy, here x: the transposed convolution.
// The grid's x counts the columns' tiles of every phase.
template <class Product, class Shared> __device__ void backward_data(Shared &shared, const ConvArguments &c) {
	const Conv &s = c.s;
	int tiles = gridDim.x / (s.stride * s.stride), column_tile = blockIdx.x % tiles, phase = blockIdx.x / tiles, part = blockIdx.z;
	Phase down(s, phase / s.stride, s.in_h, s.kh), across(s, phase % s.stride, s.in_w, s.kw);
	Split places(down.places, across.places), taps(down.taps, across.taps);
	int n = s.n * down.places * across.places, k = s.out_c * down.taps * across.taps;
	if (column_tile * Product::columns >= n)
		return;
	int area = s.in_h * s.in_w;
	Places written{places, s.stride, down.begin, across.begin, s.in_c * area, s.in_w};
	Places read{places, 1, down.source, across.source, s.out_c * s.out_h * s.out_w, s.out_w};
	Product::compute(shared, c.size.m, n, column_tile, span(part, c.size.depth, k),
		TurnedWeights{c.w, taps, s.in_c, s.kh, s.kw, down.tap, across.tap, down.period},
		Sources{c.x, s.out_h, s.out_w, read, Taps{taps, -down.reach, s.out_h * s.out_w, s.out_w}, is_pointwise(s)},
		Image{c.y + size_t(part) * s.n * s.in_c * area, c.bias, area, c.slope, written});
}

// Gradients are dy as M×K of the weights' gradient: K is (image, OutH, OutW).
struct Gradients {
	static constexpr bool along_k = true;
	using Row = int;
	const float *values; // dy
	int channels, area;
	Divisor pixels;
	__device__ __forceinline__ int row(int m) const { return m * area; }
	__device__ __forceinline__ int step(int l) const {
		unsigned pixel;
		unsigned image = pixels.divide(l, pixel);
		return image * channels * area + pixel;
	}
	__device__ __forceinline__ int index(int row, int step) const { return row + step; }
	__device__ __forceinline__ bool in_pieces() const { return area % 4 == 0 && aligned(values); }
};

// Inputs are the values of x that a weight multiplies: N is (InC, KH, KW), K is
// (image, OutH, OutW).
using Inputs = Pixels<Taps, Places, true>;

// backward_weights computes the gradient of w, here y, from x and dy, here w.
template <class Product, class Shared> __device__ void backward_weights(Shared &shared, const ConvArguments &c) {
	const Conv &s = c.s;
	int area = s.out_h * s.out_w, part = blockIdx.z;
	Product::compute(shared, c.size.m, c.size.n, blockIdx.x, span(part, c.size.depth, c.size.k), Gradients{c.w, s.out_c, area, Divisor(area)},
		Inputs{c.x, s.in_h, s.in_w, taps_of(s), places_of(s), is_pointwise(s)}, Matrix{c.y + size_t(part) * c.size.m * c.size.n, c.size.n, false});
}
