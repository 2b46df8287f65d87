package nn

import (
	"fmt"

	"github.com/org/trustmae/autograd"
)

// HingeD returns the discriminator's hinge loss
// E[max(0, 1−real)] + E[max(0, 1+fake)], shape [1], where real and fake, of any
// shapes, are its outputs (TrustMAE's L_D; Lim and Ye, "Geometric GAN", 2017).
func HingeD(t *autograd.Tape, real, fake *autograd.Tensor) *autograd.Tensor {
	return scoped(t, func() *autograd.Tensor {
		onReal := t.Mean(t.ReLU(t.AddScalar(t.Neg(real), 1)))
		onFake := t.Mean(t.ReLU(t.AddScalar(fake, 1)))
		return t.Add(onReal, onFake)
	})
}

// HingeG returns the generator's loss −E[fake], shape [1].
func HingeG(t *autograd.Tape, fake *autograd.Tensor) *autograd.Tensor {
	return scoped(t, func() *autograd.Tensor { return t.Neg(t.Mean(fake)) })
}

// Reduction says how the absolute differences of one layer become one value.
type Reduction string

// The reductions of [FeatureMatching].
const (
	ReduceMean Reduction = "mean" // mean over everything
	ReduceSum  Reduction = "sum"  // ‖·‖₁ of an image's features, mean over the images
)

// FeatureMatching returns Σ_l ‖real_l − fake_l‖₁ over the discriminator's layers
// l, shape [1]. No gradient flows to real. PyTorch differs: its sum reduction
// would also add up the images.
func FeatureMatching(t *autograd.Tape, real, fake []*autograd.Tensor, reduce Reduction) *autograd.Tensor {
	if len(real) != len(fake) || len(real) == 0 {
		panic(fmt.Sprintf("nn.FeatureMatching: %d real and %d fake layers, want equal numbers, at least 1", len(real), len(fake)))
	}
	if reduce != ReduceMean && reduce != ReduceSum {
		panic(fmt.Sprintf("nn.FeatureMatching: reduction %q, want %q or %q", reduce, ReduceMean, ReduceSum))
	}
	return scoped(t, func() *autograd.Tensor {
		var total *autograd.Tensor
		for l := range real {
			layer := L1(t, t.Detach(real[l]), fake[l])
			if reduce == ReduceSum {
				layer = t.MulScalar(layer, float32(fake[l].Len()/fake[l].Dim(0)))
			}
			if total == nil {
				total = layer
			} else {
				total = t.Add(total, layer)
			}
		}
		return total
	})
}
