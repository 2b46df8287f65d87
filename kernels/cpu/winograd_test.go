package cpu

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

func TestWinogradConvolutions(t *testing.T) {
	shapes := []kernels.ConvShape{
		kernels.NewConvShape(1, 64, 16, 16, 64, 3, 3, 1, 1, 1),
		kernels.NewConvShape(1, 70, 17, 15, 65, 3, 3, 1, 0, 1),
		kernels.NewConvShape(3, 65, 9, 13, 97, 3, 3, 1, 2, 1),
		kernels.NewConvShape(16, 258, 3, 5, 64, 3, 3, 1, 1, 1),
		kernels.NewConvShape(9, 65, 16, 16, 70, 3, 3, 1, 1, 1), // several blocks of tiles
	}
	var cases []*convCase
	for i, s := range shapes {
		require.True(t, forwardCorrelation(s).suitsWinograd(), s)
		require.True(t, backwardCorrelation(s).suitsWinograd(), s)
		require.True(t, forwardCorrelation(s).suitsWinogradGradient(), s)
		c := newConvCase(s, uint64(i))
		c.slack = 5
		cases = append(cases, c)
	}
	checkAll(t, cases)
}

// TestWinogradError measures the error that KERNELS notes state for rectified
// normal inputs: 2.6e-6 of the largest value at 512 channels, 1.4e-6 at 64.
func TestWinogradError(t *testing.T) {
	for _, c := range []struct {
		channels int
		bound    float64
	}{{64, 2e-6}, {512, 3.5e-6}} {
		s := kernels.NewConvShape(1, c.channels, 16, 16, 64, 3, 3, 1, 1, 1)
		k := newConvCase(s, 77)
		for i, v := range k.x {
			k.x[i] = max(v, 0)
		}
		want, _, _ := k.reference(false)
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(v))
		}
		eachTable(t, func(t *testing.T, b *Backend) {
			x, w, y := guard(b, k.x, s.XLen()), guard(b, k.w, s.WLen()), guard(b, nil, s.YLen())
			b.Conv2d(y.Buffer, x.Buffer, w.Buffer, nil, s, 1)
			worst := 0.0
			for i, v := range y.values(t) {
				worst = max(worst, math.Abs(float64(v)-want[i]))
			}
			t.Logf("%d channels: largest error %.2g of the largest value", c.channels, worst/largest)
			require.LessOrEqual(t, worst/largest, c.bound)
		})
	}
}

// TestWinogradGradientError measures the same of the gradient of the weights,
// whose sums are over pixels: 6.6e-7 of the largest value over 256 pixels, 1.3e-6
// over 4096.
func TestWinogradGradientError(t *testing.T) {
	for _, c := range []struct {
		batch int
		bound float64
	}{{1, 1e-6}, {16, 2e-6}} {
		s := kernels.NewConvShape(c.batch, 64, 16, 16, 64, 3, 3, 1, 1, 1)
		k := newConvCase(s, 78)
		for i, v := range k.x {
			k.x[i] = max(v, 0)
		}
		_, _, want := k.reference(false)
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(v))
		}
		eachTable(t, func(t *testing.T, b *Backend) {
			x, dy, dw := guard(b, k.x, s.XLen()), guard(b, k.dy, s.YLen()), guard(b, nil, s.WLen())
			b.Conv2dBackwardWeights(dw.Buffer, x.Buffer, dy.Buffer, s)
			worst := 0.0
			for i, v := range dw.values(t) {
				worst = max(worst, math.Abs(float64(v)-want[i]))
			}
			t.Logf("batch %d: largest error %.2g of the largest value", c.batch, worst/largest)
			require.LessOrEqual(t, worst/largest, c.bound)
		})
	}
}

// TestDirectOption checks that Direct avoids Winograd's rounding.
func TestDirectOption(t *testing.T) {
	s := kernels.NewConvShape(1, 64, 16, 16, 64, 3, 3, 1, 1, 1)
	k := newConvCase(s, 5)
	results, gradients := map[bool][]float32{}, map[bool][]float32{}
	for _, direct := range []bool{false, true} {
		b, err := New(Options{Direct: direct})
		require.NoError(t, err)
		x, w, dy := guard(b, k.x, s.XLen()), guard(b, k.w, s.WLen()), guard(b, k.dy, s.YLen())
		y, dw := guard(b, nil, s.YLen()), guard(b, nil, s.WLen())
		b.Conv2d(y.Buffer, x.Buffer, w.Buffer, nil, s, 1)
		b.Conv2dBackwardWeights(dw.Buffer, x.Buffer, dy.Buffer, s)
		results[direct], gradients[direct] = y.values(t), dw.values(t)
	}
	require.NotEqual(t, results[false], results[true])
	require.NotEqual(t, gradients[false], gradients[true])
}

// TestSameBitsWithAnyThreads checks that no result depends on the threads.
func TestSameBitsWithAnyThreads(t *testing.T) {
	shapes := []kernels.ConvShape{
		kernels.NewConvShape(2, 64, 20, 20, 64, 3, 3, 1, 1, 1),
		kernels.NewConvShape(4, 300, 8, 8, 64, 3, 3, 1, 1, 1),
		kernels.NewConvShape(3, 3, 40, 40, 32, 7, 7, 1, 3, 1),
		kernels.NewConvShape(3, 32, 40, 40, 3, 7, 7, 1, 3, 1),
		kernels.NewConvShape(2, 16, 33, 31, 40, 4, 4, 2, 1, 1),
	}
	for _, s := range shapes {
		k := newConvCase(s, 11)
		var first [][]float32
		for _, threads := range []int{1, 2, 3} {
			b, err := New(Options{Threads: threads})
			require.NoError(t, err)
			x, w, dy := guard(b, k.x, s.XLen()), guard(b, k.w, s.WLen()), guard(b, k.dy, s.YLen())
			y, dx, dw := guard(b, nil, s.YLen()), guard(b, nil, s.XLen()), guard(b, nil, s.WLen())
			b.Conv2d(y.Buffer, x.Buffer, w.Buffer, nil, s, 1)
			b.Conv2dBackwardData(dx.Buffer, dy.Buffer, w.Buffer, s)
			b.Conv2dBackwardWeights(dw.Buffer, x.Buffer, dy.Buffer, s)
			got := [][]float32{y.values(t), dx.values(t), dw.values(t)}
			if first == nil {
				first = got
			}
			require.Equal(t, first, got, "%v with %d threads", s, threads)
		}
	}
}
