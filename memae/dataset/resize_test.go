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

// golden is testdata/pil.json, made by testdata/make_pil.py.
type golden struct {
	Resize []struct {
		Source        string
		Width, Height int
		// Hex is interleaved 8-bit RGB, as PIL returns it.
		Hex string
	}
	Nearest []struct {
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
	return g
}

func TestResizeMatchesPIL(t *testing.T) {
	for _, c := range readGolden(t).Resize {
		t.Run(fmt.Sprintf("%s to %dx%d", c.Source, c.Width, c.Height), func(t *testing.T) {
			path := filepath.Join("testdata", c.Source)
			img, err := Load(path)
			require.NoError(t, err)
			got := Resize(img, c.Width, c.Height)
			want := fromHex(t, c.Hex)
			require.Len(t, want, len(got.Pix))
			worst := 0.0
			for i, v := range want {
				c, pixel := i%3, i/3
				diff := math.Abs(float64(got.Plane(c)[pixel])*255 - float64(v))
				require.True(t, diff <= 1, "channel %d of pixel %d: got %v, want %d", c, pixel, got.Plane(c)[pixel]*255, v)
				worst = max(worst, diff)
			}
			t.Logf("largest difference %.3f of 255", worst)

			direct, err := LoadResized(path, c.Width, c.Height)
			require.NoError(t, err)
			require.Equal(t, got, direct, "LoadResized")
		})
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
