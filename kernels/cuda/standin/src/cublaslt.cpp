// cuBLASLt without a GPU: products by plain loops over host memory. It refuses what
// cuBLASLt would: descriptions that do not fit each other, pointers that are not as
// aligned as promised, workspaces that are too small; it fills those it gets.
// STANDIN_CUBLASLT_FAIL names a call that fails.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <vector>

// standin_submit does work in a stream of the driver, or has it recorded.
extern "C" int standin_submit(void *stream, const std::function<int()> &work);

namespace {

enum Status { success = 0, not_initialized = 1, invalid_value = 7, not_supported = 15, internal_error = 14 };

struct Desc {
	int trans_a = 0, trans_b = 0;
};
struct Layout {
	uint64_t rows, cols;
	int64_t ld;
};
struct Preference {
	std::map<int, uint64_t> values;
};
struct Algo {
	uint64_t data[8];
};
struct Result {
	Algo algo;
	size_t workspace;
	int state;
	float waves;
	int reserved[4];
};

constexpr size_t needs = 4096; // bytes of workspace

bool fails(const char *call) {
	const char *v = getenv("STANDIN_CUBLASLT_FAIL");
	return v && !strcmp(v, call);
}

uint64_t rows(const Layout &x, int trans) { return trans ? x.cols : x.rows; }
uint64_t cols(const Layout &x, int trans) { return trans ? x.rows : x.cols; }

bool fit(const Desc &d, const Layout &a, const Layout &b, const Layout &y) {
	return rows(a, d.trans_a) == y.rows && cols(b, d.trans_b) == y.cols && cols(a, d.trans_a) == rows(b, d.trans_b) &&
		a.ld >= int64_t(a.rows) && b.ld >= int64_t(b.rows) && y.ld >= int64_t(y.rows);
}

float at(const float *x, const Layout &l, int trans, uint64_t r, uint64_t c) { return trans ? x[r * l.ld + c] : x[c * l.ld + r]; }

int multiply(const Desc &d, const float *a, const Layout &la, const float *b, const Layout &lb, float beta, float *y, const Layout &ly,
	void *workspace) {
	memset(workspace, 0xff, needs);
	std::vector<float> result(ly.rows * ly.cols);
	for (uint64_t c = 0; c < ly.cols; c++)
		for (uint64_t r = 0; r < ly.rows; r++) {
			double sum = beta == 0 ? 0 : double(beta) * y[c * ly.ld + r];
			for (uint64_t k = 0; k < cols(la, d.trans_a); k++)
				sum += double(at(a, la, d.trans_a, r, k)) * at(b, lb, d.trans_b, k, c);
			result[c * ly.rows + r] = float(sum);
		}
	for (uint64_t c = 0; c < ly.cols; c++)
		memcpy(y + c * ly.ld, &result[c * ly.rows], ly.rows * sizeof(float));
	return 0;
}

} // namespace

#define CALL(name) \
	if (fails(#name)) \
		return internal_error;

extern "C" {

size_t cublasLtGetVersion() { return 120500; }
const char *cublasLtGetStatusName(int status) {
	switch (status) {
	case success:
		return "CUBLAS_STATUS_SUCCESS";
	case not_initialized:
		return "CUBLAS_STATUS_NOT_INITIALIZED";
	case invalid_value:
		return "CUBLAS_STATUS_INVALID_VALUE";
	case not_supported:
		return "CUBLAS_STATUS_NOT_SUPPORTED";
	}
	return "CUBLAS_STATUS_INTERNAL_ERROR";
}
int cublasLtCreate(void **handle) {
	CALL(cublasLtCreate)
	return *handle = malloc(1), success;
}
int cublasLtDestroy(void *handle) { return free(handle), success; }
int cublasLtMatmulDescCreate(Desc **d, int compute, int scale) {
	if (compute != 68 || scale != 0) // single precision
		return invalid_value;
	return *d = new Desc(), success;
}
int cublasLtMatmulDescDestroy(Desc *d) { return delete d, success; }
int cublasLtMatmulDescSetAttribute(Desc *d, int attribute, const void *value, size_t bytes) {
	if (bytes != sizeof(int) || (attribute != 3 && attribute != 4))
		return invalid_value;
	memcpy(attribute == 3 ? &d->trans_a : &d->trans_b, value, bytes);
	return success;
}
int cublasLtMatrixLayoutCreate(Layout **l, int type, uint64_t rows, uint64_t cols, int64_t ld) {
	if (type || !rows || !cols)
		return invalid_value;
	return *l = new Layout{rows, cols, ld}, success;
}
int cublasLtMatrixLayoutDestroy(Layout *l) { return delete l, success; }
int cublasLtMatmulPreferenceCreate(Preference **p) { return *p = new Preference(), success; }
int cublasLtMatmulPreferenceDestroy(Preference *p) { return delete p, success; }
int cublasLtMatmulPreferenceSetAttribute(Preference *p, int attribute, const void *value, size_t bytes) {
	if (bytes != (attribute == 1 ? sizeof(uint64_t) : sizeof(uint32_t)) || attribute < 1 || attribute > 8)
		return invalid_value;
	memcpy(&p->values[attribute], value, bytes);
	return success;
}
int cublasLtMatmulAlgoGetHeuristic(void *handle, Desc *d, Layout *a, Layout *b, Layout *c, Layout *y, Preference *p, int count, Result *results,
	int *found) {
	CALL(cublasLtMatmulAlgoGetHeuristic)
	if (!handle)
		return not_initialized;
	if (count < 1 || c != y || !fit(*d, *a, *b, *y))
		return invalid_value;
	// the algorithm adds up out of place, and remembers what it was promised
	if (p->values[1] < needs || !(p->values[3] & 2) || p->values[3] & 1)
		return *found = 0, not_supported;
	*results = {{{p->values[5] | p->values[6] | p->values[7] | p->values[8]}}, needs, success, 1, {}};
	return *found = 1, success;
}
int cublasLtMatmul(void *handle, Desc *d, const float *alpha, const void *a, Layout *la, const void *b, Layout *lb, const float *beta,
	const void *c, Layout *lc, void *y, Layout *ly, const Algo *algo, void *workspace, size_t bytes, void *stream) {
	CALL(cublasLtMatmul)
	if (!handle)
		return not_initialized;
	if (*alpha != 1 || c != y || lc != ly || !fit(*d, *la, *lb, *ly) || bytes < needs || !workspace)
		return invalid_value;
	if ((uintptr_t(a) | uintptr_t(b) | uintptr_t(y)) & (algo->data[0] - 1))
		return invalid_value;
	auto work = [=, d = *d, la = *la, lb = *lb, ly = *ly, beta = *beta] {
		return multiply(d, static_cast<const float *>(a), la, static_cast<const float *>(b), lb, beta, static_cast<float *>(y), ly, workspace);
	};
	return standin_submit(stream, work);
}
}
