// Convolutions by warpgroups, operands rounded to TF32. The number in a name is the
// height of a block's tile.
#include "conv.cuh"
#include "hopper.cuh"

extern "C" __global__ void __launch_bounds__(256) conv_forward_tf32_wgmma_128(ConvArguments c) {
	__shared__ GroupStages<128> s;
	forward<Hopper<GroupTf32>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_forward_tf32_wgmma_64(ConvArguments c) {
	__shared__ GroupStages<64> s;
	forward<Hopper<GroupTf32>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_data_tf32_wgmma_128(ConvArguments c) {
	__shared__ GroupStages<128> s;
	backward_data<Hopper<GroupTf32>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_data_tf32_wgmma_64(ConvArguments c) {
	__shared__ GroupStages<64> s;
	backward_data<Hopper<GroupTf32>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_weights_tf32_wgmma_128(ConvArguments c) {
	__shared__ GroupStages<128> s;
	backward_weights<Hopper<GroupTf32>>(s, c);
}

extern "C" __global__ void __launch_bounds__(256) conv_backward_weights_tf32_wgmma_64(ConvArguments c) {
	__shared__ GroupStages<64> s;
	backward_weights<Hopper<GroupTf32>>(s, c);
}
