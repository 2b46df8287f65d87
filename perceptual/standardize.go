package perceptual

import (
	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// standardize maps RGB images from [-1,1] to (x − shift)/scale per channel.
type standardize struct {
	factor, offset *autograd.Tensor // [1,3,1,1]
}

// newStandardize takes shift and scale in units of [-1,1].
func newStandardize(b kernels.Backend, shift, scale [3]float64) standardize {
	var factor, offset [3]float32
	for c := range factor {
		factor[c] = float32(1 / scale[c])
		offset[c] = float32(-shift[c] / scale[c])
	}
	return standardize{channelConstant(b, factor[:]...), channelConstant(b, offset[:]...)}
}

// newImageNet is torchvision's preprocessing, whose mean and standard deviation
// are those of images in [0,1].
func newImageNet(b kernels.Backend) standardize {
	mean := [3]float64{0.485, 0.456, 0.406}
	std := [3]float64{0.229, 0.224, 0.225}
	for c := range mean {
		mean[c], std[c] = 2*mean[c]-1, 2*std[c]
	}
	return newStandardize(b, mean, std)
}

// newLPIPSScaling is the scaling layer of LPIPS.
func newLPIPSScaling(b kernels.Backend) standardize {
	return newStandardize(b, [3]float64{-.030, -.088, -.188}, [3]float64{.458, .448, .450})
}

// apply returns the standardized images.
func (s standardize) apply(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return scoped(t, func() *autograd.Tensor { return t.Add(t.Mul(x, s.factor), s.offset) })
}
