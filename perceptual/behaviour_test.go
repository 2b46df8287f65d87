package perceptual

import (
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/nn"
)

// randomVGG19 is made once: it takes longer than most tests.
var randomVGG19 = sync.OnceValues(func() (*FeatureLoss, error) {
	b, err := cpu.Default()
	if err != nil {
		return nil, err
	}
	w := RandomWeights(1)
	return NewFeatureLoss(b, w, FeatureLossOptions{})
})

// newLoss returns a loss with random weights, which it shares with others.
func newLoss(t testing.TB, o FeatureLossOptions) *FeatureLoss {
	t.Helper()
	shared, err := randomVGG19()
	require.NoError(t, err)
	require.NoError(t, o.check())
	return newFeatureLoss(shared.features, o)
}

func TestStateCarriesTheDistance(t *testing.T) {
	l := goldenLPIPS(t, SqueezeNet, "lpips")
	empty, err := EmptyLPIPS(backend(t), LPIPSOptions{Net: "squeeze"})
	require.NoError(t, err)
	require.NoError(t, nn.LoadState(empty.State(), nn.SaveState(l.State())))
	require.Equal(t, "features.0.weight", l.State()[0].Name)
	tape := autograd.NewTape(backend(t))
	x, y := pair(tape, 40, 33)
	require.Equal(t, l.Spatial(tape, x, y).Data(), empty.Spatial(tape, x, y).Data())
}

func TestSourcesTellOfRandomWeights(t *testing.T) {
	l, err := NewLPIPS(backend(t), randomWeights(t), LPIPSOptions{})
	require.NoError(t, err)
	require.True(t, l.Random())
	require.Equal(t, "alexnet: random, never trained (seed 1), equal channel weights", l.Source())
	loss := newLoss(t, FeatureLossOptions{})
	require.True(t, loss.Random())
	require.Equal(t, "vgg19: random, never trained (seed 1)", loss.Source())
}

// TestZeroFeatures pins the gradient where PyTorch's LPIPS gives NaN.
func TestZeroFeatures(t *testing.T) {
	l, err := EmptyLPIPS(backend(t), LPIPSOptions{Net: "squeeze"})
	require.NoError(t, err)
	for _, e := range l.lin.entries {
		e.Tensor.Set(uniform(1, 1, e.Tensor.Len()))
	}
	tape := autograd.NewTape(backend(t))
	x, y := pair(tape, 32, 32)
	distance := tape.Sum(l.Spatial(tape, x, y))
	require.Zero(t, distance.Item())
	for _, v := range gradient(t, tape, distance, y).Data() {
		require.Zero(t, v)
	}
}

func TestIdenticalImagesHaveNoDistance(t *testing.T) {
	tape := autograd.NewTape(backend(t))
	x, _ := pair(tape, 33, 40)
	for _, order := range []string{"lpips", "eq8"} {
		for _, v := range goldenLPIPS(t, AlexNet, order).Spatial(tape, x, x).Data() {
			require.Zero(t, v)
		}
	}
	require.Zero(t, newLoss(t, FeatureLossOptions{}).Loss(tape, x, x).Item())
}

func TestGradientsReachImagesOnly(t *testing.T) {
	l := newLoss(t, FeatureLossOptions{})
	tape := autograd.NewTape(backend(t))
	real := tape.Variable(uniform(3, 1, 1, 3, 16, 16), 1, 3, 16, 16)
	fake := tape.Variable(uniform(4, 1, 1, 3, 16, 16), 1, 3, 16, 16)
	loss := l.Loss(tape, real, fake)
	_, err := tape.Grad(loss, []*autograd.Tensor{real}, autograd.GradOptions{RetainGraph: true})
	require.ErrorIs(t, err, autograd.ErrNoGradient)
	tape.Backward(loss)
	require.NotNil(t, fake.Grad())
	for _, e := range l.features.State() {
		require.Nil(t, e.Tensor.Grad(), e.Name)
	}
}

// TestPartsAgreeWithTheWhole differentiates a parameter behind the images.
func TestPartsAgreeWithTheWhole(t *testing.T) {
	for _, reduce := range []string{"mean", "sum"} {
		gain := autograd.NewParameter(backend(t), 1, 3, 1, 1)
		gain.Set([]float32{0.5, 1, 2})
		run := func(parts int) (loss float64, grad []float32) {
			l := newLoss(t, FeatureLossOptions{Reduce: reduce, Parts: parts})
			tape := autograd.NewTape(backend(t))
			defer tape.Reset()
			real := tape.Input(uniform(5, 1, 3, 3, 16, 17), 3, 3, 16, 17)
			fake := tape.Mul(tape.Input(uniform(6, 1, 3, 3, 16, 17), 3, 3, 16, 17), gain)
			out := l.Loss(tape, real, fake)
			tape.Backward(tape.MulScalar(out, 3))
			defer gain.ZeroGrad()
			return float64(out.Item()), gain.Grad().Data()
		}
		loss, grad := run(0)
		for _, parts := range []int{2, 9} {
			gotLoss, gotGrad := run(parts)
			requireNear(t, loss, gotLoss, 1e-5, 0, "loss in parts of %d", parts)
			for i := range grad {
				requireNear(t, float64(grad[i]), float64(gotGrad[i]), 1e-4, length(grad), "gradient %d in parts of %d", i, parts)
			}
		}
	}
}

func TestPartsWithoutGradient(t *testing.T) {
	tape := autograd.NewTape(backend(t))
	x, y := pair(tape, 16, 16)
	whole, parts := newLoss(t, FeatureLossOptions{}), newLoss(t, FeatureLossOptions{Parts: 1})
	want := float64(whole.Loss(tape, x, y).Item())
	tape.NoGrad(func() {
		loss := parts.Loss(tape, x, y)
		require.False(t, loss.RequiresGrad())
		requireNear(t, want, float64(loss.Item()), 1e-5, 0, "loss")
	})
	constant := parts.Loss(tape, y, x)
	require.False(t, constant.RequiresGrad(), "reconstructions are constants")
	requireNear(t, want, float64(constant.Item()), 1e-5, 0, "loss")
}

func TestPartsPassNaNOn(t *testing.T) {
	tape := autograd.NewTape(backend(t))
	x, _ := pair(tape, 16, 16)
	values := uniform(8, 1, 2, 3, 16, 16)
	values[len(values)-1] = float32(math.NaN())
	y := tape.Variable(values, 2, 3, 16, 16)
	loss := newLoss(t, FeatureLossOptions{Parts: 1}).Loss(tape, x, y).Item()
	require.True(t, math.IsNaN(float64(loss)), "loss %v", loss)
}

// peakBackend notes the most memory in use.
type peakBackend struct {
	kernels.Backend
	peak int64
}

func (b *peakBackend) Alloc(n int) kernels.Buffer {
	x := b.Backend.Alloc(n)
	b.peak = max(b.peak, b.Stats().InUse)
	return x
}

// TestPartsHoldLessMemory measures the largest memory of one step.
func TestPartsHoldLessMemory(t *testing.T) {
	step := func(parts int) int64 {
		processor, err := cpu.New(cpu.Options{Threads: 1})
		require.NoError(t, err)
		b := &peakBackend{Backend: processor}
		l, err := NewFeatureLoss(b, randomWeights(t), FeatureLossOptions{Parts: parts})
		require.NoError(t, err)
		before := b.Stats().InUse
		tape := autograd.NewTape(b)
		x, y := tape.Full(0, 8, 3, 16, 16), tape.Variable(uniform(9, 1, 8, 3, 16, 16), 8, 3, 16, 16)
		tape.Backward(l.Loss(tape, x, y))
		inUse := b.Stats().InUse
		tape.Reset()
		require.Less(t, b.Stats().InUse, inUse)
		return b.peak - before
	}
	whole, parts := step(0), step(1)
	require.Less(t, 2*parts, whole, "parts of one image took %d bytes, the whole batch of eight %d", parts, whole)
}

func TestMinSize(t *testing.T) {
	want := map[Network]int{VGG16: 16, AlexNet: 31, SqueezeNet: 17}
	for n, side := range want {
		last := n.lpipsTaps()[len(n.lpipsTaps())-1]
		require.Equal(t, side, n.MinSize(last), n)
		l, err := NewLPIPS(backend(t), randomWeights(t), LPIPSOptions{Net: lpipsNames[n]})
		require.NoError(t, err)
		require.Equal(t, side, l.MinSize())
		tape := autograd.NewTape(backend(t))
		require.NotPanics(t, func() {
			l.Spatial(tape, tape.Full(0, 1, 3, side, side), tape.Full(1, 1, 3, side, side))
		}, n)
	}
	require.Equal(t, 16, newLoss(t, FeatureLossOptions{}).MinSize())
}

func TestWrongImagesPanic(t *testing.T) {
	tape := autograd.NewTape(backend(t))
	l := goldenLPIPS(t, AlexNet, "lpips")
	small, gray := tape.Full(0, 1, 3, 30, 64), tape.Full(0, 1, 1, 64, 64)
	require.PanicsWithValue(t, "perceptual.alexnet: images of 64×30 pixels, want at least 31×31 (input [1 3 30 64])",
		func() { l.Scalar(tape, small, small) })
	require.PanicsWithValue(t, "perceptual.LPIPS: images of shapes [1 1 64 64] and [1 1 64 64], want [N,3,H,W] both",
		func() { l.Scalar(tape, gray, gray) })
	require.PanicsWithValue(t, "perceptual.FeatureLoss: images of shapes [1 3 30 64] and [1 1 64 64], want [N,3,H,W] both",
		func() { newLoss(t, FeatureLossOptions{}).Loss(tape, small, gray) })
	require.PanicsWithValue(t, "perceptual.alexnet: input [1 1 64 64], want images [N,3,H,W]",
		func() { l.features.Forward(tape, gray, 1) })
}
