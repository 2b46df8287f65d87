package autograd_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ag "github.com/org/trustmae/autograd"
)

// randomGraph joins tensors of shape [2 3] by random operations, among them
// those that pass gradients through unchanged, as views or in place. It returns
// the loss and every tensor on the way.
func randomGraph(t *ag.Tape, x tensors, rng *rand.Rand) (*ag.Tensor, tensors) {
	pool := append(tensors(nil), x...)
	pick := func() *ag.Tensor { return pool[len(pool)-1-rng.IntN(min(len(pool), 5))] }
	for range 25 {
		a, b := pick(), pick()
		var y *ag.Tensor
		switch rng.IntN(12) {
		case 0:
			y = t.Add(a, b)
		case 1:
			y = t.Sub(a, b)
		case 2:
			y = t.Mul(t.Tanh(a), b)
		case 3:
			y = t.Tanh(a)
		case 4:
			y = t.LeakyReLU(a, 0.5)
		case 5:
			y = t.MulScalar(a, 0.7)
		case 6:
			y = t.AddScalar(a, 0.1)
		case 7:
			y = t.Permute(t.Reshape(a, 3, 2), 1, 0)
		case 8:
			y = t.Concat(0, t.Narrow(a, 0, 1, 1), t.Narrow(b, 0, 0, 1))
		case 9:
			y = t.Add(t.Expand(t.Sum(a, 0), 2, 3), b)
		case 10:
			y, _, _ = t.BatchNorm(a, nil, nil, 0.1, 0.3)
		case 11:
			y = t.Abs(t.Reshape(a, 2, 3))
		}
		pool = append(pool, y)
	}
	loss := t.Sum(pool[len(pool)-1])
	for _, y := range pool[len(pool)-4:] {
		loss = t.Add(loss, t.Mean(t.Sigmoid(y)))
	}
	return loss, pool
}

// TestRandomGraphs compares gradients that are written in place with those of
// a recorded pass, which never are: sharing mistakes show as differences. Of
// the tensors on the way some are asked for and the others released.
func TestRandomGraphs(t *testing.T) {
	b := newBackendOf(t, 1)
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 3))
		tape := ag.NewTape(b)
		x := tensors{tape.Variable([]float32{1, -2, 3, 0.5, -0.7, 0.2}, 2, 3), tape.Variable([]float32{0.3, 1.5, -1, 2, 0.1, -0.4}, 2, 3)}
		loss, pool := randomGraph(tape, x, rng)
		wanted := append(tensors(nil), x...)
		for _, y := range pool[len(x):] {
			if rng.IntN(4) == 0 {
				wanted = append(wanted, y)
			}
		}
		wanted = reached(t, tape, loss, wanted)
		recorded, err := tape.Grad(loss, wanted, ag.GradOptions{CreateGraph: true})
		require.NoError(t, err)
		retained, err := tape.Grad(loss, wanted, ag.GradOptions{RetainGraph: true})
		require.NoError(t, err)
		for _, y := range pool {
			y.Release()
		}
		tape.Backward(loss, wanted...)
		for i, x := range wanted {
			assert.InDeltaSlice(t, recorded[i].Data(), retained[i].Data(), 1e-3, "seed %d: Grad of tensor %d", seed, i)
			assert.InDeltaSlice(t, recorded[i].Data(), x.Grad().Data(), 1e-3, "seed %d: Backward of tensor %d", seed, i)
		}
		tape.Reset()
		require.Zero(t, b.Stats().InUse, "seed %d", seed)
	}
}

// reached leaves out what loss does not depend on.
func reached(t *testing.T, tape *ag.Tape, loss *ag.Tensor, xs tensors) tensors {
	var out tensors
	for _, x := range xs {
		_, err := tape.Grad(loss, tensors{x}, ag.GradOptions{RetainGraph: true})
		if err == nil {
			out = append(out, x)
		} else {
			require.ErrorIs(t, err, ag.ErrNoGradient)
		}
	}
	require.NotEmpty(t, out)
	return out
}
