package nn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
)

// TestAdamResume restores weights, moments and step count into new objects and
// demands the same bits as an uninterrupted run.
func TestAdamResume(t *testing.T) {
	g := readGolden(t, "training.safetensors")
	o := AdamOptions{LR: 2e-3, Beta1: 0.5, Beta2: 0.9}
	start := func() (Sequential, *Adam) {
		net := newAutoencoder(backend)
		return net, NewAdam(Parameters(net), o)
	}
	train := func(net Sequential, adam *Adam, steps int) {
		tape := newTape()
		for range steps {
			x := g.input(t, tape, "x")
			tape.Backward(reconstruction(tape, net.Forward(tape, x), x))
			require.NoError(t, adam.Step())
			adam.ZeroGrad()
			tape.Reset()
		}
	}
	net, adam := start()
	require.NoError(t, LoadState(net.State(), g.under("before/")))
	train(net, adam, 2)
	weights, moments, steps := SaveState(net.State()), SaveState(adam.State()), adam.StepCount()
	train(net, adam, 2)

	resumed, resumedAdam := start()
	require.NoError(t, LoadState(resumed.State(), weights))
	require.NoError(t, LoadState(resumedAdam.State(), moments))
	resumedAdam.SetStepCount(steps)
	train(resumed, resumedAdam, 2)
	require.Equal(t, SaveState(net.State()), SaveState(resumed.State()))
	require.Equal(t, SaveState(adam.State()), SaveState(resumedAdam.State()))
}

func TestAdamMissingGradient(t *testing.T) {
	b := backend
	used, unused := autograd.NewParameter(b, 2), autograd.NewParameter(b, 3, 4)
	adam := NewAdam([]*autograd.Tensor{used, unused}, AdamOptions{LR: 1})
	tape := newTape()
	tape.Backward(tape.Sum(tape.AddScalar(used, 1)))
	err := adam.Step()
	require.ErrorIs(t, err, autograd.ErrNoGradient)
	require.ErrorContains(t, err, "parameter 1 (shape [3 4])")
	require.Equal(t, []float32{0, 0}, used.Data(), "nothing changes")
	require.Zero(t, adam.StepCount())
}

func TestAdamLearningRate(t *testing.T) {
	p := autograd.NewParameter(backend, 1)
	adam := NewAdam([]*autograd.Tensor{p}, AdamOptions{LR: 1})
	adam.SetLR(0.25)
	require.Equal(t, 0.25, adam.LR())
	tape := newTape()
	tape.Backward(tape.Sum(tape.MulScalar(p, 3)))
	require.NoError(t, adam.Step())
	require.InDelta(t, -0.25, p.Item(), 1e-6, "the first step is the learning rate")
}

func TestAdamPanics(t *testing.T) {
	p := autograd.NewParameter(backend, 2)
	require.PanicsWithValue(t, "nn.NewAdam: parameters 0 and 1 are the same tensor (shape [2])", func() {
		NewAdam([]*autograd.Tensor{p, p}, AdamOptions{LR: 1})
	})
	require.Panics(t, func() { NewAdam(nil, AdamOptions{LR: -1}) })
	require.Panics(t, func() { NewAdam(nil, AdamOptions{LR: 1, Beta1: 1, Beta2: 0.9}) })
}
