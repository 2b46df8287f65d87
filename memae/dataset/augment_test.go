package dataset

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTurns(t *testing.T) {
	img := noiseImage(7, 5, 1)
	require.Equal(t, img, flipH(flipH(img)))
	require.Equal(t, img, flipV(flipV(img)))
	require.Equal(t, img, transpose(transpose(img)))
	require.NotEqual(t, img, flipH(img))
	for name, steps := range map[string][]int{"4×90": {1, 1, 1, 1}, "2×180": {2, 2}, "90 and 270": {1, 3}, "270 and 90": {3, 1}} {
		out := img
		for _, k := range steps {
			out = rot90(out, k)
		}
		require.Equal(t, img, out, name)
	}
	require.Equal(t, flipV(flipH(img)), rot90(img, 2))
	// numpy.rot90: the right column becomes the top row.
	turned := rot90(img, 1)
	require.Equal(t, []int{5, 7}, []int{turned.Width, turned.Height})
	for y := range 5 {
		require.Equal(t, img.Pix[y*7+6], turned.Pix[y])
	}
}

func TestRotateAgreesWithTurns(t *testing.T) {
	img := noiseImage(9, 9, 2)
	for k := range 4 {
		got, want := rotate(img, 90*float64(k)), rot90(img, k)
		for i, v := range want.Pix {
			require.True(t, math.Abs(float64(got.Pix[i]-v)) <= 1e-5, "%d quarters, value %d: got %v, want %v", k, i, got.Pix[i], v)
		}
	}
}

func TestRotateStaysInRange(t *testing.T) {
	img := noiseImage(17, 6, 3)
	for _, degrees := range []float64{-180, -33, 0.5, 45, 170} {
		for _, v := range rotate(img, degrees).Pix {
			require.True(t, v >= 0 && v <= 1, "%v", v)
		}
	}
	require.Equal(t, []int{2, 1, 0, 1, 2, 3, 2, 1, 0, 1}, func() (out []int) {
		for i := -2; i < 8; i++ {
			out = append(out, mirror(i, 4))
		}
		return out
	}())
	one := noiseImage(1, 1, 4)
	require.InDeltaSlice(t, one.Pix, rotate(one, 30).Pix, 1e-6)
}

func TestApplyDrawsAllTurnsEqually(t *testing.T) {
	img := noiseImage(4, 4, 5)
	a := Augment{FlipH: true, FlipV: true, Rotate: RotateK90}
	found := make(map[float32]int) // by top left pixel: where it came from
	distinct := make(map[[2]float32]int)
	const n = 4000
	for i := range n {
		out := a.Apply(img, Rand(1, 0, i))
		found[out.Pix[0]]++
		distinct[[2]float32{out.Pix[0], out.Pix[1]}]++
	}
	require.Len(t, distinct, 8, "the symmetries of a square")
	require.Len(t, found, 4)
	for _, k := range distinct {
		// Expected 500, standard deviation 21.
		require.InDelta(t, n/8, k, 5*21)
	}
}

func TestApplyFlipsHalf(t *testing.T) {
	img := noiseImage(4, 3, 6)
	for _, a := range []Augment{{FlipH: true}, {FlipV: true}, {Rotate: RotateK90}} {
		changed := 0
		for i := range 2000 {
			out := a.Apply(img, Rand(7, 3, i))
			require.Equal(t, []int{4, 3}, []int{out.Width, out.Height})
			if out.Pix[0] != img.Pix[0] {
				changed++
			}
		}
		require.InDelta(t, 1000, changed, 5*22, "%+v", a) // not square: 0° or 180°
	}
}

func TestApplyIsDeterministic(t *testing.T) {
	img := noiseImage(8, 8, 7)
	original := append([]float32(nil), img.Pix...)
	a := Augment{FlipH: true, FlipV: true, Rotate: "deg:10", Fill: FillReflect}
	require.Equal(t, a.Apply(img, Rand(1, 2, 3)), a.Apply(img, Rand(1, 2, 3)))
	for _, other := range [][3]int{{2, 2, 3}, {1, 3, 3}, {1, 2, 4}} {
		require.NotEqual(t, a.Apply(img, Rand(1, 2, 3)), a.Apply(img, Rand(uint64(other[0]), other[1], other[2])))
	}
	require.Equal(t, original, img.Pix, "argument unchanged")
	require.Equal(t, img, Augment{}.Apply(img, Rand(1, 1, 1)))
}

func TestAugmentValidate(t *testing.T) {
	for _, a := range []Augment{{}, {Rotate: "none"}, {Rotate: "k90", Fill: "reflect"}, {Rotate: "deg:0.5"}, {Rotate: "deg:180"}} {
		require.NoError(t, a.Validate(), "%+v", a)
	}
	for want, a := range map[string]Augment{
		`rotation "K90" is unknown: use none, k90 or deg:x`: {Rotate: "K90"},
		`rotation "deg:" has no angle`:                      {Rotate: "deg:"},
		`rotation "deg:0" has no angle`:                     {Rotate: "deg:0"},
		`rotation "deg:NaN" has no angle`:                   {Rotate: "deg:NaN"},
		`rotation "deg:181" has no angle`:                   {Rotate: "deg:181"},
		`fill "zero" is unknown: use reflect`:               {Fill: "zero"},
	} {
		require.ErrorContains(t, a.Validate(), want)
	}
	require.Panics(t, func() { Augment{Rotate: "x"}.Apply(NewImage(1, 1), Rand(1, 1, 1)) })
}
