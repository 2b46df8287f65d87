// cuDNN without a GPU: convolutions by plain loops over host memory. It refuses
// what cuDNN would: handles without a stream, descriptions that were not set or do
// not fit, pointers that are not aligned, workspaces that are too small; it fills
// those it gets. STANDIN_CUDNN_FAIL names a call that fails.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>

// standin_submit does work in a stream of the driver, or has it recorded.
extern "C" int standin_submit(void *stream, const std::function<int()> &work);

enum Status { success = 0, not_initialized = 1001, bad_param = 2000, not_supported = 3000, internal_error = 4000 };

struct Handle {
	void *stream;
};
struct Tensor {
	int n, c, h, w;
};
struct How {
	int pad, stride, dil, math;
};

static bool fails(const char *call) {
	const char *v = getenv("STANDIN_CUDNN_FAIL");
	return v && !strcmp(v, call);
}

#define CALL(name) \
	if (fails(#name)) \
		return internal_error;

// bytes is an algorithm's workspace, or -1 where it does not know the convolution.
static long bytes(int direction, int algorithm, const How *how) {
	if (direction)
		return algorithm == 1 ? 4096 : -1; // others are not deterministic, or transform
	if (algorithm == 2 && how->dil > 1)
		return -1;
	return algorithm >= 0 && algorithm <= 2 ? 1024 * algorithm : -1;
}

static bool fits(const Tensor *x, const Tensor *w, const How *how, const Tensor *y) {
	auto out = [how](int in, int k) { return (in + 2 * how->pad - how->dil * (k - 1) - 1) / how->stride + 1; };
	return x->n > 0 && y->n == x->n && w->c == x->c && w->n == y->c && y->h == out(x->h, w->h) && y->w == out(x->w, w->w);
}

static Status workspace(int direction, const Handle *h, const Tensor *x, const Tensor *w, const How *how, const Tensor *y, int algorithm,
	size_t *size) {
	if (!h || !h->stream)
		return not_initialized;
	if (!fits(x, w, how, y))
		return bad_param;
	long b = bytes(direction, algorithm, how);
	return b < 0 ? not_supported : (*size = b, success);
}

// factor is what tensor cores make of a number, unless they are not to be used.
static double factor(float v, const How *how) {
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	if (how->math == 3 || !std::isfinite(v))
		return v;
	bits = (bits + 0x1000) & ~0x1fffu;
	memcpy(&v, &bits, sizeof v);
	return v;
}

// multiply adds up result[i] += p*q over all products of a convolution.
static int multiply(int direction, const Tensor *x, const void *xs, const Tensor *w, const void *ws, const How *how, const Tensor *y,
	const void *ys, void *space, size_t needs) {
	memset(space, 0xff, needs);
	const float *p = static_cast<const float *>(direction == 1 ? ys : xs), *q = static_cast<const float *>(direction == 2 ? ys : ws);
	float *result = static_cast<float *>(const_cast<void *>(direction == 0 ? ys : direction == 1 ? xs : ws));
	size_t count = direction == 0 ? size_t(y->n) * y->c * y->h * y->w : direction == 1 ? size_t(x->n) * x->c * x->h * x->w : size_t(w->n) * w->c * w->h * w->w;
	double *sums = static_cast<double *>(calloc(count, sizeof(double)));
	for (int n = 0; n < y->n; n++)
		for (int oc = 0; oc < y->c; oc++)
			for (int oh = 0; oh < y->h; oh++)
				for (int ow = 0; ow < y->w; ow++)
					for (int ic = 0; ic < x->c; ic++)
						for (int kh = 0; kh < w->h; kh++)
							for (int kw = 0; kw < w->w; kw++) {
								int ih = oh * how->stride - how->pad + kh * how->dil, iw = ow * how->stride - how->pad + kw * how->dil;
								if (ih < 0 || ih >= x->h || iw < 0 || iw >= x->w)
									continue;
								size_t iy = ((size_t(n) * y->c + oc) * y->h + oh) * y->w + ow, ix = ((size_t(n) * x->c + ic) * x->h + ih) * x->w + iw;
								size_t k = ((size_t(oc) * w->c + ic) * w->h + kh) * w->w + kw;
								size_t to = direction == 0 ? iy : direction == 1 ? ix : k;
								sums[to] += factor(p[direction == 1 ? iy : ix], how) * factor(q[direction == 2 ? iy : k], how);
							}
	for (size_t i = 0; i < count; i++)
		result[i] = float(sums[i]);
	free(sums);
	return success;
}

// convolve checks a convolution and queues it.
static Status convolve(int direction, const Handle *h, const float *alpha, const float *beta, const Tensor *x, const void *xs, const Tensor *w,
	const void *ws, const How *how, const Tensor *y, const void *ys, int algorithm, void *space, size_t size) {
	size_t needs;
	if (Status s = workspace(direction, h, x, w, how, y, algorithm, &needs))
		return s;
	if (*alpha != 1 || *beta != 0 || size < needs || (needs && !space) || ((uintptr_t(xs) | uintptr_t(ws) | uintptr_t(ys)) & 15))
		return bad_param;
	auto work = [=, x = *x, w = *w, how = *how, y = *y] { return multiply(direction, &x, xs, &w, ws, &how, &y, ys, space, needs); };
	return Status(standin_submit(h->stream, work));
}

extern "C" {

size_t cudnnGetVersion() { return 90600; }
const char *cudnnGetErrorString(int status) {
	switch (status) {
	case success:
		return "CUDNN_STATUS_SUCCESS";
	case not_initialized:
		return "CUDNN_STATUS_NOT_INITIALIZED";
	case bad_param:
		return "CUDNN_STATUS_BAD_PARAM";
	case not_supported:
		return "CUDNN_STATUS_NOT_SUPPORTED";
	}
	return "CUDNN_STATUS_INTERNAL_ERROR";
}
int cudnnCreate(Handle **h) {
	CALL(cudnnCreate)
	return *h = new Handle(), success;
}
int cudnnDestroy(Handle *h) { return delete h, success; }
int cudnnSetStream(Handle *h, void *stream) { return h->stream = stream, success; }
int cudnnCreateTensorDescriptor(Tensor **t) { return *t = new Tensor(), success; }
int cudnnDestroyTensorDescriptor(Tensor *t) { return delete t, success; }
int cudnnSetTensor4dDescriptor(Tensor *t, int format, int type, int n, int c, int h, int w) {
	if (format || type)
		return bad_param;
	return *t = {n, c, h, w}, success;
}
int cudnnCreateFilterDescriptor(Tensor **t) { return *t = new Tensor(), success; }
int cudnnDestroyFilterDescriptor(Tensor *t) { return delete t, success; }
int cudnnSetFilter4dDescriptor(Tensor *t, int type, int format, int k, int c, int h, int w) {
	if (format || type)
		return bad_param;
	return *t = {k, c, h, w}, success;
}
int cudnnCreateConvolutionDescriptor(How **how) { return *how = new How(), success; }
int cudnnDestroyConvolutionDescriptor(How *how) { return delete how, success; }
int cudnnSetConvolution2dDescriptor(How *how, int pad_h, int pad_w, int stride_h, int stride_w, int dil_h, int dil_w, int mode, int type) {
	if (pad_h != pad_w || stride_h != stride_w || dil_h != dil_w || mode != 1 || type)
		return bad_param;
	return *how = {pad_h, stride_h, dil_h, 0}, success;
}
int cudnnSetConvolutionMathType(How *how, int math) { return how->math = math, success; }

int cudnnGetConvolutionForwardWorkspaceSize(Handle *h, Tensor *x, Tensor *w, How *how, Tensor *y, int algorithm, size_t *size) {
	return workspace(0, h, x, w, how, y, algorithm, size);
}
int cudnnGetConvolutionBackwardDataWorkspaceSize(Handle *h, Tensor *w, Tensor *dy, How *how, Tensor *dx, int algorithm, size_t *size) {
	return workspace(1, h, dx, w, how, dy, algorithm, size);
}
int cudnnGetConvolutionBackwardFilterWorkspaceSize(Handle *h, Tensor *x, Tensor *dy, How *how, Tensor *dw, int algorithm, size_t *size) {
	return workspace(2, h, x, dw, how, dy, algorithm, size);
}
int cudnnConvolutionForward(Handle *h, const float *alpha, Tensor *xs, const void *x, Tensor *ws, const void *w, How *how, int algorithm,
	void *space, size_t size, const float *beta, Tensor *ys, void *y) {
	CALL(cudnnConvolutionForward)
	return convolve(0, h, alpha, beta, xs, x, ws, w, how, ys, y, algorithm, space, size);
}
int cudnnConvolutionBackwardData(Handle *h, const float *alpha, Tensor *ws, const void *w, Tensor *dys, const void *dy, How *how, int algorithm,
	void *space, size_t size, const float *beta, Tensor *dxs, void *dx) {
	CALL(cudnnConvolutionBackwardData)
	return convolve(1, h, alpha, beta, dxs, dx, ws, w, how, dys, dy, algorithm, space, size);
}
int cudnnConvolutionBackwardFilter(Handle *h, const float *alpha, Tensor *xs, const void *x, Tensor *dys, const void *dy, How *how,
	int algorithm, void *space, size_t size, const float *beta, Tensor *dws, void *dw) {
	CALL(cudnnConvolutionBackwardFilter)
	return convolve(2, h, alpha, beta, xs, x, dws, dw, how, dys, dy, algorithm, space, size);
}
}
