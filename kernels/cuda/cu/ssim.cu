// Structural similarity.
#include "common.cuh"
#include "filter.cuh"

// Images are a and b of planes of h×w values, with the window and the stabilisers.
struct Images {
	const float *a, *b;
	unsigned planes;
	int h, w;
	float c1, c2;
	Taps taps;
};

// Similarity is what SSIM is made of at a pixel. The variances are needed only as
// their sum: a²+b² is filtered, and no square alone. The product of the means is rounded
// before it is subtracted, as the sum of their squares is, so that equal images have a
// similarity of exactly 1.
struct Similarity {
	float mean_a, mean_b, above1, above2, below1, below2;

	__device__ __forceinline__ Similarity(const float (&filtered)[4], float c1, float c2) : mean_a(filtered[0]), mean_b(filtered[1]) {
		float means = product(mean_a, mean_b), squares = mean_a * mean_a + mean_b * mean_b;
		above1 = 2 * means + c1;
		above2 = 2 * (filtered[3] - means) + c2;
		below1 = squares + c1;
		below2 = filtered[2] - squares + c2;
	}
	__device__ __forceinline__ float value() const { return above1 * above2 / (below1 * below2); }

	// gradients are the derivatives by the filtered a, b, a²+b² and ab, times dy.
	__device__ __forceinline__ void gradients(float dy, float (&d)[4]) const {
		float per_below = dy / (below1 * below2);
		float across = 2 * (above2 - above1) * per_below;               // through the product of the means
		float along = 2 * value() * (below1 - below2) * per_below; // through the sum of their squares
		d[0] = across * mean_b + along * mean_a;
		d[1] = across * mean_a + along * mean_b;
		d[2] = -value() / below2 * dy;
		d[3] = 2 * above1 * per_below;
	}
};

// each_similarity calls f with every pixel's place and similarity.
template <class F> __device__ __forceinline__ void each_similarity(const Images &s, F f) {
	__shared__ Columns<4> columns;
	for (unsigned plane = blockIdx.z; plane < s.planes; plane += gridDim.z) {
		unsigned base = plane * s.h * s.w;
		Filter<4> filtered(columns, s.taps, s.h, s.w, [&](int at, float(&v)[4]) {
			float p = s.a[base + at], q = s.b[base + at];
			v[0] = p, v[1] = q, v[2] = p * p + q * q, v[3] = p * q;
		});
		if (filtered.inside)
			f(base + filtered.at, Similarity(filtered.sums, s.c1, s.c2));
		__syncthreads(); // before the next plane overwrites the columns
	}
}

extern "C" __global__ void __launch_bounds__(256) ssim(float *y, const Images s) {
	each_similarity(s, [&](unsigned at, const Similarity &pixel) { y[at] = pixel.value(); });
}

// ssim_grad_maps computes the gradients of the four filtered images, n values each.
extern "C" __global__ void __launch_bounds__(256) ssim_grad_maps(float *maps, const float *dy, unsigned n, const Images s) {
	each_similarity(s, [&](unsigned at, const Similarity &pixel) {
		float d[4];
		pixel.gradients(dy[at], d);
		for (int i = 0; i < 4; i++)
			maps[size_t(i) * n + at] = d[i];
	});
}

// ssim_grad takes them back through the filter, whose taps are mirrored here, to a
// and b; either may be null.
extern "C" __global__ void __launch_bounds__(256) ssim_grad(float *da, float *db, const float *maps, unsigned n, const Images s) {
	__shared__ Columns<4> columns;
	for (unsigned plane = blockIdx.z; plane < s.planes; plane += gridDim.z) {
		unsigned base = plane * s.h * s.w;
		Filter<4> filtered(columns, s.taps, s.h, s.w, [&](int at, float(&v)[4]) {
			for (int i = 0; i < 4; i++)
				v[i] = maps[size_t(i) * n + base + at];
		});
		if (filtered.inside) {
			unsigned at = base + filtered.at;
			float p = s.a[at], q = s.b[at], squares = 2 * filtered.sums[2], products = filtered.sums[3];
			if (da)
				da[at] = filtered.sums[0] + p * squares + q * products;
			if (db)
				db[at] = filtered.sums[1] + q * squares + p * products;
		}
		__syncthreads(); // before the next plane overwrites the columns
	}
}
