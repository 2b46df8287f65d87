package cuda

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/standin"
	"github.com/org/trustmae/kernels/kernelstest"
)

// The suite runs with cuBLASLt where it is found; our own kernel passes it, too.
func TestOwnProducts(t *testing.T) {
	open(t) // or skip
	kernelstest.RunGroup(t, "MatMul", func() kernels.Backend {
		b := openWith(t, Options{Precision: F32, Deterministic: true})
		require.Equal(t, "own kernels; runs are to be the same", b.Products())
		return b
	})
}

// product multiplies small whole numbers, the buffers moved by some values.
func product(b *Backend, s kernels.MatMulShape, moved int) []float32 {
	place := func(n, step int) (part, whole kernels.Buffer) {
		whole = b.Alloc(n + moved)
		part = whole.Slice(moved, n)
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(i*step%7 - 3)
		}
		b.Upload(part, values)
		return part, whole
	}
	x, allX := place(s.M*s.K, 3)
	w, allW := place(s.K*s.N, 5)
	y, allY := place(s.M*s.N, 2)
	b.MatMul(y, x, w, s)
	got := make([]float32, s.M*s.N)
	b.Download(got, y)
	for _, whole := range []kernels.Buffer{allX, allW, allY} {
		b.Free(whole)
	}
	return got
}

// cuBLASLt's matrices are column-major: it gives what our kernel gives, transposed
// or not, added or not, and at any address.
func TestProductsByLibrary(t *testing.T) {
	with, without := openWith(t, Options{}), openWith(t, Options{Deterministic: true})
	if with.blas.handle == nil {
		standin.Skip(t, with.blas.without)
	}
	if !standin.Real() {
		require.Equal(t, "cuBLASLt 12.5", with.Products())
	}
	for k := range 8 {
		s := kernels.MatMulShape{M: 13, N: 6, K: 9, TransA: k&1 > 0, TransB: k&2 > 0, Accumulate: k&4 > 0}
		for _, moved := range []int{0, 1} {
			require.Equal(t, product(without, s, moved), product(with, s, moved), "%+v moved by %d", s, moved)
		}
		require.NotNil(t, with.blas.plans[productKey{s, alignment}])
		require.NotNil(t, with.blas.plans[productKey{s, valueBytes}])
	}
	require.Zero(t, with.Stats().InUse)
}

// Where cuBLASLt cannot be made ready, knows no algorithm or fails, our kernel
// multiplies.
func TestFailingBLAS(t *testing.T) {
	if standin.Real() {
		t.Skip("a fault of the stand-in")
	}
	s := kernels.MatMulShape{M: 4, N: 5, K: 3}
	want := product(openWith(t, Options{Deterministic: true}), s, 0)
	for _, call := range []string{"cublasLtCreate", "cublasLtMatmulAlgoGetHeuristic", "cublasLtMatmul"} {
		t.Setenv("STANDIN_CUBLASLT_FAIL", call)
		b := openWith(t, Options{})
		for range 2 {
			require.Equal(t, want, product(b, s, 0), call)
		}
		if call == "cublasLtCreate" {
			require.Equal(t, fmt.Sprintf("own kernels; %s: CUBLAS_STATUS_INTERNAL_ERROR (14)", call), b.Products())
		} else {
			require.Nil(t, b.blas.plans[productKey{s, alignment}])
		}
		require.Zero(t, b.Stats().InUse)
	}
}

// Products are recorded like everything else.
func TestProductsAreRecorded(t *testing.T) {
	b := openWith(t, Options{})
	x, y := b.Alloc(4), b.Alloc(4)
	b.Upload(x, []float32{0, 0, 0, 0})
	g, err := b.Capture(func() { b.MatMul(y, x, x, kernels.MatMulShape{M: 2, N: 2, K: 2}) })
	require.NoError(t, err)
	b.Upload(x, []float32{1, 2, 3, 4})
	require.True(t, g.Launch())
	got := make([]float32, 4)
	b.Download(got, y)
	require.Equal(t, []float32{7, 10, 15, 22}, got)
	g.Release()
	b.Free(x)
	b.Free(y)
}
