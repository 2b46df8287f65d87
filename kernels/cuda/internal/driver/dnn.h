// Prototypes of cuDNN 9's convolutions, written from its documentation. With
// CUDNN_VENDOR defined they use the types of the vendor's header, which has to be
// included first: that is how a test compares them.

#include "calls.h"

#ifndef CUDNN_VENDOR
typedef int cudnnStatus_t, cudnnTensorFormat_t, cudnnDataType_t, cudnnConvolutionMode_t, cudnnMathType_t;
typedef int cudnnConvolutionFwdAlgo_t, cudnnConvolutionBwdDataAlgo_t, cudnnConvolutionBwdFilterAlgo_t;
typedef struct CUstream_st *cudaStream_t;
typedef struct cudnnContext *cudnnHandle_t;
typedef struct cudnnTensorStruct *cudnnTensorDescriptor_t;
typedef struct cudnnFilterStruct *cudnnFilterDescriptor_t;
typedef struct cudnnConvolutionStruct *cudnnConvolutionDescriptor_t;
enum { CUDNN_STATUS_SUCCESS = 0, CUDNN_STATUS_NOT_INITIALIZED = 1001 };
enum { CUDNN_TENSOR_NCHW = 0, CUDNN_DATA_FLOAT = 0, CUDNN_CROSS_CORRELATION = 1 };
enum { CUDNN_DEFAULT_MATH = 0, CUDNN_FMA_MATH = 3 };
#endif

#define CUDNN_CALLS(X) \
	X(size_t, cudnnGetVersion, (void), ()) \
	X(const char *, cudnnGetErrorString, (cudnnStatus_t status), (status)) \
	X(cudnnStatus_t, cudnnCreate, (cudnnHandle_t *handle), (handle)) \
	X(cudnnStatus_t, cudnnDestroy, (cudnnHandle_t handle), (handle)) \
	X(cudnnStatus_t, cudnnSetStream, (cudnnHandle_t handle, cudaStream_t stream), (handle, stream)) \
	X(cudnnStatus_t, cudnnCreateTensorDescriptor, (cudnnTensorDescriptor_t *tensor), (tensor)) \
	X(cudnnStatus_t, cudnnDestroyTensorDescriptor, (cudnnTensorDescriptor_t tensor), (tensor)) \
	X(cudnnStatus_t, cudnnSetTensor4dDescriptor, (cudnnTensorDescriptor_t tensor, cudnnTensorFormat_t format, cudnnDataType_t type, \
		int n, int c, int h, int w), (tensor, format, type, n, c, h, w)) \
	X(cudnnStatus_t, cudnnCreateFilterDescriptor, (cudnnFilterDescriptor_t *filter), (filter)) \
	X(cudnnStatus_t, cudnnDestroyFilterDescriptor, (cudnnFilterDescriptor_t filter), (filter)) \
	X(cudnnStatus_t, cudnnSetFilter4dDescriptor, (cudnnFilterDescriptor_t filter, cudnnDataType_t type, cudnnTensorFormat_t format, \
		int k, int c, int h, int w), (filter, type, format, k, c, h, w)) \
	X(cudnnStatus_t, cudnnCreateConvolutionDescriptor, (cudnnConvolutionDescriptor_t *how), (how)) \
	X(cudnnStatus_t, cudnnDestroyConvolutionDescriptor, (cudnnConvolutionDescriptor_t how), (how)) \
	X(cudnnStatus_t, cudnnSetConvolution2dDescriptor, (cudnnConvolutionDescriptor_t how, int pad_h, int pad_w, int stride_h, int stride_w, \
		int dil_h, int dil_w, cudnnConvolutionMode_t mode, cudnnDataType_t type), \
		(how, pad_h, pad_w, stride_h, stride_w, dil_h, dil_w, mode, type)) \
	X(cudnnStatus_t, cudnnSetConvolutionMathType, (cudnnConvolutionDescriptor_t how, cudnnMathType_t math), (how, math)) \
	X(cudnnStatus_t, cudnnGetConvolutionForwardWorkspaceSize, (cudnnHandle_t handle, const cudnnTensorDescriptor_t x, \
		const cudnnFilterDescriptor_t w, const cudnnConvolutionDescriptor_t how, const cudnnTensorDescriptor_t y, \
		cudnnConvolutionFwdAlgo_t algorithm, size_t *bytes), (handle, x, w, how, y, algorithm, bytes)) \
	X(cudnnStatus_t, cudnnGetConvolutionBackwardDataWorkspaceSize, (cudnnHandle_t handle, const cudnnFilterDescriptor_t w, \
		const cudnnTensorDescriptor_t dy, const cudnnConvolutionDescriptor_t how, const cudnnTensorDescriptor_t dx, \
		cudnnConvolutionBwdDataAlgo_t algorithm, size_t *bytes), (handle, w, dy, how, dx, algorithm, bytes)) \
	X(cudnnStatus_t, cudnnGetConvolutionBackwardFilterWorkspaceSize, (cudnnHandle_t handle, const cudnnTensorDescriptor_t x, \
		const cudnnTensorDescriptor_t dy, const cudnnConvolutionDescriptor_t how, const cudnnFilterDescriptor_t dw, \
		cudnnConvolutionBwdFilterAlgo_t algorithm, size_t *bytes), (handle, x, dy, how, dw, algorithm, bytes)) \
	X(cudnnStatus_t, cudnnConvolutionForward, (cudnnHandle_t handle, const void *alpha, const cudnnTensorDescriptor_t xs, const void *x, \
		const cudnnFilterDescriptor_t ws, const void *w, const cudnnConvolutionDescriptor_t how, cudnnConvolutionFwdAlgo_t algorithm, \
		void *workspace, size_t bytes, const void *beta, const cudnnTensorDescriptor_t ys, void *y), \
		(handle, alpha, xs, x, ws, w, how, algorithm, workspace, bytes, beta, ys, y)) \
	X(cudnnStatus_t, cudnnConvolutionBackwardData, (cudnnHandle_t handle, const void *alpha, const cudnnFilterDescriptor_t ws, const void *w, \
		const cudnnTensorDescriptor_t dys, const void *dy, const cudnnConvolutionDescriptor_t how, cudnnConvolutionBwdDataAlgo_t algorithm, \
		void *workspace, size_t bytes, const void *beta, const cudnnTensorDescriptor_t dxs, void *dx), \
		(handle, alpha, ws, w, dys, dy, how, algorithm, workspace, bytes, beta, dxs, dx)) \
	X(cudnnStatus_t, cudnnConvolutionBackwardFilter, (cudnnHandle_t handle, const void *alpha, const cudnnTensorDescriptor_t xs, const void *x, \
		const cudnnTensorDescriptor_t dys, const void *dy, const cudnnConvolutionDescriptor_t how, cudnnConvolutionBwdFilterAlgo_t algorithm, \
		void *workspace, size_t bytes, const void *beta, const cudnnFilterDescriptor_t dws, void *dw), \
		(handle, alpha, xs, x, dys, dy, how, algorithm, workspace, bytes, beta, dws, dw))

struct cudnn_calls {
	CUDNN_CALLS(FIELD)
};
extern struct cudnn_calls cudnn;

// fill_cudnn looks the functions up, and returns the name of one that is missing,
// or 0.
const char *fill_cudnn(void *library);

// A convolution's sizes, as kernels.ConvShape has them.
struct conv_sizes {
	int n, in_c, in_h, in_w, out_c, out_h, out_w, kh, kw, stride, pad, dil;
};

// Directions of convolutions.
enum { conv_forward, conv_backward_data, conv_backward_filter };

// A described convolution of a handle.
struct described {
	CUcontext context;
	cudnnHandle_t handle;
	cudnnTensorDescriptor_t x, y;
	cudnnFilterDescriptor_t w;
	cudnnConvolutionDescriptor_t how;
};

// The calls of cuDNN, each in a context. Those that fail in one of several calls
// say in which.
cudnnStatus_t cudnn_open(CUcontext context, CUstream stream, cudnnHandle_t *handle, const char **call);
cudnnStatus_t cudnn_close(CUcontext context, cudnnHandle_t handle);
cudnnStatus_t cudnn_describe(struct described *d, const struct conv_sizes *s, cudnnMathType_t math, const char **call);
void cudnn_forget(struct described *d);
cudnnStatus_t cudnn_workspace(const struct described *d, int direction, int algorithm, size_t *bytes);

// cudnn_convolve computes the result y from x and w: for backward_data dx from dy
// and w, for backward_filter dw from x and dy.
cudnnStatus_t cudnn_convolve(const struct described *d, int direction, int algorithm, CUdeviceptr y, CUdeviceptr x, CUdeviceptr w,
	CUdeviceptr workspace, size_t bytes);
const char *cudnn_error(cudnnStatus_t status);
size_t cudnn_version(void);
