package cpu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/internal/layers"
	"github.com/org/trustmae/kernels"
)

// BenchmarkLayer times every layer of the networks in all directions, with the
// table that TRUSTMAE_KERNELS names or else the best.
func BenchmarkLayer(b *testing.B) {
	backend := open(b, "", 0)
	b.Run(backend.table.name, func(b *testing.B) {
		for _, w := range layers.Works() {
			b.Run(w.Path(), func(b *testing.B) { benchLayer(b, backend, w) })
		}
	})
}

func benchLayer(b *testing.B, backend *Backend, work layers.Work) {
	s := shapeOf(work)
	x, w, y := filled(backend, s.XLen()), filled(backend, s.WLen()), filled(backend, s.YLen())
	defer func() { backend.Free(x); backend.Free(w); backend.Free(y) }()
	// A transposed convolution is another one's gradient of the input.
	run := map[string]func(){
		"forward":          func() { backend.Conv2d(y, x, w, nil, s, 1) },
		"backward-data":    func() { backend.Conv2dBackwardData(x, y, w, s) },
		"backward-weights": func() { backend.Conv2dBackwardWeights(w, x, y, s) },
	}
	pass := work.Pass
	if mirrored := map[string]string{"forward": "backward-data", "backward-data": "forward"}[pass]; work.Transposed && mirrored != "" {
		pass = mirrored
	}
	meter(b, backend).Compute(work.Operations(), run[pass])
}

// shapeOf is the convolution that a layer is, or whose gradient it is.
func shapeOf(w layers.Work) kernels.ConvShape {
	in, out, side := w.In, w.Out, w.Side
	if w.Transposed {
		in, out, side = w.Out, w.In, w.OutSide()
	}
	return kernels.NewConvShape(w.Batch, in, side, side, out, w.Kernel, w.Kernel, w.Stride, w.Padding, 1)
}

func TestShapeOf(t *testing.T) {
	for _, w := range layers.Works() {
		s := shapeOf(w)
		require.Equal(t, w.Operations(), s.FLOPs(), w.Path())
		x, y := w.In*w.Side*w.Side, w.Out*w.OutSide()*w.OutSide()
		if w.Transposed {
			x, y = y, x
		}
		require.Equal(t, w.Batch*x, s.XLen(), w.Path())
		require.Equal(t, w.Batch*y, s.YLen(), w.Path())
	}
}
