package main

import (
	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// judge is a distance that is imitated, pixel by pixel: LPIPS-AlexNet's, whose
// coarse taps pass over what is small and sharp. Its scale is of no matter.
type judge struct {
	distance *perceptual.LPIPS
	offset   *autograd.Tensor // [1,1,1,1], of the logarithms
}

// newJudge reads the judge's weights.
func newJudge(b kernels.Backend, folder string) (*judge, error) {
	weights, err := perceptual.OpenWeights(folder)
	if err != nil {
		return nil, err
	}
	distance, err := perceptual.NewLPIPS(b, weights, perceptual.LPIPSOptions{Net: "alex"})
	if err != nil {
		return nil, err
	}
	return &judge{distance, autograd.NewParameter(b, 1, 1, 1, 1)}, nil
}

// loss is the share of the variance of the judge's logarithm that the distance's
// [N,1,S,S] does not explain.
func (j *judge) loss(t *autograd.Tape, distance *autograd.Tensor, b batch) *autograd.Tensor {
	var truth *autograd.Tensor
	t.NoGrad(func() {
		x := b.input(t)
		d := j.distance.Spatial(t, t.Narrow(x, 0, 0, b.count), t.Narrow(x, 0, b.count, b.count))
		truth = t.Log(t.AddScalar(d, floor))
	})
	own := t.Add(t.Log(t.AddScalar(distance, floor)), j.offset)
	return t.MulScalar(t.Mean(t.Square(t.Sub(own, truth))), 1/variance(t, truth))
}

func (j *judge) state() []nn.Entry { return []nn.Entry{{Name: "judge.offset", Tensor: j.offset}} }
