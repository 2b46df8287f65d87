package standin_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// copies turn 64 values round by way of shared memory, in different ways of waiting.
// The last thread of each group of four wants 0; lines of four values are copied at
// once.
const copies = `
#include "async.cuh"

template <int count, int groups, bool meets> __device__ void turn(float *s, float *y, const float *x) {
	int i = threadIdx.x;
	copy_async<count>(s + i * count, x + i * count, i % 4 != 3);
	commit_copies();
	if (groups >= 0)
		wait_copies<groups < 0 ? 0 : groups>();
	if (meets)
		__syncthreads();
	for (int l = 0; l < count; l++)
		y[i * count + l] = s[(63 - i) * count + l];
}

#define SHARED __shared__ __attribute__((aligned(16))) float s[256]
extern "C" __global__ void single(float *y, const float *x) { SHARED; turn<1, 0, true>(s, y, x); }
extern "C" __global__ void fours(float *y, const float *x) { SHARED; turn<4, 0, true>(s, y, x); }
extern "C" __global__ void no_wait(float *y, const float *x) { SHARED; turn<1, -1, true>(s, y, x); }
extern "C" __global__ void group_short(float *y, const float *x) { SHARED; turn<4, 1, true>(s, y, x); }
extern "C" __global__ void no_barrier(float *y, const float *x) { SHARED; turn<1, 0, false>(s, y, x); }

// late writes to a place that a copy of another thread is on its way to.
extern "C" __global__ void late(float *y, const float *x) {
	__shared__ float s[2];
	if (threadIdx.x == 0)
		copy_async<1>(s, x, true);
	__syncthreads();
	if (threadIdx.x == 1)
		s[0] = 7;
	__syncthreads();
	if (threadIdx.x == 0) {
		commit_copies();
		wait_copies<0>();
		y[0] = s[0];
	}
}
`

// An asynchronous copy is there after its thread's wait and a barrier, and no earlier.
func TestAsynchronousCopies(t *testing.T) {
	m := load(t, copies)
	for kernel, count := range map[string]int{"single": 1, "fours": 4} {
		x := counted(64 * count)
		want := make([]float32, 0, len(x))
		for i := range 64 {
			if from := 63 - i; from%4 != 3 {
				want = append(want, x[from*count:][:count]...)
			} else {
				want = append(want, make([]float32, count)...)
			}
		}
		require.Equal(t, want, m.run(t, kernel, 64, len(x), x), kernel)
	}
	for kernel, count := range map[string]int{"no_wait": 1, "group_short": 4} {
		require.Equal(t, 64*count, nans(m.run(t, kernel, 64, 64*count, counted(64*count))), kernel)
	}
	require.Equal(t, 32, nans(m.run(t, "no_barrier", 64, 64, counted(64))), "the first half reads what the second has not begun to copy")
	require.True(t, slices.Equal([]float32{1}, m.run(t, "late", 2, 1, counted(1))))
}
