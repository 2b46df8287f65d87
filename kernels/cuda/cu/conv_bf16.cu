// Convolutions on the tensor cores, operands rounded to bf16. The number in a name is
// the height of a block's tile: results of few channels take a low one.
#include "conv.cuh"
#include "tensor.cuh"

extern "C" __global__ void __launch_bounds__(256) conv_forward_bf16_128(ConvArguments c) {
	__shared__ Stages<128, wide, Weights, Patches> s;
	forward<Tensor<Bf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_forward_bf16_64(ConvArguments c) {
	__shared__ Stages<64, wide, Weights, Patches> s;
	forward<Tensor<Bf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_forward_bf16_32(ConvArguments c) {
	__shared__ Stages<32, wide, Weights, Patches> s;
	forward<Tensor<Bf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_data_bf16_128(ConvArguments c) {
	__shared__ Stages<128, wide, TurnedWeights, Sources> s;
	backward_data<Tensor<Bf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_data_bf16_64(ConvArguments c) {
	__shared__ Stages<64, wide, TurnedWeights, Sources> s;
	backward_data<Tensor<Bf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_data_bf16_32(ConvArguments c) {
	__shared__ Stages<32, wide, TurnedWeights, Sources> s;
	backward_data<Tensor<Bf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_weights_bf16_128(ConvArguments c) {
	__shared__ Stages<128, wide, Gradients, Inputs> s;
	backward_weights<Tensor<Bf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_weights_bf16_64(ConvArguments c) {
	__shared__ Stages<64, wide, Gradients, Inputs> s;
	backward_weights<Tensor<Bf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_weights_bf16_32(ConvArguments c) {
	__shared__ Stages<32, wide, Gradients, Inputs> s;
	backward_weights<Tensor<Bf16>>(s, c);
}
