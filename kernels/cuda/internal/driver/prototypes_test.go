//go:build linux && cgo && !nocuda

package driver

import (
	"embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// cudaHeaderCheck is headerCheck for the driver and NVRTC, whose numbers stand in Go and
// in calls.c.
const cudaHeaderCheck = `
#include <cuda.h>
#include <nvrtc.h>
#define CUDA_VENDOR
#include "calls.h"
#define SAME(type, name, params, args) type(*check_##name) params = name;
#define SAME_RESULT(name, params, args) CUresult(*check_##name) params = name;
DEVICE_CALLS(SAME)
CONTEXT_CALLS(SAME_RESULT)
GRAPH_CALLS(SAME_RESULT)
COMPILER_CALLS(SAME)
_Static_assert(sizeof(CUdeviceptr) == 8 && sizeof(CUresult) == sizeof(int) && sizeof(CUdevice) == sizeof(int), "sizes");
_Static_assert(sizeof(nvrtcResult) == sizeof(int) && sizeof(CUdevice_attribute) == sizeof(int), "enumerations are not int");
_Static_assert(CUDA_SUCCESS == 0 && CUDA_ERROR_OUT_OF_MEMORY == 2 && CUDA_ERROR_NO_DEVICE == 100 && NVRTC_SUCCESS == 0, "codes");
_Static_assert(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT == 16 && CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR == 75 &&
	CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR == 76, "attributes");
_Static_assert(CU_STREAM_NON_BLOCKING == 1 && CU_EVENT_DEFAULT == 0 && CU_STREAM_CAPTURE_MODE_RELAXED == 2, "flags");
_Static_assert((size_t)CU_LAUNCH_PARAM_END == 0 && (size_t)CU_LAUNCH_PARAM_BUFFER_POINTER == 1 && (size_t)CU_LAUNCH_PARAM_BUFFER_SIZE == 2, "launches");
`

// prototypes are the headers that are checked, which machines without Go lack.
//
//go:embed calls.h dnn.h blas.h
var prototypes embed.FS

// Our prototypes, types and numbers are the vendor's, where its headers are.
func TestPrototypes(t *testing.T) {
	for header, text := range map[string]string{"cuda.h": cudaHeaderCheck, "cudnn.h": headerCheck, "cublasLt.h": blasHeaderCheck} {
		t.Run(header, func(t *testing.T) { checkPrototypes(t, header, text) })
	}
}

func checkPrototypes(t *testing.T, header, text string) {
	flags, found := []string{"-std=gnu11", "-fsyntax-only", "-Werror", "-Wno-deprecated-declarations"}, false
	for _, lib := range folders(os.Getenv) {
		dir := filepath.Join(lib, "../include")
		if _, err := os.Stat(filepath.Join(dir, header)); lib != "" && err == nil {
			found = true
		}
		flags = append(flags, "-isystem", dir)
	}
	_, err := os.Stat(filepath.Join("/usr/include", header))
	if !found && err != nil {
		t.Skipf("%s is not here", header)
	}
	here := t.TempDir()
	require.NoError(t, os.CopyFS(here, prototypes))
	includes, _, _ := strings.Cut(text, "#define")
	compile := func(name, text string) (string, error) {
		file := filepath.Join(here, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		out, err := exec.Command("gcc", append(flags, file)...).CombinedOutput()
		return string(out), err
	}
	if out, err := compile("includes.c", includes); err != nil {
		t.Skipf("%s needs headers that are not here: %s", header, out)
	}
	out, err := compile("check.c", text)
	require.NoError(t, err, out)
}
