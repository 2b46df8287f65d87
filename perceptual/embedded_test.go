package perceptual

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/nn"
)

// weightsOf counts the values of a network.
func weightsOf(n Network) int {
	count := 0
	for _, p := range n.params() {
		count += len(newTensor(p).Data)
	}
	return count
}

func TestEmbeddedNetworkIsSmall(t *testing.T) {
	require.LessOrEqual(t, weightsOf(Embedded), 1_000_000)
	require.Equal(t, 31, Embedded.MinSize(embeddedTaps[len(embeddedTaps)-1]))
	for i, tap := range embeddedTaps {
		require.Equal(t, reluLayer, Embedded.layers()[tap].kind)
		require.Equal(t, 256>>(i+1), Embedded.outSize(256, tap), "tap %d", i)
	}
}

// A file of a trained distance gives the same distance.
func TestTrainableSavesWhatLPIPSReads(t *testing.T) {
	d := NewTrainable(backend(t), Embedded, 3)
	for _, e := range d.Channels() {
		e.Tensor.Set(uniform(4, 1, e.Tensor.Len()))
	}
	dir := t.TempDir()
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, EmbeddedFile), nn.SaveState(d.State()), nil))
	weights, err := OpenWeights(dir)
	require.NoError(t, err)
	l, err := NewLPIPS(backend(t), weights, LPIPSOptions{Net: string(Embedded)})
	require.NoError(t, err)
	require.False(t, l.Random())
	tape := autograd.NewTape(backend(t))
	x, y := pair(tape, 64, 47)
	want := l.Spatial(tape, x, y).Data()
	got := d.Distance(tape, d.Taps(tape, x), d.Taps(tape, y), 64, 47).Data()
	for i, v := range want {
		requireNear(t, float64(v), float64(got[i]), 1e-5, 1e-5, "pixel %d", i)
	}
}

func TestTrainableLearns(t *testing.T) {
	d := NewTrainable(backend(t), Embedded, 1)
	require.Len(t, d.Convs(autograd.NewTape(backend(t)), autograd.NewTape(backend(t)).Full(0, 1, 3, 32, 32)), 7)
	tape := autograd.NewTape(backend(t))
	x, y := pair(tape, 48, 48)
	tape.Backward(tape.Sum(d.Distance(tape, d.Taps(tape, x), d.Taps(tape, y), 48, 48)))
	for _, e := range append(d.Trunk(), d.Channels()...) {
		require.False(t, e.Buffer, e.Name)
		require.NotNil(t, e.Tensor.Grad(), e.Name)
	}
}

func TestEmbeddedNetworkNeedsNoFolder(t *testing.T) {
	require.LessOrEqual(t, len(embeddedNetwork), 2<<20)
	weights, err := OpenWeights("")
	require.NoError(t, err)
	l, err := NewLPIPS(backend(t), weights, LPIPSOptions{})
	require.NoError(t, err)
	require.Equal(t, "trustmae", l.Net())
	require.Equal(t, "trustmae: embedded", l.Source())
	require.False(t, l.Random())
	for _, e := range l.lin.entries {
		positive := 0
		for _, v := range e.Tensor.Data() {
			require.GreaterOrEqual(t, v, float32(0), e.Name)
			if v > 0 {
				positive++
			}
		}
		require.Positive(t, positive, "%s takes part", e.Name)
	}
	tape := autograd.NewTape(backend(t))
	x, y := pair(tape, 64, 64)
	require.Zero(t, l.Scalar(tape, x, x).Data()[0])
	require.Positive(t, l.Scalar(tape, x, y).Data()[0])

	loss, err := NewFeatureLoss(backend(t), weights, FeatureLossOptions{})
	require.NoError(t, err)
	require.Equal(t, "trustmae", loss.Net())
	require.Equal(t, "trustmae: embedded", loss.Source())
	require.Equal(t, 31, loss.MinSize())
	require.Zero(t, loss.Loss(tape, x, x).Item())
	require.NotNil(t, gradient(t, tape, loss.Loss(tape, x, y), y))
}

func TestOtherNetworksNeedTheirFiles(t *testing.T) {
	weights, err := OpenWeights("")
	require.NoError(t, err)
	_, err = NewLPIPS(backend(t), weights, LPIPSOptions{Net: "alex"})
	require.ErrorIs(t, err, ErrNoWeights)
	require.ErrorContains(t, err, "alexnet features")
	require.ErrorContains(t, err, "use the embedded network (trustmae)")
	_, err = NewFeatureLoss(backend(t), weights, FeatureLossOptions{Net: "vgg19"})
	require.ErrorIs(t, err, ErrNoWeights)
}

// A folder without AlexNet's channel weights is no folder for LPIPS-AlexNet.
func TestAutoTakesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	weights, err := OpenWeights(dir)
	require.NoError(t, err)
	auto := func() string {
		o, err := LPIPSOptions{}.resolve(weights)
		require.NoError(t, err)
		return o.Net
	}
	require.Equal(t, "trustmae", auto())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "alexnet.pth"), nil, 0o600))
	require.Equal(t, "trustmae", auto())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "alex.pth"), nil, 0o600))
	require.Equal(t, "alex", auto())
	_, err = NewLPIPS(backend(t), weights, LPIPSOptions{})
	require.ErrorContains(t, err, "alexnet.pth", "a damaged file is not passed over")
}
