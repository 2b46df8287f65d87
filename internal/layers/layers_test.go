package layers

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Layer sizes published with the networks, without their dense layers: Simonyan &
// Zisserman 2015 (224×224), Iandola et al. 2016, torchvision; the last is ours.
func TestFeatureNetworks(t *testing.T) {
	const half = 0.05 // of the last digit given
	for _, tt := range []struct {
		name     string
		table    Table
		millions float64 // weights
	}{
		{"VGG-19", VGG19(224), 20.0},
		{"VGG-16", VGG16(224), 14.7},
		{"AlexNet", AlexNet(224), 2.5},
		{"SqueezeNet", SqueezeNet(224), 0.7},
		{"embedded", Embedded(224), 0.6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.InDelta(t, tt.millions, float64(tt.table.Weights())/1e6, half)
		})
	}
	require.InDelta(t, 19.5, float64(VGG19(224).MACs())/1e9, half)
	require.InDelta(t, 15.3, float64(VGG16(224).MACs())/1e9, half)
	_, err := Trunk("resnet", 64)
	require.ErrorContains(t, err, "alex, vgg, squeeze or trustmae")
}

// What the embedded network promises at 256×256.
func TestEmbeddedCostsAThirdOfAlexNet(t *testing.T) {
	require.LessOrEqual(t, 3*Embedded(256).MACs(), AlexNet(256).MACs())
	require.LessOrEqual(t, Embedded(256).Weights(), int64(1e6))
}

// Each layer takes what the one before gives, whatever the pools between them.
func TestSizes(t *testing.T) {
	up := Layer{In: 64, Out: 32, Side: 128, Kernel: 4, Stride: 2, Padding: 1, Transposed: true}
	require.Equal(t, 256, up.OutSide())
	require.Equal(t, "T4x4,s2,p1,64-32@128", up.String())
	require.Equal(t, int64(64*32*16*128*128), up.MACs())
	down := Layer{In: 32, Out: 64, Side: 256, Kernel: 3, Stride: 2, Padding: 1}
	require.Equal(t, 128, down.OutSide())
	require.Equal(t, int64(64*32*9*128*128), down.MACs())

	for _, g := range []Generator{FiveStages(256), ThreeStages(256)} {
		side := 256
		for _, l := range g.Table() {
			require.Equal(t, side, l.Side, "%s %s", l.Name, l)
			side = l.OutSide()
		}
		require.Equal(t, 256, side)
	}
}

func TestWorks(t *testing.T) {
	works := Works()
	seen := map[string]bool{}
	for _, w := range works {
		key := w.Layer.String() + w.Pass + string(rune(w.Batch))
		require.False(t, seen[key], "%s twice", w.Path())
		seen[key] = true
		require.Positive(t, w.OutSide(), w.Path())
	}
	require.Zero(t, len(works)%(len(Passes)*len(Batches)))
	last := Work{Layer: same("conv1_2", 64, 64, 256, 3), Net: "vgg19", Batch: 8, Pass: "forward"}
	require.Contains(t, works, last)
	require.Equal(t, "net=vgg19/layer=conv1_2,3x3,s1,p1,64-64@256/batch=8/pass=forward", last.Path())
	require.Equal(t, int64(2*8*64*64*9*256*256), last.Operations())
}
