package nn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// fused stands where golden.py's network has an activation that the norm before
// it computes here.
var fused = Sequential{}

// newAutoencoder is the network of golden.py's training().
func newAutoencoder(b kernels.Backend) Sequential {
	body := Sequential{NewConv2d(b, 8, 8, 3, Conv2dOptions{Padding: 1}), NewBatchNorm2d(b, 8, DefaultNorm(0))}
	return Sequential{
		NewConv2d(b, 3, 8, 3, Conv2dOptions{Stride: 2, Padding: 1}), NewBatchNorm2d(b, 8, DefaultNorm(0.2)), fused,
		NewResidual(body),
		NewConvTranspose2d(b, 8, 6, 4, ConvTranspose2dOptions{Stride: 2, Padding: 1}), NewInstanceNorm2d(1e-5, 0), fused,
		NewConv2d(b, 6, 3, 3, Conv2dOptions{Padding: 1, Bias: true}), Tanh{},
	}
}

// reconstruction is MSE + 1 − SSIM of images in −1…1, SSIM seeing 0…1.
func reconstruction(t *autograd.Tape, y, x *autograd.Tensor) *autograd.Tensor {
	unit := func(v *autograd.Tensor) *autograd.Tensor { return t.AddScalar(t.MulScalar(v, 0.5), 0.5) }
	similarity := SSIM(t, unit(y), unit(x), SSIMOptions{})
	return t.Add(MSE(t, y, x), t.AddScalar(t.Neg(similarity), 1))
}

// TestTrainingMatchesPyTorch takes ten Adam steps: first gradients, losses, final
// weights, running statistics, moments and an evaluation.
func TestTrainingMatchesPyTorch(t *testing.T) {
	g := readGolden(t, "training.safetensors")
	net := newAutoencoder(backend)
	require.NoError(t, LoadState(net.State(), g.under("before/")))
	adam := NewAdam(Parameters(net), AdamOptions{LR: 2e-3, Beta1: 0.5, Beta2: 0.9, WeightDecay: 1e-3})
	tape := newTape()
	for step, want := range g["losses"].Data {
		x := g.input(t, tape, "x")
		loss := reconstruction(tape, net.Forward(tape, x), x)
		require.InDelta(t, want, loss.Item(), 1e-5, "loss of step %d", step)
		tape.Backward(loss)
		if step == 0 {
			for _, e := range net.State() {
				if !e.Buffer {
					g.requireClose(t, "grad/"+e.Name, e.Tensor.Grad(), 1e-5)
				}
			}
		}
		require.NoError(t, adam.Step())
		adam.ZeroGrad()
		tape.Reset()
	}
	require.Equal(t, 10, adam.StepCount())
	g.requireState(t, "after/", net.State(), 1e-5)
	g.requireState(t, "adam/", adam.State(), 1e-5)
	net.SetTraining(false)
	g.requireClose(t, "y_eval", net.Forward(tape, g.input(t, tape, "x")), 1e-5)
}

// critic is the discriminator of golden.py's gan().
type critic struct{ Sequential }

func newCritic(b kernels.Backend) critic {
	conv := func(in, out, kernel, stride int) *Conv2d {
		return NewConv2d(b, in, out, kernel, Conv2dOptions{Stride: stride, Padding: 1, Bias: true, SpectralNorm: true})
	}
	return critic{Sequential{
		conv(3, 5, 4, 2), LeakyReLU{Slope: 0.2}, conv(5, 6, 4, 2), LeakyReLU{Slope: 0.2}, conv(6, 1, 3, 1),
	}}
}

// features returns the outputs of the activations and the score.
func (c critic) features(t *autograd.Tape, x *autograd.Tensor) (taps []*autograd.Tensor, score *autograd.Tensor) {
	for i, m := range c.Sequential {
		x = m.Forward(t, x)
		if i%2 == 1 {
			taps = append(taps, x)
		}
	}
	return taps, x
}

// TestGANMatchesPyTorch takes five alternating hinge steps with feature matching
// and spectral norm, whose vectors move at each of the four passes of a step.
func TestGANMatchesPyTorch(t *testing.T) {
	golden := readGolden(t, "gan.safetensors")
	b := backend
	g := Sequential{
		NewConvTranspose2d(b, 4, 6, 4, ConvTranspose2dOptions{Stride: 2, Padding: 1}), NewBatchNorm2d(b, 6, DefaultNorm(0)), fused,
		NewConv2d(b, 6, 3, 3, Conv2dOptions{Padding: 1, Bias: true}), Tanh{},
	}
	d := newCritic(b)
	require.NoError(t, LoadState(g.State(), golden.under("g/before/")))
	require.NoError(t, LoadState(d.State(), golden.under("d/before/")))
	adamG := NewAdam(Parameters(g), AdamOptions{LR: 1e-3, Beta2: 0.9})
	adamD := NewAdam(Parameters(d), AdamOptions{LR: 4e-3, Beta2: 0.9})
	tape := newTape()
	losses := golden["losses"].Data
	for step := range 5 {
		z, real := golden.input(t, tape, "z"), golden.input(t, tape, "real")
		fake := g.Forward(tape, z)
		realTaps, _ := d.features(tape, real)
		fakeTaps, score := d.features(tape, fake)
		lossG := tape.Add(HingeG(tape, score), FeatureMatching(tape, realTaps, fakeTaps, ReduceMean))
		detached := tape.Detach(fake)
		require.InDelta(t, losses[2*step], lossG.Item(), 1e-5, "generator's loss of step %d", step)
		tape.Backward(lossG, Parameters(g)...)
		require.NoError(t, adamG.Step())
		adamG.ZeroGrad()

		_, onReal := d.features(tape, real)
		_, onFake := d.features(tape, detached)
		lossD := HingeD(tape, onReal, onFake)
		require.InDelta(t, losses[2*step+1], lossD.Item(), 1e-5, "discriminator's loss of step %d", step)
		tape.Backward(lossD)
		require.NoError(t, adamD.Step())
		adamD.ZeroGrad()
		tape.Reset()
	}
	golden.requireState(t, "g/after/", g.State(), 1e-5)
	golden.requireState(t, "d/after/", d.State(), 1e-5)
}
