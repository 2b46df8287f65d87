// Separable filters of one or more images at once, zero padded.
#pragma once

constexpr int most_taps = 63, filter_tile = 16;

// Taps of a filter, an odd number.
struct Taps {
	int count;
	float at[most_taps];
};

// Columns are a tile's rows, filtered along the columns, with what lies beside them.
template <int count> struct Columns {
	float of[count][filter_tile][filter_tile + most_taps - 1];
};

// Filter is a block's tile of 16×16 values of each image, of which every thread has
// one: the sums of the images at `at` of a plane, if that is inside. load gives the
// images' values at a place of the plane.
template <int count> struct Filter {
	bool inside;
	int at;
	float sums[count];

	template <class Load> __device__ __forceinline__ Filter(Columns<count> &columns, const Taps &taps, int h, int w, Load load) {
		int radius = taps.count / 2, width = filter_tile + 2 * radius;
		int row0 = blockIdx.y * filter_tile, col0 = blockIdx.x * filter_tile;
		for (int i = threadIdx.x; i < filter_tile * width; i += blockDim.x) {
			int row = row0 + i / width, col = col0 + i % width - radius;
			clear();
			if (row < h && col >= 0 && col < w)
				for (int k = max(radius - row, 0); k < min(taps.count, h - row + radius); k++) {
					float v[count];
					load((row + k - radius) * w + col, v);
					for (int c = 0; c < count; c++)
						sums[c] += taps.at[k] * v[c];
				}
			for (int c = 0; c < count; c++)
				columns.of[c][i / width][i % width] = sums[c];
		}
		__syncthreads();
		int r = threadIdx.x / filter_tile, col = threadIdx.x % filter_tile;
		inside = row0 + r < h && col0 + col < w;
		at = (row0 + r) * w + col0 + col;
		clear();
		if (inside)
			for (int k = 0; k < taps.count; k++)
				for (int c = 0; c < count; c++)
					sums[c] += taps.at[k] * columns.of[c][r][col + k];
	}

	__device__ __forceinline__ void clear() {
		for (int c = 0; c < count; c++)
			sums[c] = 0;
	}
};
