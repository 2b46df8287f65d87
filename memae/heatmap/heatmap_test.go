package heatmap

import (
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type golden struct {
	Colormaps map[string][][3]uint8
	Map       Map
	Blurs     []struct {
		Sigma float64
		Map
	}
	Resizes []Map
}

func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	var g golden
	require.NoError(t, json.Unmarshal(data, &g))
	require.NotEmpty(t, g.Colormaps)
	require.NotEmpty(t, g.Blurs)
	require.NotEmpty(t, g.Resizes)
	return g
}

// nearMap fails unless the maps agree to tol; NaN fails.
func nearMap(t *testing.T, what string, got, want Map, tol float64) {
	t.Helper()
	require.Equal(t, [2]int{want.Width, want.Height}, [2]int{got.Width, got.Height}, what)
	require.Len(t, got.Scores, len(want.Scores), what)
	for i, v := range got.Scores {
		if d := math.Abs(float64(v) - float64(want.Scores[i])); !(d <= tol) {
			t.Fatalf("%s: score %d is %v, want %v", what, i, v, want.Scores[i])
		}
	}
}

// TestColormapsAreThoseOfMatplotlib allows for the fit of the polynomials,
// which leave the tables by up to 13 of 255.
func TestColormapsAreThoseOfMatplotlib(t *testing.T) {
	g := readGolden(t)
	for name, m := range map[string]*Colormap{"inferno": Inferno, "viridis": Viridis} {
		require.Len(t, g.Colormaps[name], 17)
		for i, want := range g.Colormaps[name] {
			c := m.At(float64(i) / 16)
			for k, got := range [3]uint8{c.R, c.G, c.B} {
				if d := int(got) - int(want[k]); d < -13 || d > 13 {
					t.Errorf("%s at %d/16: got %v, want %v", name, i, c, want)
				}
			}
			require.Equal(t, uint8(255), c.A)
		}
	}
}

// TestColormapsRiseEvenly: CIE lightness grows, and by nearly equal steps.
func TestColormapsRiseEvenly(t *testing.T) {
	for name, m := range map[string]*Colormap{"inferno": Inferno, "viridis": Viridis} {
		const steps = 16
		first, last := lightness(m.At(0)), lightness(m.At(1))
		for i := range steps {
			step := lightness(m.At(float64(i+1)/steps)) - lightness(m.At(float64(i)/steps))
			even := (last - first) / steps
			if !(step > 0.5*even && step < 1.5*even) {
				t.Errorf("%s: lightness rises by %.1f in step %d, want about %.1f", name, step, i, even)
			}
		}
	}
}

// lightness is CIE L* of an sRGB colour.
func lightness(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	y := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	if y <= 0.008856 {
		return 903.3 * y
	}
	return 116*math.Cbrt(y) - 16
}

func TestColormapEnds(t *testing.T) {
	first, last := Viridis.table[0], Viridis.table[255]
	for t64, want := range map[float64]color.RGBA{-1: first, 0: first, 1: last, 2: last, math.Inf(1): last, math.Inf(-1): first} {
		require.Equal(t, want, Viridis.At(t64), "%v", t64)
	}
	require.Equal(t, last, Viridis.At(math.NaN()))
}

func TestBlurAgainstScipy(t *testing.T) {
	g := readGolden(t)
	before := append([]float32(nil), g.Map.Scores...)
	for _, want := range g.Blurs {
		nearMap(t, "blur", Blur(g.Map, want.Sigma), want.Map, 1e-6)
	}
	nearMap(t, "sigma 0", Blur(g.Map, 0), g.Map, 0)
	require.Equal(t, before, g.Map.Scores, "the input is left alone")
	constant := Map{3, 2, []float32{5, 5, 5, 5, 5, 5}}
	nearMap(t, "constant", Blur(constant, 3), constant, 1e-6)
}

func TestResizeAgainstPyTorch(t *testing.T) {
	g := readGolden(t)
	for _, want := range g.Resizes {
		nearMap(t, "resize", g.Map.Resize(want.Width, want.Height), want, 1e-6)
	}
}

func TestHeatAndLevels(t *testing.T) {
	nan := float32(math.NaN())
	m := Map{6, 1, []float32{-9, 1, 2, 3, 9, nan}}
	img := Heat(m, 1, 3, Viridis)
	for x, want := range []float64{0, 0, 0.5, 1, 1, 1} {
		require.Equal(t, Viridis.At(want), img.RGBAAt(x, 0), "score %v", m.Scores[x])
	}
	flat := Heat(Map{3, 1, []float32{1, 2, 3}}, 2, 2, Viridis)
	for x, want := range []float64{0, 0, 1} {
		require.Equal(t, Viridis.At(want), flat.RGBAAt(x, 0))
	}
}

func TestPhotoImage(t *testing.T) {
	nan := float32(math.NaN())
	p := Photo{2, 1, []float32{0, 2, 0.5, -1, 1, nan}}
	img := p.Image()
	require.Equal(t, color.RGBA{0, 128, 255, 255}, img.RGBAAt(0, 0))
	require.Equal(t, color.RGBA{255, 0, 0, 255}, img.RGBAAt(1, 0))
}

func TestOverlay(t *testing.T) {
	photo := Photo{4, 2, make([]float32, 24)}
	for i := range photo.Pix {
		photo.Pix[i] = 0.6
	}
	img := Overlay(photo, Map{4, 2, []float32{0, 1, 2, 3, 4, 9, 0, 0}}, 1, 4)
	plain := photo.Image()
	for _, at := range []image.Point{{0, 0}, {1, 0}, {2, 1}, {3, 1}} {
		require.Equal(t, plain.RGBAAt(at.X, at.Y), img.RGBAAt(at.X, at.Y), "at or below low the photo shows")
	}
	require.Equal(t, img.RGBAAt(0, 1), img.RGBAAt(1, 1), "high and beyond are alike")
	heat := Inferno.At(1)
	want := uint8(math.Round(153 + 0.75*(float64(heat.R)-153)))
	require.Equal(t, want, img.RGBAAt(0, 1).R)
	require.NotEqual(t, plain.RGBAAt(2, 0), img.RGBAAt(2, 0))

	small := Map{2, 1, []float32{0, 8}}
	require.Equal(t, Overlay(photo, small.Resize(4, 2), 1, 4), Overlay(photo, small, 1, 4))
}

func TestSavePNG(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.png")
	img := Heat(Map{2, 2, []float32{0, 1, 2, 3}}, 0, 3, Inferno)
	require.NoError(t, SavePNG(name, img))
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	got, err := png.Decode(f)
	require.NoError(t, err)
	for i := range 4 {
		require.Equal(t, img.At(i%2, i/2), color.RGBAModel.Convert(got.At(i%2, i/2)))
	}
	err = SavePNG(filepath.Join(t.TempDir(), "missing", "a.png"), img)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.True(t, strings.HasPrefix(err.Error(), "heatmap: save picture: "), err)
}

func TestWrongSizesPanic(t *testing.T) {
	m := Map{2, 2, make([]float32, 3)}
	cases := []struct {
		want string
		call func()
	}{
		{"heatmap.Heat: got 3 scores, want 4 (2×2)", func() { Heat(m, 0, 1, Viridis) }},
		{"heatmap.Blur: got 3 scores, want 4 (2×2)", func() { Blur(m, 1) }},
		{"heatmap.Blur: got sigma -1, want a finite number of pixels, 0 or more", func() { Blur(Map{1, 1, []float32{0}}, -1) }},
		{"heatmap.Mask: got 3 scores, want 4 (2×2)", func() { Regions(m, 0, 1) }},
		{"heatmap.Overlay: got 3 scores, want 4 (2×2)", func() { Overlay(Photo{2, 2, make([]float32, 12)}, m, 0, 1) }},
		{"heatmap.Photo.Image: got 4 values, want 12 (2×2)", func() { Photo{2, 2, make([]float32, 4)}.Image() }},
		{"heatmap.Map.Resize: got 0×1, want at least 1×1", func() { Map{1, 1, []float32{0}}.Resize(0, 1) }},
		{"heatmap.Map.Resize: size is 0×0, want at least 1×1", func() { Map{}.Resize(1, 1) }},
		{"heatmap.Contour: got 1 mask pixels, want 4 (2×2)", func() {
			Contour(image.NewRGBA(image.Rect(0, 0, 2, 2)), make([]bool, 1), 2, 2, 1, TruthColor)
		}},
		{"heatmap.Contour: got a thickness of 0, want at least 1", func() {
			Contour(image.NewRGBA(image.Rect(0, 0, 1, 1)), make([]bool, 1), 1, 1, 0, TruthColor)
		}},
		{"heatmap.Panel: got 0 tiles in 1 columns, want at least one of each", func() { Panel(1) }},
		{`heatmap.Panel: tile 0 ("x") has no picture`, func() { Panel(1, Tile{Caption: "x"}) }},
		{"heatmap.Enlarge: got a factor of 0, want at least 1", func() { Enlarge(image.NewGray(image.Rect(0, 0, 1, 1)), 0) }},
		{"heatmap.ScaleBox: got sizes (0,1) and (2,2), want at least (1,1)", func() {
			ScaleBox(image.Rect(0, 0, 1, 1), image.Pt(0, 1), image.Pt(2, 2))
		}},
	}
	for _, c := range cases {
		require.PanicsWithValue(t, c.want, c.call)
	}
}
