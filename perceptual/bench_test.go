package perceptual

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
)

// BenchmarkFeatureLoss is a training step's share: forward of both sides and
// backward to the reconstructions.
func BenchmarkFeatureLoss(b *testing.B) {
	for _, c := range []struct{ batch, parts, side int }{{4, 0, 256}, {4, 1, 256}, {16, 4, 128}} {
		b.Run(fmt.Sprintf("N=%d,parts=%d,%d", c.batch, c.parts, c.side), func(b *testing.B) {
			l := newLoss(b, FeatureLossOptions{Parts: c.parts})
			tape := autograd.NewTape(backend(b))
			values := uniform(1, 1, c.batch, 3, c.side, c.side)
			for b.Loop() {
				x := tape.Full(0, c.batch, 3, c.side, c.side)
				y := tape.Variable(values, x.Shape()...)
				tape.Backward(l.Loss(tape, x, y))
				tape.Reset()
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*c.batch), "ms/image")
		})
	}
}

// BenchmarkLPIPS is the detector's share: the map of a photo, no gradients.
func BenchmarkLPIPS(b *testing.B) {
	for _, net := range []string{"alex", "squeeze", "vgg"} {
		b.Run(net+",N=1,256", func(b *testing.B) {
			l, err := NewLPIPS(backend(b), randomWeights(b), LPIPSOptions{Net: net})
			require.NoError(b, err)
			tape := autograd.NewTape(backend(b))
			values := uniform(1, 1, 1, 3, 256, 256)
			tape.NoGrad(func() {
				for b.Loop() {
					x := tape.Input(values, 1, 3, 256, 256)
					l.Spatial(tape, x, tape.Full(0, 1, 3, 256, 256))
					tape.Reset()
				}
			})
		})
	}
}
