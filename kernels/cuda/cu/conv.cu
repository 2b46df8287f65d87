// Convolutions in single precision.
#include "conv.cuh"

// conv_forward computes y from x.
extern "C" __global__ void __launch_bounds__(256) conv_forward(ConvArguments c) {
	__shared__ Stages<Single::columns, Single::columns, Weights, Patches> s;
	forward<Single>(s, c);
}

// conv_backward_data computes the gradient of x, which is also the transposed
// convolution's forward pass.
extern "C" __global__ void __launch_bounds__(256) conv_backward_data(ConvArguments c) {
	__shared__ Stages<Single::columns, Single::columns, TurnedWeights, Sources> s;
	backward_data<Single>(s, c);
}

// conv_backward_weights computes the gradient of the weights.
extern "C" __global__ void __launch_bounds__(256) conv_backward_weights(ConvArguments c) {
	__shared__ Stages<Single::columns, Single::columns, Gradients, Inputs> s;
	backward_weights<Single>(s, c);
}

// conv_sum adds the parts of a convolution's result y [n,channels,area], in order,
// with bias, which may be 0, and activation.
extern "C" __global__ void conv_sum(float *y, const float *partial, const float *bias, unsigned n, unsigned parts, unsigned channels,
	unsigned area, float slope) {
	for (unsigned i = first(); i < n; i += step()) {
		double sum = parts_sum(0, partial, n, parts, i);
		if (bias)
			sum += bias[i / area % channels];
		y[i] = activate(float(sum), slope);
	}
}
