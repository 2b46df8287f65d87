package standin_test

import (
	"errors"
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cuda/cu"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/cuda/standin"
)

// machine runs the kernels of one program on the stand-in.
type machine struct {
	context driver.Context
	stream  driver.Stream
	module  driver.Module
}

func load(t *testing.T, program string) machine {
	t.Helper()
	if standin.Real() {
		t.Skip("about faults that the stand-in shows")
	}
	if err := standin.Use(); err != nil {
		standin.Skip(t, err)
	}
	d, err := driver.Open()
	if errors.Is(err, driver.ErrNotBuilt) {
		standin.Skip(t, err)
	}
	require.NoError(t, err)
	list, err := d.Devices()
	require.NoError(t, err)
	var m machine
	m.context, err = d.Context(list[0])
	require.NoError(t, err)
	m.stream, err = m.context.NewStream()
	require.NoError(t, err)
	compiler, err := driver.OpenCompiler()
	require.NoError(t, err)
	_, headers, err := cu.Programs()
	require.NoError(t, err)
	image, _, err := compiler.Compile("test.cu", program, headers, nil)
	require.NoError(t, err)
	m.module, err = m.context.Load(image)
	require.NoError(t, err)
	return m
}

// run launches one block of kernel(y, x) and returns the n values of y.
func (m machine) run(t *testing.T, kernel string, threads, n int, x []float32) []float32 {
	t.Helper()
	f, err := m.module.Function(kernel)
	require.NoError(t, err)
	var args struct{ y, x driver.Ptr }
	for p, size := range map[*driver.Ptr]int{&args.y: n, &args.x: len(x)} {
		*p, err = m.context.Alloc(4 * int64(size))
		require.NoError(t, err)
		defer func() { require.NoError(t, m.context.Free(*p)) }()
	}
	y := make([]float32, n)
	require.NoError(t, m.stream.CopyIn(args.x, x))
	require.NoError(t, m.stream.Launch(f, driver.Launch{X: 1, Y: 1, Z: 1, Threads: threads}, unsafe.Pointer(&args), unsafe.Sizeof(args)))
	require.NoError(t, m.stream.CopyOut(y, args.y))
	require.NoError(t, m.stream.Sync())
	return y
}

// A block larger than a kernel was compiled for is refused.
func TestTooManyThreads(t *testing.T) {
	m := load(t, `extern "C" __global__ void __launch_bounds__(32) k(float *y, const float *x) { y[threadIdx.x] = x[0]; }`)
	require.Equal(t, []float32{7, 7}, m.run(t, "k", 32, 32, []float32{7})[:2])
	f, err := m.module.Function("k")
	require.NoError(t, err)
	var args struct{ y, x driver.Ptr }
	require.ErrorContains(t, m.stream.Launch(f, driver.Launch{X: 1, Y: 1, Z: 1, Threads: 64}, unsafe.Pointer(&args), unsafe.Sizeof(args)), "CUDA_ERROR_INVALID_VALUE")
}

// counted returns 1, 2, ... n.
func counted(n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(i + 1)
	}
	return list
}

// nans counts what is not a number.
func nans(list []float32) (count int) {
	for _, v := range list {
		if math.IsNaN(float64(v)) {
			count++
		}
	}
	return count
}
