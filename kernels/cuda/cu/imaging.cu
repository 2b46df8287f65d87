// Photos: turned and brought to [-1,1], and resized with PIL's filter.
#include "common.cuh"

// Turn is kernels.Turn. A turn by degrees has the angle's sine and cosine, else
// they are 0.
struct Turn {
	int flip_h, flip_v, quarters;
	double sine, cosine;
};

constexpr int most_turns = 64;

struct Turns {
	Turn at[most_turns];
};

// fold mirrors any index into [0,size) without repeating the border.
__device__ __forceinline__ int fold(int i, int size) {
	if (size == 1)
		return 0;
	int period = 2 * (size - 1);
	i = (i % period + period) % period;
	return min(i, period - i);
}

// Flipped reads a photo's plane as if it had been mirrored.
struct Flipped {
	const float *plane;
	int size, flip_h, flip_v;
	__device__ float at(int row, int col) const {
		return plane[(flip_v ? size - 1 - row : row) * size + (flip_h ? size - 1 - col : col)];
	}
	__device__ float quarter(int quarters, int row, int col) const {
		switch (quarters) {
		case 1:
			return at(col, size - 1 - row);
		case 2:
			return at(size - 1 - row, size - 1 - col);
		case 3:
			return at(size - 1 - col, row);
		}
		return at(row, col);
	}
	// free is the value where a turn by an angle brings (row, col) from: the y axis
	// points down, so that this turns clockwise.
	__device__ float free(double sine, double cosine, int row, int col) const {
		double centre = 0.5 * (size - 1), dx = col - centre, dy = row - centre;
		double x = centre + cosine * dx - sine * dy, y = centre + sine * dx + cosine * dy;
		double left = floor(x), upper = floor(y);
		float far_x = float(x - left), far_y = float(y - upper);
		int c0 = fold(int(left), size), c1 = fold(int(left) + 1, size);
		int r0 = fold(int(upper), size), r1 = fold(int(upper) + 1, size);
		float top = at(r0, c0) + far_x * (at(r0, c1) - at(r0, c0));
		float bottom = at(r1, c0) + far_x * (at(r1, c1) - at(r1, c0));
		return top + far_y * (bottom - top);
	}
};

// turn_photos writes n values of y [photos,3,size,size].
extern "C" __global__ void turn_photos(float *y, const float *x, Turns turns, int size, unsigned n) {
	for (unsigned i = first(); i < n; i += step()) {
		int col = i % size, row = i / size % size, plane = i / (size * size);
		const Turn &t = turns.at[plane / 3];
		Flipped photo{x + plane * size * size, size, t.flip_h, t.flip_v};
		bool angle = t.sine != 0 || t.cosine != 0;
		y[i] = 2 * (angle ? photo.free(t.sine, t.cosine, row, col) : photo.quarter(t.quarters, row, col)) - 1;
	}
}

// triangle is input k's weight before they are made to sum to 1.
__device__ __forceinline__ double triangle(int k, double centre, double support) {
	double far = (k - centre + 0.5) / support;
	far = far < 0 ? -far : far;
	return far < 1 ? 1 - far : 0;
}

// resize_axis filters y [outer,m,inner] of x [outer,size,inner] along the middle
// axis with a triangle whose support grows with the reduction (precompute_coeffs
// in Pillow's Resample.c).
extern "C" __global__ void resize_axis(float *y, const float *x, int size, int m, int inner, unsigned n) {
	double scale = double(size) / m, support = scale > 1 ? scale : 1;
	for (unsigned i = first(); i < n; i += step()) {
		unsigned row = i / inner;
		double centre = (row % m + 0.5) * scale;
		int lo = max(int(centre - support + 0.5), 0), hi = min(int(centre + support + 0.5), size);
		double total = 0;
		for (int k = lo; k < hi; k++)
			total += triangle(k, centre, support);
		const float *in = x + row / m * size * inner + i % inner;
		float sum = 0;
		for (int k = lo; k < hi; k++)
			sum += float(triangle(k, centre, support) / total) * in[k * inner];
		y[i] = sum;
	}
}
