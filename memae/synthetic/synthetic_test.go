package synthetic

import (
	"bytes"
	"flag"
	"image"
	"image/draw"
	"image/png"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/sheet.png again")

// every draws one part as good and with each defect.
func every(t testing.TB, o Options, index int) []Sample {
	t.Helper()
	var samples []Sample
	for _, kind := range append([]Kind{Good}, Kinds()...) {
		s, err := Generate(o, index, kind)
		require.NoError(t, err)
		samples = append(samples, s)
	}
	return samples
}

// TestPinned compares with a picture kept in testdata: part 3 of seed 1 at 48
// pixels, good and with each defect. A channel may differ by 1, since some
// processors round a fused multiplication once and not twice.
func TestPinned(t *testing.T) {
	const size, file = 48, "testdata/sheet.png"
	samples := every(t, Options{Size: size, Seed: 1}, 3)
	sheet := image.NewRGBA(image.Rect(0, 0, size*len(samples), size))
	for i, s := range samples {
		draw.Draw(sheet, image.Rect(i*size, 0, (i+1)*size, size), s.Photo, image.Point{}, draw.Src)
	}
	if *update {
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, sheet))
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o666))
	}
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	decoded, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	want := image.NewRGBA(decoded.Bounds())
	draw.Draw(want, want.Bounds(), decoded, image.Point{}, draw.Src)
	require.Equal(t, want.Rect, sheet.Rect)
	for i, v := range sheet.Pix {
		if d := int(v) - int(want.Pix[i]); d < -1 || d > 1 {
			t.Fatalf("byte %d is %d, want %d: the picture of a seed has changed (go test -update if that is meant)", i, v, want.Pix[i])
		}
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	o := Options{Size: 64, Seed: 7}
	a, b := every(t, o, 5), every(t, o, 5)
	require.Equal(t, a, b)
	other, err := Generate(Options{Size: 64, Seed: 8}, 5, Good)
	require.NoError(t, err)
	require.NotEqual(t, a[0].Photo.Pix, other.Photo.Pix, "another seed")
	other, err = Generate(o, 6, Good)
	require.NoError(t, err)
	require.NotEqual(t, a[0].Photo.Pix, other.Photo.Pix, "another part")
}

// TestTruthIsExact: a photo with a defect equals the photo of the same part
// without it wherever the truth is 0, and differs nearly everywhere else.
func TestTruthIsExact(t *testing.T) {
	for _, size := range []int{64, 128} {
		for index := range 12 {
			samples := every(t, Options{Size: size, Seed: 2}, index)
			good := samples[0]
			require.Zero(t, good.Pixels)
			require.NotContains(t, good.Mask(), true)
			for _, s := range samples[1:] {
				inside, changed := 0, 0
				for i, defective := range s.Mask() {
					a, b := good.Photo.Pix[4*i:4*i+4], s.Photo.Pix[4*i:4*i+4]
					if !defective {
						require.Equal(t, a, b, "%s, part %d, pixel %d", s.Kind, index, i)
						continue
					}
					inside++
					if far(a, b) {
						changed++
					}
				}
				require.Equal(t, inside, s.Pixels)
				// A chip's or a clog's edge runs into a ground of its own
				// colour here and there.
				require.Greater(t, float64(changed), 0.85*float64(inside), "%s, part %d: the defect is hard to see", s.Kind, index)
				share := float64(inside) / float64(size*size)
				require.True(t, share >= minShare && share <= maxShare, "%s, part %d: %v of the picture", s.Kind, index, share)
			}
		}
	}
}

// far says whether a channel differs by more than the sensor's noise.
func far(a, b []uint8) bool {
	for k := range a {
		if d := int(a[k]) - int(b[k]); d < -12 || d > 12 {
			return true
		}
	}
	return false
}

func TestEverySizeHasEveryDefect(t *testing.T) {
	for _, size := range []int{minSize, 33, 256} {
		for _, s := range every(t, Options{Size: size}, 0) {
			require.Equal(t, image.Rect(0, 0, size, size), s.Photo.Rect)
			require.Equal(t, image.Rect(0, 0, size, size), s.Truth.Rect)
			require.Equal(t, s.Kind != Good, s.Pixels > 0)
		}
	}
}

func TestBadArguments(t *testing.T) {
	_, err := Generate(Options{Size: 8}, 0, Good)
	require.ErrorContains(t, err, "8 pixels")
	require.ErrorContains(t, Write(t.TempDir(), Options{TestGood: -2}), "-2 photos")
	require.PanicsWithValue(t, `synthetic.Generate: got kind "dent", want "good" or one of ["scratch" "stain" "chip" "hole" "spot"]`,
		func() { Generate(Options{}, 0, "dent") })
}

func BenchmarkGenerate(b *testing.B) {
	for _, kind := range []Kind{Good, Stain} {
		b.Run(string(kind)+"/size=128", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := Generate(Options{}, i, kind); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
