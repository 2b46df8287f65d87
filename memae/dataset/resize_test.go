package dataset

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// goldenPhoto holds pixels in Hex: interleaved 8-bit RGB, as PIL returns it.
type goldenPhoto struct {
	Source        string
	Width, Height int
	Hex           string
}

// golden is testdata/pil.json, made by testdata/make_pil.py.
type golden struct {
	Resize, Decode []goldenPhoto
	Nearest        []struct {
		Source        string
		Width, Height int
		Bits          string
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	text, err := os.ReadFile("testdata/pil.json")
	require.NoError(t, err)
	var g golden
	require.NoError(t, json.Unmarshal(text, &g))
	require.NotEmpty(t, g.Resize)
	require.NotEmpty(t, g.Nearest)
	require.Len(t, g.Decode, 3)
	return g
}

func TestResizeMatchesPIL(t *testing.T) {
	for _, c := range readGolden(t).Resize {
		t.Run(fmt.Sprintf("%s to %dx%d", c.Source, c.Width, c.Height), func(t *testing.T) {
			path := filepath.Join("testdata", c.Source)
			img, err := Load(path)
			require.NoError(t, err)
			got := Resize(img, c.Width, c.Height)
			t.Logf("largest difference %.3f of 255", c.compare(t, got, 1))

			direct, err := LoadResized(path, c.Width, c.Height)
			require.NoError(t, err)
			require.Equal(t, got, direct, "LoadResized")
		})
	}
}

// compare requires img to be within tol/255 and returns the largest difference.
func (c goldenPhoto) compare(t *testing.T, img Image, tol float64) (worst float64) {
	t.Helper()
	want := fromHex(t, c.Hex)
	require.Equal(t, []int{c.Width, c.Height, len(want)}, []int{img.Width, img.Height, len(img.Pix)})
	for i, v := range want {
		channel, pixel := i%3, i/3
		got := float64(img.Plane(channel)[pixel]) * 255
		diff := math.Abs(got - float64(v))
		require.True(t, diff <= tol, "channel %d of pixel %d: got %v, want %d", channel, pixel, got, v)
		worst = max(worst, diff)
	}
	return worst
}

// Decoders may differ in the cosine transform, by about one level per channel
// before the conversion to RGB. Colour edges of these photos are 40 levels off
// without interpolation.
func TestLoadJPEGMatchesPIL(t *testing.T) {
	for _, c := range readGolden(t).Decode {
		img, err := Load(filepath.Join("testdata", c.Source))
		require.NoError(t, err)
		t.Logf("%s: largest difference %.3f of 255", c.Source, c.compare(t, img, 3.01))
	}
}

func TestLoadMaskMatchesPIL(t *testing.T) {
	for _, c := range readGolden(t).Nearest {
		mask, err := LoadMask(filepath.Join("testdata", c.Source), c.Width, c.Height)
		require.NoError(t, err)
		got := make([]byte, len(mask))
		for i, m := range mask {
			got[i] = '0'
			if m {
				got[i] = '1'
			}
		}
		require.Equal(t, c.Bits, string(got), "%s to %dx%d", c.Source, c.Width, c.Height)
	}
}

func fromHex(t *testing.T, text string) []uint8 {
	t.Helper()
	var data []uint8
	_, err := fmt.Sscanf(text, "%x", &data)
	require.NoError(t, err)
	return data
}

func TestResizeKeepsConstantsAndMean(t *testing.T) {
	img := NewImage(37, 23)
	for i := range img.Pix {
		img.Pix[i] = 0.7
	}
	for _, size := range [][2]int{{1, 1}, {5, 90}, {37, 7}, {300, 3}} {
		out := Resize(img, size[0], size[1])
		require.Len(t, out.Pix, 3*size[0]*size[1])
		for _, v := range out.Pix {
			require.True(t, math.Abs(float64(v)-0.7) <= 1e-6, "%v: %v", size, v)
		}
	}
}

func TestResizeToSameSizeIsIdentity(t *testing.T) {
	img := noiseImage(9, 5, 1)
	require.Equal(t, img, Resize(img, 9, 5))
}

func TestResizePanics(t *testing.T) {
	require.PanicsWithValue(t, "dataset.Resize: size is 0×4, want at least 1×1", func() { Resize(NewImage(2, 2), 0, 4) })
	require.PanicsWithValue(t, "dataset.Resize: image has 3 values, want 12 (2×2 RGB)",
		func() { Resize(Image{Width: 2, Height: 2, Pix: make([]float32, 3)}, 1, 1) })
}

func BenchmarkResize(b *testing.B) {
	for _, side := range []int{512, 1024} {
		b.Run(fmt.Sprintf("%dto256", side), func(b *testing.B) {
			img := NewImage(side, side)
			b.SetBytes(int64(4 * len(img.Pix)))
			for b.Loop() {
				Resize(img, 256, 256)
			}
		})
	}
}
