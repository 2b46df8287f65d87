//go:build linux && cgo && !nocuda

#define _GNU_SOURCE
#include <dlfcn.h>

#include "blas.h"

struct cublaslt_calls cublaslt;

#define LOOK_UP(type, name, params, args) \
	if (!(*(void **)&cublaslt.name = dlsym(library, #name))) \
		return #name;

const char *fill_cublaslt(void *library) {
	CUBLASLT_CALLS(LOOK_UP)
	return 0;
}

#define ENTER(context) \
	if (enter(context)) \
		return CUBLAS_STATUS_NOT_INITIALIZED;

// TRY calls a function and returns its name and status where it fails.
#define TRY(name, ...) \
	do { \
		*call = #name; \
		cublasStatus_t failed = cublaslt.name(__VA_ARGS__); \
		if (failed != CUBLAS_STATUS_SUCCESS) \
			return failed; \
	} while (0)

cublasStatus_t cublaslt_open(CUcontext context, cublasLtHandle_t *handle) {
	ENTER(context)
	return cublaslt.cublasLtCreate(handle);
}

cublasStatus_t cublaslt_close(CUcontext context, cublasLtHandle_t handle) {
	ENTER(context)
	return cublaslt.cublasLtDestroy(handle);
}

// prefer says which algorithms may be chosen: those that need no more memory, and
// that add parts up out of place, in an order that is always the same.
static cublasStatus_t prefer(cublasLtMatmulPreference_t p, uint64_t most_workspace, uint32_t alignment, const char **call) {
	uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE | CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE;
	TRY(cublasLtMatmulPreferenceSetAttribute, p, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most_workspace, sizeof most_workspace);
	TRY(cublasLtMatmulPreferenceSetAttribute, p, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &reductions, sizeof reductions);
	TRY(cublasLtMatmulPreferenceSetAttribute, p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, &alignment, sizeof alignment);
	TRY(cublasLtMatmulPreferenceSetAttribute, p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &alignment, sizeof alignment);
	TRY(cublasLtMatmulPreferenceSetAttribute, p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, &alignment, sizeof alignment);
	TRY(cublasLtMatmulPreferenceSetAttribute, p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, &alignment, sizeof alignment);
	return CUBLAS_STATUS_SUCCESS;
}

// choose asks for the algorithm that should be fastest.
static cublasStatus_t choose(struct planned *p, cublasLtMatmulPreference_t preference, const char **call) {
	int found = 0;
	TRY(cublasLtMatmulAlgoGetHeuristic, p->handle, p->desc, p->a, p->b, p->y, p->y, preference, 1, &p->chosen, &found);
	return found ? p->chosen.state : CUBLAS_STATUS_NOT_SUPPORTED;
}

cublasStatus_t cublaslt_plan(struct planned *p, const struct product_sizes *s, uint64_t most_workspace, const char **call) {
	*call = "cuCtxSetCurrent";
	ENTER(p->context)
	cublasOperation_t first = s->trans_b ? CUBLAS_OP_T : CUBLAS_OP_N, second = s->trans_a ? CUBLAS_OP_T : CUBLAS_OP_N;
	TRY(cublasLtMatmulDescCreate, &p->desc, CUBLAS_COMPUTE_32F, CUDA_R_32F);
	TRY(cublasLtMatmulDescSetAttribute, p->desc, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first);
	TRY(cublasLtMatmulDescSetAttribute, p->desc, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second);
	// A row-major matrix is a column-major one transposed, so yᵀ = op(b)ᵀ·op(a)ᵀ.
	int b_rows = s->trans_b ? s->k : s->n, b_cols = s->trans_b ? s->n : s->k;
	int a_rows = s->trans_a ? s->m : s->k, a_cols = s->trans_a ? s->k : s->m;
	TRY(cublasLtMatrixLayoutCreate, &p->a, CUDA_R_32F, b_rows, b_cols, b_rows);
	TRY(cublasLtMatrixLayoutCreate, &p->b, CUDA_R_32F, a_rows, a_cols, a_rows);
	TRY(cublasLtMatrixLayoutCreate, &p->y, CUDA_R_32F, s->n, s->m, s->n);
	cublasLtMatmulPreference_t preference = 0;
	TRY(cublasLtMatmulPreferenceCreate, &preference);
	cublasStatus_t status = prefer(preference, most_workspace, s->alignment, call);
	if (status == CUBLAS_STATUS_SUCCESS)
		status = choose(p, preference, call);
	cublaslt.cublasLtMatmulPreferenceDestroy(preference);
	return status;
}

void cublaslt_forget(struct planned *p) {
	if (enter(p->context))
		return;
	if (p->desc)
		cublaslt.cublasLtMatmulDescDestroy(p->desc);
	if (p->a)
		cublaslt.cublasLtMatrixLayoutDestroy(p->a);
	if (p->b)
		cublaslt.cublasLtMatrixLayoutDestroy(p->b);
	if (p->y)
		cublaslt.cublasLtMatrixLayoutDestroy(p->y);
}

cublasStatus_t cublaslt_multiply(const struct planned *p, CUdeviceptr y, CUdeviceptr a, CUdeviceptr b, float beta, CUdeviceptr workspace,
	CUstream stream) {
	ENTER(p->context)
	float alpha = 1;
	return cublaslt.cublasLtMatmul(p->handle, p->desc, &alpha, (const void *)b, p->a, (const void *)a, p->b, &beta, (const void *)y, p->y,
		(void *)y, p->y, &p->chosen.algo, (void *)workspace, p->chosen.workspaceSize, stream);
}

const char *cublaslt_error(cublasStatus_t status) { return cublaslt.cublasLtGetStatusName(status); }
size_t cublaslt_version(void) { return cublaslt.cublasLtGetVersion(); }
