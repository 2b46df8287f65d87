// Channel vectors of x [N,C,area], scaled to length 1.
#include "common.cuh"

// unit_distance is the weighted squared distance of p's and q's vectors. A thread
// takes a place, so that neighbours read neighbouring values.
extern "C" __global__ void __launch_bounds__(256) unit_distance(float *y, const float *p, const float *q, const float *w, unsigned places,
	unsigned channels, unsigned area, float eps) {
	for (unsigned i = first(); i < places; i += step()) {
		unsigned base = i / area * channels * area + i % area;
		double pp = 0, qq = 0;
		for (unsigned c = 0; c < channels; c++) {
			double u = p[base + c * area], v = q[base + c * area];
			pp += u * u;
			qq += v * v;
		}
		float scale_p = 1 / (float(sqrt(pp)) + eps), scale_q = 1 / (float(sqrt(qq)) + eps);
		double sum = 0;
		for (unsigned c = 0; c < channels; c++) {
			// both products are rounded, so that equal ones leave 0
			float gap = __fmul_rn(p[base + c * area], scale_p) - __fmul_rn(q[base + c * area], scale_q);
			sum += double(w[c]) * gap * gap;
		}
		y[i] = float(sum);
	}
}
