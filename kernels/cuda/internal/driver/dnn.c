//go:build linux && cgo && !nocuda

#define _GNU_SOURCE
#include <dlfcn.h>

#include "dnn.h"

struct cudnn_calls cudnn;

#define LOOK_UP(type, name, params, args) \
	if (!(*(void **)&cudnn.name = dlsym(library, #name))) \
		return #name;

const char *fill_cudnn(void *library) {
	CUDNN_CALLS(LOOK_UP)
	return 0;
}

#define ENTER(context) \
	if (enter(context)) \
		return CUDNN_STATUS_NOT_INITIALIZED;

// TRY makes a call, and returns its code where it fails.
#define TRY(name, ...) \
	do { \
		*call = #name; \
		cudnnStatus_t status = cudnn.name(__VA_ARGS__); \
		if (status) \
			return status; \
	} while (0)

cudnnStatus_t cudnn_open(CUcontext context, CUstream stream, cudnnHandle_t *handle, const char **call) {
	*call = "cuCtxSetCurrent";
	ENTER(context)
	TRY(cudnnCreate, handle);
	TRY(cudnnSetStream, *handle, stream);
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnn_close(CUcontext context, cudnnHandle_t handle) {
	ENTER(context)
	return cudnn.cudnnDestroy(handle);
}

cudnnStatus_t cudnn_describe(struct described *d, const struct conv_sizes *s, cudnnMathType_t math, const char **call) {
	*call = "cuCtxSetCurrent";
	ENTER(d->context)
	TRY(cudnnCreateTensorDescriptor, &d->x);
	TRY(cudnnCreateTensorDescriptor, &d->y);
	TRY(cudnnCreateFilterDescriptor, &d->w);
	TRY(cudnnCreateConvolutionDescriptor, &d->how);
	TRY(cudnnSetTensor4dDescriptor, d->x, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, s->n, s->in_c, s->in_h, s->in_w);
	TRY(cudnnSetTensor4dDescriptor, d->y, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, s->n, s->out_c, s->out_h, s->out_w);
	TRY(cudnnSetFilter4dDescriptor, d->w, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, s->out_c, s->in_c, s->kh, s->kw);
	TRY(cudnnSetConvolution2dDescriptor, d->how, s->pad, s->pad, s->stride, s->stride, s->dil, s->dil, CUDNN_CROSS_CORRELATION,
		CUDNN_DATA_FLOAT);
	TRY(cudnnSetConvolutionMathType, d->how, math);
	return CUDNN_STATUS_SUCCESS;
}

void cudnn_forget(struct described *d) {
	if (enter(d->context))
		return;
	if (d->x)
		cudnn.cudnnDestroyTensorDescriptor(d->x);
	if (d->y)
		cudnn.cudnnDestroyTensorDescriptor(d->y);
	if (d->w)
		cudnn.cudnnDestroyFilterDescriptor(d->w);
	if (d->how)
		cudnn.cudnnDestroyConvolutionDescriptor(d->how);
}

cudnnStatus_t cudnn_workspace(const struct described *d, int direction, int algorithm, size_t *bytes) {
	ENTER(d->context)
	switch (direction) {
	case conv_forward:
		return cudnn.cudnnGetConvolutionForwardWorkspaceSize(d->handle, d->x, d->w, d->how, d->y, algorithm, bytes);
	case conv_backward_data:
		return cudnn.cudnnGetConvolutionBackwardDataWorkspaceSize(d->handle, d->w, d->y, d->how, d->x, algorithm, bytes);
	default:
		return cudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize(d->handle, d->x, d->y, d->how, d->w, algorithm, bytes);
	}
}

static void *at(CUdeviceptr p) { return (void *)(size_t)p; }

cudnnStatus_t cudnn_convolve(const struct described *d, int direction, int algorithm, CUdeviceptr y, CUdeviceptr x, CUdeviceptr w,
	CUdeviceptr workspace, size_t bytes) {
	ENTER(d->context)
	const float one = 1, zero = 0;
	switch (direction) {
	case conv_forward:
		return cudnn.cudnnConvolutionForward(d->handle, &one, d->x, at(x), d->w, at(w), d->how, algorithm, at(workspace), bytes, &zero, d->y,
			at(y));
	case conv_backward_data:
		return cudnn.cudnnConvolutionBackwardData(d->handle, &one, d->w, at(w), d->y, at(x), d->how, algorithm, at(workspace), bytes, &zero,
			d->x, at(y));
	default:
		return cudnn.cudnnConvolutionBackwardFilter(d->handle, &one, d->x, at(x), d->y, at(w), d->how, algorithm, at(workspace), bytes, &zero,
			d->w, at(y));
	}
}

const char *cudnn_error(cudnnStatus_t status) { return cudnn.cudnnGetErrorString(status); }
size_t cudnn_version(void) { return cudnn.cudnnGetVersion(); }
