// Convolutions by warpgroups, operands rounded to bf16. The number in a name is the
// height of a block's tile.
#include "conv.cuh"
#include "hopper.cuh"

extern "C" __global__ void __launch_bounds__(256) conv_forward_bf16_wgmma_128(ConvArguments c) {
	__shared__ GroupStages<128> s;
	forward<Hopper<GroupBf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_forward_bf16_wgmma_64(ConvArguments c) {
	__shared__ GroupStages<64> s;
	forward<Hopper<GroupBf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_data_bf16_wgmma_128(ConvArguments c) {
	__shared__ GroupStages<128> s;
	backward_data<Hopper<GroupBf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_data_bf16_wgmma_64(ConvArguments c) {
	__shared__ GroupStages<64> s;
	backward_data<Hopper<GroupBf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_weights_bf16_wgmma_128(ConvArguments c) {
	__shared__ GroupStages<128> s;
	backward_weights<Hopper<GroupBf16>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_weights_bf16_wgmma_64(ConvArguments c) {
	__shared__ GroupStages<64> s;
	backward_weights<Hopper<GroupBf16>>(s, c);
}
