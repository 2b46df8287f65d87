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
		kernels.NewConvShape(9, 65, 16, 16, 70, 3, 3, 1, 1, 1), // several blocks of tiles in gradients of weights
	}
	// Two taps for each parity of the 4×4.
	shapes = append(shapes,
		kernels.NewConvShape(2, 64, 32, 32, 32, 4, 4, 2, 1, 1),
		kernels.NewConvShape(8, 48, 7, 9, 40, 4, 4, 2, 1, 1),
		kernels.NewConvShape(9, 32, 9, 8, 48, 4, 4, 2, 0, 1),
		kernels.NewConvShape(6, 32, 11, 15, 33, 4, 4, 2, 3, 1),
		kernels.NewConvShape(5, 272, 16, 16, 32, 4, 4, 2, 1, 1),
		kernels.NewConvShape(5, 64, 16, 12, 32, 4, 4, 2, 2, 1),
		// Lattices of 2×2, 2×1, 1×2 and one tap.
		kernels.NewConvShape(2, 64, 32, 32, 64, 3, 3, 2, 1, 1),
		kernels.NewConvShape(16, 32, 9, 11, 50, 3, 3, 2, 0, 1),
		kernels.NewConvShape(16, 48, 8, 15, 33, 3, 3, 2, 2, 1),
		kernels.NewConvShape(6, 80, 15, 17, 70, 3, 3, 2, 1, 1),
		// Gradients of weights in pieces of the batch, and slices of the channels.
		kernels.NewConvShape(4, 136, 36, 35, 33, 3, 3, 1, 1, 1),
		kernels.NewConvShape(9, 48, 48, 46, 40, 4, 4, 2, 1, 1),
		// Few channels.
		kernels.NewConvShape(2, 16, 14, 9, 24, 3, 3, 1, 1, 1),
	)
	var cases []*convCase
	for i, s := range shapes {
		require.NotNil(t, forwardCorrelation(s).suitsWinograd(), s)
		sparse := s.KH == 3 && s.Stride == 2
		require.Equal(t, !sparse || s.InC >= sparseChannels, backwardCorrelation(s).suitsWinograd() != nil, s)
		require.Equal(t, !sparse && s.InC >= gradientChannels, forwardCorrelation(s).suitsWinogradGradient() != nil, s)
		if testing.Short() && i%3 != 0 {
			continue
		}
		c := newConvCase(s, uint64(i))
		c.slack = 5
		cases = append(cases, c)
	}
	checkAll(t, cases)
}

// TestWinogradSchedules: several blocks of tiles, which threads share out or work on
// together.
func TestWinogradSchedules(t *testing.T) {
	var cases []*convCase
	for i, c := range []struct {
		own  bool
		long bool // sums that take long in double precision
		kernels.ConvShape
	}{
		{true, false, kernels.NewConvShape(3, 16, 27, 61, 17, 3, 3, 1, 1, 1)}, // blocks of rows of two images
		{true, false, kernels.NewConvShape(2, 16, 15, 17, 33, 3, 3, 1, 1, 1)}, // few tiles for few weights
		{false, false, kernels.NewConvShape(1, 16, 11, 341, 17, 3, 3, 1, 1, 1)},
		{true, false, kernels.NewConvShape(1, 32, 58, 128, 33, 4, 4, 2, 1, 1)},
		{false, true, kernels.NewConvShape(1, 32, 22, 682, 33, 4, 4, 2, 1, 1)},
		{true, true, kernels.NewConvShape(1, 64, 57, 127, 65, 3, 3, 2, 1, 1)},
	} {
		for _, s := range []*winogradShape{forwardCorrelation(c.ConvShape).suitsWinograd(), backwardCorrelation(c.ConvShape).suitsWinograd()} {
			require.NotNil(t, s, c)
			blocks := s.ownBlocks(2, alignment) // as many threads as eachTable takes
			require.Equal(t, c.own, blocks > 0, c)
			if !c.own {
				blocks = ceilDiv(s.tiles(), commonTiles)
			}
			require.Greater(t, blocks, 1, c)
		}
		if c.long && testing.Short() {
			continue
		}
		k := newConvCase(c.ConvShape, uint64(i))
		k.slack = 5
		cases = append(cases, k)
	}
	checkAll(t, cases)
}

// TestWinogradOwnBlocks: how many blocks of tiles threads share out.
func TestWinogradOwnBlocks(t *testing.T) {
	for _, c := range []struct{ batch, channels, side, threads, want int }{
		{8, 256, 64, 2, 32},
		{8, 256, 15, 1, 2},
		{8, 256, 15, 2, 2},
		{8, 256, 15, 4, 0}, // each would read 9 MiB for half a block
		{8, 128, 16, 4, 4},
		{8, 128, 8, 2, 2},
		{8, 128, 8, 3, 0}, // ten tiles each
		{9, 128, 15, 2, 4},
		{8, 512, 16, 2, 2},
		{8, 512, 8, 2, 0},
		{1, 64, 224, 16, 0}, // 56 rows of tiles for 16 threads
	} {
		s := forwardCorrelation(kernels.NewConvShape(c.batch, c.channels, c.side, c.side, c.channels, 3, 3, 1, 1, 1)).suitsWinograd()
		require.Equal(t, c.want, s.ownBlocks(c.threads, alignment), c)
	}
}

// TestWinogradError measures errors against float64 for rectified normal inputs. The
// bounds of 3×3 forward are what the prototypes reached (KERNELS notes, 2.6e-6 of the
// largest value and 1.8e-6 of the root mean square at 512 channels, 1.4e-6 and 7e-7 at
// 64): sums of at most 256 products bring the root mean square at 512 channels to
// 1.3e-6; that at 64 is 7.5e-7 in plain Go, which rounds every product. The largest
// error varies by a third from draw to draw, so that it is the mean of several which
// is bounded. The gradient of the weights sums over pixels.
func TestWinogradError(t *testing.T) {
	for _, c := range []struct {
		pass             string
		batch, inC, outC int
		kernel, stride   int
		draws            int
		worst, rms       float64
	}{
		{"forward", 1, 64, 64, 3, 1, 20, 1.4e-6, 8e-7},
		{"forward", 1, 512, 64, 3, 1, 5, 2.6e-6, 1.5e-6},
		{"data", 1, 64, 64, 3, 1, 1, 2e-6, 8e-7},
		{"data", 1, 64, 512, 3, 1, 3, 2.6e-6, 1.5e-6},
		{"weights", 1, 64, 64, 3, 1, 1, 1e-6, 1e-6},
		{"weights", 16, 64, 64, 3, 1, 1, 2e-6, 2e-6},
		{"forward", 2, 64, 64, 4, 2, 1, 4e-6, 1.4e-6},
		{"forward", 2, 512, 64, 4, 2, 1, 3e-6, 1.5e-6},
		{"forward", 2, 512, 64, 3, 2, 1, 3e-6, 1.5e-6},
		{"data", 2, 64, 64, 4, 2, 1, 2e-6, 8e-7},
		{"data", 2, 64, 512, 4, 2, 1, 4e-6, 1.5e-6},
		{"data", 2, 64, 512, 3, 2, 1, 4e-6, 1.5e-6},
		{"weights", 2, 64, 64, 4, 2, 1, 1e-6, 1e-6},
		{"weights", 32, 64, 64, 4, 2, 1, 2e-6, 2e-6},
	} {
		if testing.Short() && max(c.inC, c.outC, 32*c.batch) > 64 {
			continue // their sums take long in double precision
		}
		s := kernels.NewConvShape(c.batch, c.inC, 16*c.stride, 16*c.stride, c.outC, c.kernel, c.kernel, c.stride, 1, 1)
		worst, rms := map[string]float64{}, map[string]float64{} // of every table, means over the draws
		for draw := range c.draws {
			k := newConvCase(s, uint64(77+draw))
			k.rectify(c.pass)
			want := k.pass(c.pass)
			eachTable(t, func(t *testing.T, b *Backend) {
				w, r := relativeErrors(k.passOn(t, b, c.pass), want)
				worst[b.Name()] += w / float64(c.draws)
				rms[b.Name()] += r / float64(c.draws)
			})
		}
		for table := range worst {
			t.Logf("%s, %s, %v: largest error %.2g of the largest value, root mean square %.2g", table, c.pass, s, worst[table], rms[table])
			require.LessOrEqual(t, worst[table], c.worst)
			require.LessOrEqual(t, rms[table], c.rms)
		}
	}
}

// rectify makes the data that a pass sums up as activations are.
func (c *convCase) rectify(pass string) {
	data := c.x
	if pass == "data" {
		data = c.dy
	}
	for i, v := range data {
		data[i] = max(v, 0)
	}
}

// pass is a pass in float64, without bias.
func (c *convCase) pass(pass string) []float64 {
	y, dx, dw := c.sums(false, pass == "forward", pass == "data", pass == "weights")
	return map[string][]float64{"forward": y, "data": dx, "weights": dw}[pass]
}

// passOn is a pass on b.
func (c *convCase) passOn(t *testing.T, b *Backend, pass string) []float32 {
	t.Helper()
	r := c.results(t, b)
	return r[map[string]int{"forward": 0, "data": 1, "weights": 2}[pass]]
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

// TestDirectOption: Direct avoids Winograd's algorithm and its rounding in all
// directions.
func TestDirectOption(t *testing.T) {
	fast := open(t, "", 0)
	direct, err := New(Options{Direct: true})
	require.NoError(t, err)
	for i, s := range []kernels.ConvShape{
		kernels.NewConvShape(1, 64, 16, 16, 64, 3, 3, 1, 1, 1),
		kernels.NewConvShape(2, 64, 16, 16, 64, 4, 4, 2, 1, 1),
		kernels.NewConvShape(2, 64, 32, 32, 64, 3, 3, 2, 1, 1),
	} {
		k := newConvCase(s, uint64(i))
		k.slack = 2 // of the many values some are three deviations large, and plain Go rounds products, too
		k.check(t, direct)
		got, other := k.results(t, fast), k.results(t, direct)
		for pass := range got {
			if pass == 2 && forwardCorrelation(s).suitsWinogradGradient() == nil {
				continue
			}
			require.NotEqual(t, got[pass], other[pass], "%v, pass %d", s, pass)
		}
	}
}

// TestSameBitsWithAnyThreads checks that no result depends on the threads.
func TestSameBitsWithAnyThreads(t *testing.T) {
	shapes := []kernels.ConvShape{
		kernels.NewConvShape(2, 64, 20, 20, 64, 3, 3, 1, 1, 1), // three threads share out channels, not tiles
		kernels.NewConvShape(3, 16, 23, 61, 17, 3, 3, 1, 1, 1),
		kernels.NewConvShape(4, 300, 8, 8, 64, 3, 3, 1, 1, 1),
		kernels.NewConvShape(2, 64, 32, 32, 64, 3, 3, 2, 1, 1),
		kernels.NewConvShape(3, 3, 40, 40, 32, 7, 7, 1, 3, 1),
		kernels.NewConvShape(3, 3, 40, 100, 32, 3, 3, 2, 1, 1),
		kernels.NewConvShape(3, 32, 40, 40, 3, 7, 7, 1, 3, 1),
		kernels.NewConvShape(2, 16, 33, 31, 40, 4, 4, 2, 1, 1),
		kernels.NewConvShape(2, 24, 48, 48, 24, 3, 3, 1, 1, 1), // pieces of the batch
		kernels.NewConvShape(9, 32, 48, 48, 32, 4, 4, 2, 1, 1),
		kernels.NewConvShape(3, 40, 20, 19, 50, 1, 1, 1, 0, 1),
		kernels.NewConvShape(6, 128, 5, 7, 128, 3, 3, 1, 2, 2), // images together
	}
	for i, s := range shapes {
		k := newConvCase(s, 11)
		var first [3][]float32
		for _, threads := range []int{1, 2, 3} {
			got := k.results(t, open(t, "", threads))
			if threads == 1 {
				first = got
			}
			require.Equal(t, first, got, "%d: %v with %d threads", i, s, threads)
		}
	}
}

// TestWinogradGradientParts checks that the shapes above take both ways: pieces of
// the batch, and slices that threads share out, with a last slice that is narrower.
func TestWinogradGradientParts(t *testing.T) {
	b := open(t, "", 0)
	for _, c := range []struct {
		shape  kernels.ConvShape
		pieces bool
		slices int
	}{
		{kernels.NewConvShape(4, 136, 36, 35, 33, 3, 3, 1, 1, 1), true, 2},
		{kernels.NewConvShape(9, 48, 48, 46, 40, 4, 4, 2, 1, 1), true, 2},
		{kernels.NewConvShape(9, 65, 16, 16, 70, 3, 3, 1, 1, 1), false, 2},
		{kernels.NewConvShape(5, 272, 16, 16, 32, 4, 4, 2, 1, 1), false, 9},
	} {
		s := forwardCorrelation(c.shape).suitsWinogradGradient()
		w := newWinogradGrad(b, s, nil, nil, nil)
		require.Equal(t, c.pieces, w.pieces > 1, c.shape)
		require.Equal(t, c.slices, w.slices, c.shape)
	}
}
