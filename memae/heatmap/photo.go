package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// Photo is a picture as planar RGB: Pix[(c*Height+y)*Width+x] with c = 0, 1, 2
// for red, green, blue (CHW), values in [0,1].
type Photo struct {
	Width, Height int
	Pix           []float32
}

// Image converts the photo to 8 bits; values outside [0,1] are clipped and NaN
// becomes 0.
func (p Photo) Image() *image.RGBA {
	checkLength("Photo.Image", "values", len(p.Pix), 3, p.Width, p.Height)
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	n := p.Width * p.Height
	for i := range n {
		img.Pix[4*i] = toByte(p.Pix[i])
		img.Pix[4*i+1] = toByte(p.Pix[n+i])
		img.Pix[4*i+2] = toByte(p.Pix[2*n+i])
		img.Pix[4*i+3] = 255
	}
	return img
}

// Map holds one anomaly score for each pixel, row by row: Scores[y*Width+x].
type Map struct {
	Width, Height int
	Scores        []float32
}

// Heat draws a map in colours, from low to high; see [Colormap.At] for scores
// beyond them. Where high is not above low, scores above low get the last colour
// and all others the first.
func Heat(m Map, low, high float32, colors *Colormap) *image.RGBA {
	m.check("Heat")
	img := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i, v := range m.Scores {
		setPixel(img, i, colors.At(level(v, low, high)))
	}
	return img
}

// overlayOpacity is how much of the photo the highest score hides.
const overlayOpacity = 0.75

// Overlay lays the map over its photo: clear at low and below, so that the photo
// is seen as it is, and denser and brighter in the colours of [Inferno] towards
// high. A map of another size than the photo is scaled to it ([Map.Resize]).
func Overlay(photo Photo, m Map, low, high float32) *image.RGBA {
	img := photo.Image()
	if m.Width != photo.Width || m.Height != photo.Height {
		m = m.Resize(photo.Width, photo.Height)
	}
	m.check("Overlay")
	for i, v := range m.Scores {
		t := level(v, low, high)
		c := Inferno.At(t)
		opacity := overlayOpacity * math.Sqrt(t) // a weak score still shows
		for k, heat := range [3]uint8{c.R, c.G, c.B} {
			under := float64(img.Pix[4*i+k])
			img.Pix[4*i+k] = uint8(math.Round(under + (float64(heat)-under)*opacity))
		}
	}
	return img
}

// Resize scales the map to another size by bilinear interpolation between pixel
// centres (PyTorch's interpolate with align_corners=False), without smoothing.
func (m Map) Resize(width, height int) Map {
	m.check("Map.Resize")
	if width < 1 || height < 1 {
		panic(fmt.Sprintf("heatmap.Map.Resize: got %d×%d, want at least 1×1", width, height))
	}
	out := Map{width, height, make([]float32, width*height)}
	columns := taps(m.Width, width)
	for y, row := range taps(m.Height, height) {
		top, bottom := m.Scores[row.a*m.Width:], m.Scores[row.b*m.Width:]
		for x, c := range columns {
			upper := top[c.a] + (top[c.b]-top[c.a])*c.t
			lower := bottom[c.a] + (bottom[c.b]-bottom[c.a])*c.t
			out.Scores[y*width+x] = upper + (lower-upper)*row.t
		}
	}
	return out
}

// tap says that a value lies between two others, the share t of the way.
type tap struct {
	a, b int
	t    float32
}

// taps finds for each of the new pixels its place between the old ones.
func taps(old, new int) []tap {
	out := make([]tap, new)
	for i := range out {
		at := (float64(i)+0.5)*float64(old)/float64(new) - 0.5
		at = min(float64(old-1), max(0, at))
		a := int(at)
		out[i] = tap{a, min(a+1, old-1), float32(at - float64(a))}
	}
	return out
}

func (m Map) check(op string) {
	checkLength(op, "scores", len(m.Scores), 1, m.Width, m.Height)
}

// level places a score between low and high, in 0–1. NaN is 1: what could not
// be judged must be seen.
func level(v, low, high float32) float64 {
	switch {
	case v <= low:
		return 0
	case v < high:
		return float64(v-low) / float64(high-low)
	default:
		return 1
	}
}

func toByte(v float32) uint8 {
	if !(v > 0) {
		return 0
	}
	return uint8(min(v, 1)*255 + 0.5)
}

func setPixel(img *image.RGBA, i int, c color.RGBA) {
	img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3] = c.R, c.G, c.B, c.A
}

// checkLength panics unless got is channels*width*height and neither side is
// below one pixel.
func checkLength(op, what string, got, channels, width, height int) {
	if width < 1 || height < 1 {
		panic(fmt.Sprintf("heatmap.%s: size is %d×%d, want at least 1×1", op, width, height))
	}
	if want := channels * width * height; got != want {
		panic(fmt.Sprintf("heatmap.%s: got %d %s, want %d (%d×%d)", op, got, what, want, width, height))
	}
}
