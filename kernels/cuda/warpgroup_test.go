package cuda

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// chosenFor has a backend compute a shape's convolutions by one of our kernels.
func chosenFor(b *Backend, s kernels.ConvShape, by int) {
	for _, d := range []driver.Direction{driver.Forward, driver.BackwardData, driver.BackwardWeights} {
		for _, library := range []bool{false, true} {
			b.device.choices.set(choiceKey{d, s, b.precision, library}, by)
		}
	}
}

// Kernels by warpgroups, on devices that have them, give what those by warps give: the
// same on whole numbers, else but for the order of sums; in every direction, with tiles
// of both heights, at any address.
func TestWarpgroups(t *testing.T) {
	for _, p := range []Precision{TF32, BF16} {
		b := openWith(t, Options{Precision: p})
		if b.device.functions["conv_forward_tf32_wgmma_128"] == nil {
			t.Skipf("%s has no warpgroups", b.Name())
		}
		for _, s := range []kernels.ConvShape{
			kernels.NewConvShape(2, 36, 6, 6, 100, 1, 1, 1, 0, 1), // pointwise, two heights
			kernels.NewConvShape(1, 41, 9, 7, 132, 3, 3, 2, 1, 1), // several slices, with ends
		} {
			for _, whole := range []bool{true, false} {
				values := func(n, seed int) []float32 {
					list := source(n, seed)
					for i := range list {
						if whole {
							list[i] = float32(math.Round(float64(4 * list[i])))
						}
					}
					return list
				}
				x, w, dy := values(s.XLen(), 1), values(s.WLen(), 2), values(s.YLen(), 3)
				for name, d := range map[string]struct {
					n, terms int
					operands [][]float32
					run      func(y kernels.Buffer, o []kernels.Buffer)
				}{
					"forward": {s.YLen(), s.InC * s.KH * s.KW, [][]float32{x, w}, func(y kernels.Buffer, o []kernels.Buffer) { b.Conv2d(y, o[0], o[1], nil, s, 0.5) }},
					"data":    {s.XLen(), s.OutC * s.KH * s.KW, [][]float32{dy, w}, func(y kernels.Buffer, o []kernels.Buffer) { b.Conv2dBackwardData(y, o[0], o[1], s) }},
					"weights": {s.WLen(), s.N * s.OutH * s.OutW, [][]float32{x, dy}, func(y kernels.Buffer, o []kernels.Buffer) { b.Conv2dBackwardWeights(y, o[0], o[1], s) }},
				} {
					chosenFor(b, s, own)
					want := placed(b, 0, d.n, d.operands, d.run)
					chosenFor(b, s, warpgroups)
					tolerance := float64(d.terms) * 0x1p-21 // factors are at most 1; tensor cores may cut sums instead of rounding them
					if whole {
						tolerance = 0
					}
					for moved := range 2 {
						if moved == 1 && !whole {
							continue // as exact as where it was not moved
						}
						got := placed(b, moved, d.n, d.operands, d.run)
						for i := range got {
							if diff := math.Abs(float64(got[i] - want[i])); !(diff <= tolerance) {
								t.Fatalf("%v %s %+v: value %d is %g, want %g within %g", p, name, s, i, got[i], want[i], tolerance)
							}
						}
					}
				}
			}
		}
	}
}

// Devices with warpgroups time them too, where there are kernels for a shape and runs
// need not be the same.
func TestCandidates(t *testing.T) {
	large := convolution{direction: driver.Forward, shape: kernels.NewConvShape(1, 4, 8, 8, 64, 3, 3, 1, 1, 1), slope: 1}
	small := convolution{direction: driver.Forward, shape: kernels.NewConvShape(1, 4, 8, 8, 32, 3, 3, 1, 1, 1), slope: 1}
	b := openWith(t, Options{Precision: BF16})
	if b.device.functions["conv_forward_tf32_wgmma_128"] == nil {
		t.Skipf("%s has no warpgroups", b.Name())
	}
	require.Equal(t, []int{own, warpgroups}, b.candidates(large))
	require.Equal(t, []int{own}, b.candidates(small))
	require.Equal(t, []int{own}, openWith(t, Options{Precision: BF16, Deterministic: true}).candidates(large))
	if b := openWith(t, Options{}); b.dnn.handle != nil {
		require.Equal(t, append([]int{own, warpgroups}, algorithms[driver.Forward]...), b.candidates(large))
		require.Equal(t, append([]int{own}, algorithms[driver.Forward]...), b.candidates(small))
	}
}
