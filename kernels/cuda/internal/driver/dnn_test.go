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

// Our prototypes of cuDNN are the vendor's, where its headers are.
func TestPrototypesOfCuDNN(t *testing.T) {
	dirs := []string{"/usr/include"}
	for _, lib := range folders(os.Getenv) {
		dirs = append(dirs, filepath.Join(lib, "../include"))
	}
	flags, found := []string{"-std=gnu11", "-fsyntax-only", "-Werror"}, false
	for _, dir := range dirs {
		_, err := os.Stat(filepath.Join(dir, "cudnn.h"))
		found = found || err == nil
		flags = append(flags, "-isystem", dir)
	}
	if !found {
		t.Skip("no header of cuDNN is here")
	}
	check := filepath.Join(t.TempDir(), "check.c")
	require.NoError(t, os.WriteFile(check, []byte(headerCheck), 0o644))
	here, err := os.Getwd()
	require.NoError(t, err)
	out, err := exec.Command("gcc", append(flags, "-iquote", here, check)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
