package memae

import (
	"math/rand/v2"
	"strconv"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// discriminatorStages is the number of stride-2 layers.
const discriminatorStages = 6

// Discriminator judges patches: six Conv(K4,S2,P1) with LeakyReLU 0.2 that
// double the channels, then Conv(1,K3,S1,P1). No norm, no sigmoid.
type Discriminator struct {
	Stages []nn.Sequential // convolution and activation
	Last   *nn.Conv2d
}

// NewDiscriminator returns a discriminator with fresh weights drawn from rng.
func NewDiscriminator(b kernels.Backend, c Config, rng *rand.Rand) *Discriminator {
	d := &Discriminator{}
	in, out := 3, c.Discriminator.Width
	sn := c.Discriminator.SpectralNorm
	for range discriminatorStages {
		conv := nn.NewConv2d(b, in, out, 4, nn.Conv2dOptions{Stride: 2, Padding: 1, Bias: true, SpectralNorm: sn})
		d.Stages = append(d.Stages, nn.Sequential{conv, nn.LeakyReLU{Slope: 0.2}})
		in, out = out, 2*out
	}
	d.Last = nn.NewConv2d(b, in, 1, 3, nn.Conv2dOptions{Stride: 1, Padding: 1, Bias: true, SpectralNorm: sn})
	for _, m := range d.modules() {
		nn.InitNormal(m, 0.02, rng)
	}
	return d
}

// Forward returns the judgement [N,1,H/64,W/64] and the outputs of the six
// activations, which feature matching compares.
func (d *Discriminator) Forward(t *autograd.Tape, x *autograd.Tensor) (*autograd.Tensor, []*autograd.Tensor) {
	var features []*autograd.Tensor
	for _, s := range d.Stages {
		x = s.Forward(t, x)
		features = append(features, x)
	}
	return d.Last.Forward(t, x), features
}

func (d *Discriminator) modules() []nn.Module {
	var m []nn.Module
	for _, s := range d.Stages {
		m = append(m, s)
	}
	return append(m, d.Last)
}

// State names every tensor: "0.weight" to "5.bias", "last.weight", "last.bias".
func (d *Discriminator) State() []nn.Entry {
	var s []nn.Entry
	for i, stage := range d.Stages {
		s = append(s, nn.Prefix(strconv.Itoa(i), stage[0].State())...)
	}
	return append(s, nn.Prefix("last", d.Last.State())...)
}

// SetTraining switches the power iteration of spectral norm.
func (d *Discriminator) SetTraining(on bool) {
	for _, m := range d.modules() {
		m.SetTraining(on)
	}
}

// parameters are trained by the discriminator's optimiser.
func (d *Discriminator) parameters() []*autograd.Tensor { return nn.Parameters(d.modules()...) }
