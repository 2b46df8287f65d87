// Prototypes of cuBLASLt, written from its documentation. With CUBLASLT_VENDOR
// defined they use the types of the vendor's header, which has to be included
// first: that is how a test compares them.

#include <stdint.h>

#include "calls.h"

#ifndef CUBLASLT_VENDOR
typedef int cublasStatus_t, cublasComputeType_t, cudaDataType, cublasOperation_t;
typedef int cublasLtMatmulDescAttributes_t, cublasLtMatmulPreferenceAttributes_t;
#ifndef CUDNN_CALLS
typedef struct CUstream_st *cudaStream_t;
#endif
typedef struct cublasLtContext *cublasLtHandle_t;
typedef struct cublasLtDesc *cublasLtMatmulDesc_t;
typedef struct cublasLtLayout *cublasLtMatrixLayout_t;
typedef struct cublasLtPreference *cublasLtMatmulPreference_t;
typedef struct {
	uint64_t data[8];
} cublasLtMatmulAlgo_t;
typedef struct {
	cublasLtMatmulAlgo_t algo;
	size_t workspaceSize;
	cublasStatus_t state;
	float wavesCount;
	int reserved[4];
} cublasLtMatmulHeuristicResult_t;
enum { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_NOT_INITIALIZED = 1, CUBLAS_STATUS_NOT_SUPPORTED = 15 };
enum { CUDA_R_32F = 0, CUBLAS_COMPUTE_32F = 68, CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 };
enum { CUBLASLT_MATMUL_DESC_TRANSA = 3, CUBLASLT_MATMUL_DESC_TRANSB = 4 };
enum {
	CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1,
	CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK = 3,
	CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES = 5,
	CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES = 6,
	CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES = 7,
	CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES = 8,
};
enum { CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE = 2, CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE = 4 };
#endif

#define CUBLASLT_CALLS(X) \
	X(size_t, cublasLtGetVersion, (void), ()) \
	X(const char *, cublasLtGetStatusName, (cublasStatus_t status), (status)) \
	X(cublasStatus_t, cublasLtCreate, (cublasLtHandle_t *handle), (handle)) \
	X(cublasStatus_t, cublasLtDestroy, (cublasLtHandle_t handle), (handle)) \
	X(cublasStatus_t, cublasLtMatmulDescCreate, (cublasLtMatmulDesc_t *desc, cublasComputeType_t compute, cudaDataType scale), \
		(desc, compute, scale)) \
	X(cublasStatus_t, cublasLtMatmulDescDestroy, (cublasLtMatmulDesc_t desc), (desc)) \
	X(cublasStatus_t, cublasLtMatmulDescSetAttribute, (cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute, \
		const void *value, size_t bytes), (desc, attribute, value, bytes)) \
	X(cublasStatus_t, cublasLtMatrixLayoutCreate, (cublasLtMatrixLayout_t *layout, cudaDataType type, uint64_t rows, uint64_t cols, \
		int64_t ld), (layout, type, rows, cols, ld)) \
	X(cublasStatus_t, cublasLtMatrixLayoutDestroy, (cublasLtMatrixLayout_t layout), (layout)) \
	X(cublasStatus_t, cublasLtMatmulPreferenceCreate, (cublasLtMatmulPreference_t *preference), (preference)) \
	X(cublasStatus_t, cublasLtMatmulPreferenceDestroy, (cublasLtMatmulPreference_t preference), (preference)) \
	X(cublasStatus_t, cublasLtMatmulPreferenceSetAttribute, (cublasLtMatmulPreference_t preference, \
		cublasLtMatmulPreferenceAttributes_t attribute, const void *value, size_t bytes), (preference, attribute, value, bytes)) \
	X(cublasStatus_t, cublasLtMatmulAlgoGetHeuristic, (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a, \
		cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference, int count, \
		cublasLtMatmulHeuristicResult_t *results, int *found), (handle, desc, a, b, c, d, preference, count, results, found)) \
	X(cublasStatus_t, cublasLtMatmul, (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void *alpha, const void *a, \
		cublasLtMatrixLayout_t as, const void *b, cublasLtMatrixLayout_t bs, const void *beta, const void *c, cublasLtMatrixLayout_t cs, \
		void *d, cublasLtMatrixLayout_t ds, const cublasLtMatmulAlgo_t *algo, void *workspace, size_t bytes, cudaStream_t stream), \
		(handle, desc, alpha, a, as, b, bs, beta, c, cs, d, ds, algo, workspace, bytes, stream))

struct cublaslt_calls {
	CUBLASLT_CALLS(FIELD)
};
extern struct cublaslt_calls cublaslt;

// fill_cublaslt looks the functions up, and returns the name of one that is
// missing, or 0.
const char *fill_cublaslt(void *library);

// A matrix product y [m,n] = op(a)·op(b), row-major, whose operands lie at
// multiples of alignment bytes.
struct product_sizes {
	int m, n, k, trans_a, trans_b, alignment;
};

// A product with the algorithm chosen for it.
struct planned {
	CUcontext context;
	cublasLtHandle_t handle;
	cublasLtMatmulDesc_t desc;
	cublasLtMatrixLayout_t a, b, y; // of this library's, whose matrices are column-major: our b, a and y
	cublasLtMatmulHeuristicResult_t chosen;
};

// The calls of cuBLASLt, each in a context. Those that fail in one of several
// calls say in which.
cublasStatus_t cublaslt_open(CUcontext context, cublasLtHandle_t *handle);
cublasStatus_t cublaslt_close(CUcontext context, cublasLtHandle_t handle);
cublasStatus_t cublaslt_plan(struct planned *p, const struct product_sizes *s, uint64_t most_workspace, const char **call);
void cublaslt_forget(struct planned *p);

// cublaslt_multiply computes y = op(a)·op(b) + beta·y.
cublasStatus_t cublaslt_multiply(const struct planned *p, CUdeviceptr y, CUdeviceptr a, CUdeviceptr b, float beta, CUdeviceptr workspace,
	CUstream stream);
const char *cublaslt_error(cublasStatus_t status);
size_t cublaslt_version(void);
