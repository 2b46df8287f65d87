package heatmap

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fromDigits makes a map whose scores are the digits of the rows; a dot is 0.
func fromDigits(rows ...string) Map {
	m := Map{Width: len(rows[0]), Height: len(rows)}
	for _, row := range rows {
		for _, c := range strings.ReplaceAll(row, ".", "0") {
			m.Scores = append(m.Scores, float32(c-'0'))
		}
	}
	return m
}

func TestRegions(t *testing.T) {
	m := fromDigits(
		"5.....66",
		".5....6.",
		"..9.....",
		"....1...",
		"7.....77",
		"......71")
	got := Regions(m, 5, 1)
	require.Equal(t, []Region{
		{Box: image.Rect(0, 0, 3, 3), Area: 3, Peak: 9, At: image.Pt(2, 2)},
		{Box: image.Rect(6, 4, 8, 6), Area: 3, Peak: 7, At: image.Pt(6, 4)},
		{Box: image.Rect(0, 4, 1, 5), Area: 1, Peak: 7, At: image.Pt(0, 4)},
		{Box: image.Rect(6, 0, 8, 2), Area: 3, Peak: 6, At: image.Pt(6, 0)},
	}, got)
	require.Equal(t, slices.Delete(slices.Clone(got), 2, 3), Regions(m, 5, 2))
	require.Empty(t, Regions(m, 10, 1))
	// The threshold itself belongs to the region.
	require.Len(t, Regions(m, 9, 1), 1)
}

func TestMask(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	require.Equal(t, []bool{false, true, true, false, true}, Mask(Map{5, 1, []float32{1, 2, 3, nan, inf}}, 2))
}

func TestScaleBoxLosesNothing(t *testing.T) {
	require.Equal(t, image.Rect(2, 0, 8, 3), ScaleBox(image.Rect(1, 0, 4, 1), image.Pt(4, 4), image.Pt(8, 12)))
	// 100 pixels to 33: pixel 50 lies in 16.5 … 16.83, pixel 52 ends at 17.49.
	require.Equal(t, image.Rect(16, 16, 18, 18), ScaleBox(image.Rect(50, 50, 53, 53), image.Pt(100, 100), image.Pt(33, 33)))
	require.Equal(t, image.Rect(0, 0, 33, 33), ScaleBox(image.Rect(0, 0, 100, 100), image.Pt(100, 100), image.Pt(33, 33)))
}

// drawn returns the coloured pixels of a picture as rows of # and dots.
func drawn(img *image.RGBA) []string {
	var rows []string
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		var row []byte
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			if img.RGBAAt(x, y) != (color.RGBA{}) {
				row = append(row, '#')
			} else {
				row = append(row, '.')
			}
		}
		rows = append(rows, string(row))
	}
	return rows
}

func TestContour(t *testing.T) {
	cases := []struct {
		name      string
		mask      []string
		size      image.Rectangle
		thickness int
		want      []string
	}{
		{"block", []string{".....", ".###.", ".###.", ".###.", "....."}, image.Rect(0, 0, 5, 5), 1,
			[]string{".....", ".###.", ".#.#.", ".###.", "....."}},
		{"closed at the border", []string{"####", "####", "####"}, image.Rect(3, 2, 7, 5), 1,
			[]string{"####", "#..#", "####"}},
		{"nothing", []string{"..", ".."}, image.Rect(0, 0, 2, 2), 1, []string{"..", ".."}},
		{"enlarged, thin line", []string{"..", ".#"}, image.Rect(0, 0, 8, 8), 1,
			[]string{"........", "........", "........", "........", "....####", "....#..#", "....#..#", "....####"}},
		{"enlarged, thick line", []string{"#"}, image.Rect(0, 0, 6, 6), 2,
			[]string{"######", "######", "##..##", "##..##", "######", "######"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			img := image.NewRGBA(c.size)
			Contour(img, Mask(fromDigits(strings.Split(strings.ReplaceAll(strings.Join(c.mask, " "), "#", "1"), " ")...), 1),
				len(c.mask[0]), len(c.mask), c.thickness, TruthColor)
			require.Equal(t, c.want, drawn(img))
		})
	}
}

func TestPanel(t *testing.T) {
	solid := func(w, h int, c color.RGBA) image.Image {
		img := image.NewRGBA(image.Rect(10, 20, 10+w, 20+h)) // bounds need not start at 0
		for i := range w * h {
			setPixel(img, i, c)
		}
		return img
	}
	red, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}
	p := Panel(2, Tile{solid(60, 40, red), "input"}, Tile{solid(20, 10, blue), "a caption too long"}, Tile{solid(60, 40, blue), ""})
	require.Equal(t, image.Rect(0, 0, 2*68+8, 2*66+8), p.Rect)
	require.Equal(t, paper, p.RGBAAt(0, 0))
	require.Equal(t, red, p.RGBAAt(8, 8))
	require.Equal(t, red, p.RGBAAt(67, 47))
	require.Equal(t, paper, p.RGBAAt(68, 47))
	// The small tile sits in the middle of its cell.
	require.Equal(t, paper, p.RGBAAt(76+19, 8+15))
	require.Equal(t, blue, p.RGBAAt(76+20, 8+15))
	require.Equal(t, blue, p.RGBAAt(76+39, 8+24))
	require.Equal(t, paper, p.RGBAAt(76+40, 8+24))
	require.Equal(t, blue, p.RGBAAt(8, 8+66))

	// Captions lie below their tiles, and no wider than they.
	count := func(r image.Rectangle) (n int) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if p.RGBAAt(x, y) == ink {
					n++
				}
			}
		}
		return n
	}
	require.NotZero(t, count(image.Rect(8, 48, 68, 66)))
	require.NotZero(t, count(image.Rect(76, 48, 136, 66)))
	require.Zero(t, count(image.Rect(68, 0, 76, 140)))
	require.Zero(t, count(image.Rect(136, 0, 144, 140)))
	require.Zero(t, count(image.Rect(8, 114, 68, 140)))

	// Fewer tiles than columns make no empty cells.
	require.Equal(t, 76, Panel(5, Tile{solid(60, 40, red), ""}).Rect.Dx())
}

func TestEnlarge(t *testing.T) {
	img := image.NewGray(image.Rect(1, 1, 3, 2))
	img.Pix = []uint8{10, 200}
	got := Enlarge(img, 3)
	require.Equal(t, image.Rect(0, 0, 6, 3), got.Rect)
	for i := range 18 {
		want := uint8(10)
		if i%6 >= 3 {
			want = 200
		}
		require.Equal(t, color.RGBA{want, want, want, 255}, got.RGBAAt(i%6, i/6))
	}
}
