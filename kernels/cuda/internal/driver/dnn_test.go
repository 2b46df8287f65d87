//go:build linux && cgo && !nocuda

package driver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// headerCheck compares our prototypes, types and numbers with the vendor's.
const headerCheck = `
#include <cudnn.h>
#define CUDNN_VENDOR
#include "dnn.h"
#define SAME(type, name, params, args) type(*check_##name) params = name;
CUDNN_CALLS(SAME)
_Static_assert(sizeof(cudnnStatus_t) == sizeof(int) && sizeof(cudnnConvolutionFwdAlgo_t) == sizeof(int), "enumerations are not int");
_Static_assert(CUDNN_STATUS_SUCCESS == 0 && CUDNN_STATUS_NOT_INITIALIZED == 1001, "status");
_Static_assert(CUDNN_TENSOR_NCHW == 0 && CUDNN_DATA_FLOAT == 0 && CUDNN_CROSS_CORRELATION == 1, "descriptions");
_Static_assert(CUDNN_DEFAULT_MATH == 0 && CUDNN_FMA_MATH == 3, "math");
_Static_assert(CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM == 0 && CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM == 1 &&
	CUDNN_CONVOLUTION_FWD_ALGO_GEMM == 2 && CUDNN_CONVOLUTION_BWD_DATA_ALGO_1 == 1 && CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1 == 1, "algorithms");
`

// blasHeaderCheck is headerCheck for cuBLASLt, structures included.
const blasHeaderCheck = `
#include <cublasLt.h>
#define CUBLASLT_VENDOR
#include "blas.h"
#define SAME(type, name, params, args) type(*check_##name) params = name;
CUBLASLT_CALLS(SAME)
_Static_assert(sizeof(cublasStatus_t) == sizeof(int) && sizeof(cublasLtMatmulPreferenceAttributes_t) == sizeof(int), "enumerations are not int");
_Static_assert(sizeof(cublasLtMatmulAlgo_t) == 64 && sizeof(cublasLtMatmulHeuristicResult_t) == 96, "structures");
_Static_assert(offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize) == 64 && offsetof(cublasLtMatmulHeuristicResult_t, state) == 72, "fields");
_Static_assert(CUBLAS_STATUS_SUCCESS == 0 && CUBLAS_STATUS_NOT_INITIALIZED == 1 && CUBLAS_STATUS_NOT_SUPPORTED == 15, "status");
_Static_assert(CUDA_R_32F == 0 && CUBLAS_COMPUTE_32F == 68 && CUBLAS_OP_N == 0 && CUBLAS_OP_T == 1, "products");
_Static_assert(CUBLASLT_MATMUL_DESC_TRANSA == 3 && CUBLASLT_MATMUL_DESC_TRANSB == 4, "descriptions");
_Static_assert(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES == 1 && CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK == 3, "preferences");
_Static_assert(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES == 5 && CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES == 6 &&
	CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES == 7 && CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES == 8, "alignments");
_Static_assert(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE == 2 && CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE == 4, "reductions");
`

// Our prototypes are the vendor's, where its headers are.
func TestPrototypesOfLibraries(t *testing.T) {
	for header, text := range map[string]string{"cudnn.h": headerCheck, "cublasLt.h": blasHeaderCheck} {
		t.Run(header, func(t *testing.T) { checkPrototypes(t, header, text) })
	}
}

func checkPrototypes(t *testing.T, header, text string) {
	dirs := []string{"/usr/include"}
	for _, lib := range folders(os.Getenv) {
		dirs = append(dirs, filepath.Join(lib, "../include"))
	}
	flags, found := []string{"-std=gnu11", "-fsyntax-only", "-Werror"}, false
	for _, dir := range dirs {
		_, err := os.Stat(filepath.Join(dir, header))
		found = found || err == nil
		flags = append(flags, "-isystem", dir)
	}
	if !found {
		t.Skipf("%s is not here", header)
	}
	check := filepath.Join(t.TempDir(), "check.c")
	require.NoError(t, os.WriteFile(check, []byte(text), 0o644))
	here, err := os.Getwd()
	require.NoError(t, err)
	out, err := exec.Command("gcc", append(flags, "-iquote", here, check)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
