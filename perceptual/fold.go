package perceptual

import (
	"fmt"
	"math"
	"strings"

	"github.com/org/trustmae/internal/safetensors"
)

// normEps is the constant in the batch norms of torchvision's networks.
const normEps = 1e-5

// normParts are the tensors of a batch norm that fold into a convolution, in the
// order of a state dictionary.
var normParts = [...]string{"weight", "bias", "running_mean", "running_var"}

// withNorms lists the tensors of files in which a batch norm stands for the bias
// of each convolution of params.
func withNorms(params []param) []param {
	var list []param
	for _, p := range params {
		conv, isBias := strings.CutSuffix(p.name, ".bias")
		if !isBias {
			list = append(list, p)
			continue
		}
		for _, part := range normParts {
			list = append(list, param{normOf(conv) + "." + part, p.shape})
		}
	}
	return list
}

// foldNorms turns each kernel [O,I,K,K] and the batch norm behind it, in the
// order of [withNorms], into the kernel and bias that compute both:
//
//	gamma·(w∗x − mean)/√(variance + eps) + beta
//
// It writes over the kernels. A variance below zero is an error.
func foldNorms(tensors []safetensors.Tensor) ([]safetensors.Tensor, error) {
	var folded []safetensors.Tensor
	for ; len(tensors) > 0; tensors = tensors[1+len(normParts):] {
		kernel, gamma, beta, mean, variance := tensors[0], tensors[1], tensors[2], tensors[3], tensors[4]
		bias := safetensors.Tensor{
			Name: strings.TrimSuffix(kernel.Name, "weight") + "bias", DType: safetensors.F32,
			Shape: gamma.Shape, Data: make([]float32, len(gamma.Data)),
		}
		filter := len(kernel.Data) / len(gamma.Data)
		for o := range bias.Data {
			if v := variance.Data[o]; v < 0 {
				return nil, fmt.Errorf("tensor %s: value %d is %v, want no variance below 0: the file is damaged", variance.Name, o, v)
			}
			scale := float64(gamma.Data[o]) / math.Sqrt(float64(variance.Data[o])+normEps)
			bias.Data[o] = float32(float64(beta.Data[o]) - float64(mean.Data[o])*scale)
			for i := range filter {
				kernel.Data[o*filter+i] = float32(float64(kernel.Data[o*filter+i]) * scale)
			}
		}
		folded = append(folded, kernel, bias)
	}
	return folded, nil
}
