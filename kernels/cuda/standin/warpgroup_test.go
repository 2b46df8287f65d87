package standin_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// groups multiply A [64,8] by B [64,8], transposed, both from x, whose rows they put into
// shared memory as a warpgroup reads them, in different ways of doing it wrong.
const groups = `
#include "operand.cuh"
#include "warpgroup.cuh"

struct Factors { Tile<64, true> a, b; };
enum Fault { none, stride, swizzle, pitch, unpublished, no_barrier, no_begin, no_wait, overwritten };

template <Fault fault> __device__ void multiply(Factors &f, float *y, const float *x) {
	int row = threadIdx.x % 64;
	for (int k = threadIdx.x / 64; k < 8; k += 2) {
		f.a.values[f.a.at(row, k + 8)] = x[row * 8 + k];
		f.b.values[fault == pitch ? row * depth + k : f.b.at(row, k)] = x[512 + row * 8 + k];
	}
	if (fault != unpublished)
		publish_shared();
	if (fault != no_barrier)
		__syncthreads();
	unsigned long long a = describe(f.a.values + 8), b = describe(f.b.values);
	if (fault == stride)
		b ^= 3ull << 36;
	if (fault == swizzle)
		b ^= 1ull << 62;
	float sums[32] = {};
	keep_sums(sums);
	if (fault != no_begin)
		begin_products();
	multiply_group_tf32(sums, a, b);
	commit_products();
	if (fault == overwritten)
		f.b.values[threadIdx.x] = 1;
	if (fault == no_wait)
		wait_products<1>();
	else
		wait_products<0>();
	keep_sums(sums);
	int lane = threadIdx.x % 32, first = threadIdx.x / 32 * 16 + lane / 4;
	for (int i = 0; i < 32; i++)
		y[(first + i / 2 % 2 * 8) * 64 + i / 4 * 8 + lane % 4 * 2 + i % 2] = sums[i];
}

#define SHARED __shared__ Factors f
extern "C" __global__ void right(float *y, const float *x) { SHARED; multiply<none>(f, y, x); }
extern "C" __global__ void wrong_stride(float *y, const float *x) { SHARED; multiply<stride>(f, y, x); }
extern "C" __global__ void wrong_swizzle(float *y, const float *x) { SHARED; multiply<swizzle>(f, y, x); }
extern "C" __global__ void wrong_place(float *y, const float *x) { SHARED; multiply<pitch>(f, y, x); }
extern "C" __global__ void no_fence(float *y, const float *x) { SHARED; multiply<unpublished>(f, y, x); }
extern "C" __global__ void unmet(float *y, const float *x) { SHARED; multiply<no_barrier>(f, y, x); }
extern "C" __global__ void not_begun(float *y, const float *x) { SHARED; multiply<no_begin>(f, y, x); }
extern "C" __global__ void not_waited(float *y, const float *x) { SHARED; multiply<no_wait>(f, y, x); }
extern "C" __global__ void changed(float *y, const float *x) { SHARED; multiply<overwritten>(f, y, x); }
`

// A warpgroup's product is right, and any fault of ours around it shows.
func TestWarpgroupProducts(t *testing.T) {
	m := load(t, groups)
	x := counted(2 * 64 * 8)
	for i := range x {
		x[i] = float32((i*7+i/8*5)%17 - 8)
	}
	want := make([]float32, 64*64)
	for i := range want {
		for k := range 8 {
			want[i] += x[i/64*8+k] * x[512+i%64*8+k]
		}
	}
	right := func(kernel string) bool { return slices.Equal(want, m.run(t, kernel, 128, len(want), x)) }
	require.True(t, right("right"))
	for _, kernel := range []string{"wrong_stride", "wrong_swizzle", "wrong_place"} {
		require.False(t, right(kernel), kernel)
	}
	for _, kernel := range []string{"no_fence", "unmet", "not_begun", "not_waited", "changed"} {
		require.Positive(t, nans(m.run(t, kernel, 128, len(want), x)), kernel)
	}
}
