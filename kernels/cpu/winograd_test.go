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

// TestWinogradError measures errors against float64 for rectified normal inputs,
// of which KERNELS notes state 1.8e-6 of the root mean square at 512 channels and
// 7e-7 at 64; the gradient of the weights sums over pixels. The largest error
// varies with the inputs: of 8 draws at 512 channels from 2.6e-6 of the largest
// value, the notes' figure, to 4.7e-6, so its bounds only catch what is broken.
func TestWinogradError(t *testing.T) {
	for _, c := range []struct {
		pass             string
		batch, inC, outC int
		worst, rms       float64
	}{
		{"forward", 1, 64, 64, 2e-6, 8e-7},
		{"forward", 1, 512, 64, 3.5e-6, 2e-6},
		{"data", 1, 64, 64, 2e-6, 8e-7},
		{"data", 1, 64, 512, 6e-6, 2e-6},
		{"weights", 1, 64, 64, 1e-6, 1e-6},
		{"weights", 16, 64, 64, 2e-6, 2e-6},
	} {
		s := kernels.NewConvShape(c.batch, c.inC, 16, 16, c.outC, 3, 3, 1, 1, 1)
		k := newConvCase(s, 77)
		rectified := k.x
		if c.pass == "data" {
			rectified = k.dy
		}
		for i, v := range rectified {
			rectified[i] = max(v, 0)
		}
		y, dx, dw := k.reference(false)
		eachTable(t, func(t *testing.T, b *Backend) {
			x, w, dy := guard(b, k.x, s.XLen()), guard(b, k.w, s.WLen()), guard(b, k.dy, s.YLen())
			var got guarded
			var want []float64
			switch c.pass {
			case "forward":
				got, want = guard(b, nil, s.YLen()), y
				b.Conv2d(got.Buffer, x.Buffer, w.Buffer, nil, s, 1)
			case "data":
				got, want = guard(b, nil, s.XLen()), dx
				b.Conv2dBackwardData(got.Buffer, dy.Buffer, w.Buffer, s)
			case "weights":
				got, want = guard(b, nil, s.WLen()), dw
				b.Conv2dBackwardWeights(got.Buffer, x.Buffer, dy.Buffer, s)
			}
			worst, rms := relativeErrors(got.values(t), want)
			t.Logf("%s, %v: largest error %.2g of the largest value, root mean square %.2g", c.pass, s, worst, rms)
			require.LessOrEqual(t, worst, c.worst)
			require.LessOrEqual(t, rms, c.rms)
		})
	}
}

// relativeErrors returns the largest error over the largest value, and the ratio
// of the root mean squares of both.
func relativeErrors(got []float32, want []float64) (worst, rms float64) {
	var largest, squares, values float64
	for i, w := range want {
		diff := math.Abs(float64(got[i]) - w)
		worst, largest = max(worst, diff), max(largest, math.Abs(w))
		squares, values = squares+diff*diff, values+w*w
	}
	return worst / largest, math.Sqrt(squares / values)
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
