package main

import (
	"fmt"
	"math"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// lesson pairs a layer of a teacher with the pupil's tap that has to predict it.
type lesson struct {
	tap      int // the pupil's
	layer    int // the teacher's, torchvision's number
	channels int // of that layer
}

// teacher is a network that is imitated.
type teacher struct {
	features *perceptual.Features
	lessons  []lesson
	heads    []*nn.Conv2d // from the pupil's tap to the teacher's layer
	images   int          // of a batch that it sees
}

// curriculum lists the teachers' layers behind ReLUs whose resolution is nearest
// to that of each tap, above rather than below.
var curriculum = []struct {
	network perceptual.Network
	lessons []lesson
}{
	{perceptual.SqueezeNet, []lesson{{0, 1, 64}, {1, 4, 128}, {2, 7, 256}, {3, 10, 384}, {4, 12, 512}}},
	{perceptual.VGG19, []lesson{{0, 3, 64}, {1, 8, 128}, {2, 17, 256}, {3, 20, 512}}},
}

// pupilChannels are those of the embedded network's taps.
var pupilChannels = []int{24, 48, 96, 128, 160}

// newTeachers reads the teachers' weights.
func newTeachers(b kernels.Backend, folder string, s settings) ([]*teacher, error) {
	weights, err := perceptual.OpenWeights(folder)
	if err != nil {
		return nil, err
	}
	var list []*teacher
	for _, c := range curriculum {
		t := &teacher{lessons: c.lessons, images: s.Batch}
		if c.network == perceptual.VGG19 {
			t.images = s.VGG // it is the largest by far
		}
		if t.images == 0 {
			continue
		}
		if t.features, err = perceptual.NewFeatures(b, weights, c.network); err != nil {
			return nil, err
		}
		for _, l := range c.lessons {
			// Zero at first: of unit length, features are so small that random heads
			// would predict far too much.
			t.heads = append(t.heads, nn.NewConv2d(b, pupilChannels[l.tap], l.channels, 1, nn.Conv2dOptions{Bias: true}))
		}
		list = append(list, t)
	}
	return list, nil
}

// loss is the share of the variance of the teacher's unit features that the
// heads do not explain, averaged over its layers; photos are [N,3,S,S] and taps
// the pupil's features of them, of which the first of a batch are compared.
func (c *teacher) loss(t *autograd.Tape, photos *autograd.Tensor, taps []*autograd.Tensor) *autograd.Tensor {
	var truth []*autograd.Tensor
	t.NoGrad(func() {
		layers := make([]int, len(c.lessons))
		for i, l := range c.lessons {
			layers[i] = l.layer
		}
		truth = c.features.Images(t, t.Narrow(photos, 0, 0, c.images), layers...)
		for i, y := range truth {
			like := taps[c.lessons[i].tap]
			truth[i] = t.ResizeBilinear(perceptual.UnitLength(t, y), like.Dim(2), like.Dim(3))
		}
	})
	var sum *autograd.Tensor
	for i, l := range c.lessons {
		own := perceptual.UnitLength(t, t.Narrow(taps[l.tap], 0, 0, c.images))
		// Of length √C, so that values are about 1 whatever the number of channels.
		own = t.MulScalar(own, float32(math.Sqrt(float64(pupilChannels[l.tap]))))
		missed := t.Mean(t.Square(t.Sub(c.heads[i].Forward(t, own), truth[i])))
		part := t.MulScalar(missed, 1/variance(t, truth[i]))
		if sum == nil {
			sum = part
		} else {
			sum = t.Add(sum, part)
		}
	}
	return t.MulScalar(sum, 1/float32(len(c.lessons)))
}

// variance is the mean over channels of each channel's variance.
func variance(t *autograd.Tape, y *autograd.Tensor) (v float32) {
	t.NoGrad(func() {
		mean := t.Mean(y, 0, 2, 3)
		v = t.Mean(t.Square(t.Sub(y, mean))).Item()
	})
	return max(v, 1e-12)
}

// state names the heads' weights.
func (c *teacher) state() []nn.Entry {
	var list []nn.Entry
	for i, h := range c.heads {
		list = append(list, nn.Prefix(fmt.Sprintf("head.%s.%d", c.features.Network(), c.lessons[i].layer), h.State())...)
	}
	return list
}
