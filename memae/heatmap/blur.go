package heatmap

import (
	"fmt"
	"math"
)

// blurReach is how far the window of [Blur] goes, in standard deviations;
// scipy's gaussian_filter cuts there too.
const blurReach = 4

// Blur smooths a map with a gaussian window of standard deviation sigma, in
// pixels. At the border the map is mirrored, edge pixels included (… c b a | a b
// c …). It equals scipy.ndimage.gaussian_filter with its defaults. A sigma of 0
// returns a copy.
//
// It panics on a sigma that is negative or not finite.
func Blur(m Map, sigma float64) Map {
	m.check("Blur")
	if !(sigma >= 0 && sigma <= math.MaxInt32) {
		panic(fmt.Sprintf("heatmap.Blur: got sigma %v, want a finite number of pixels, 0 or more", sigma))
	}
	out := Map{m.Width, m.Height, append([]float32(nil), m.Scores...)}
	window := gaussian(sigma)
	reach := len(window) - 1
	line := make([]float32, max(m.Width, m.Height)+2*reach)
	for y := range m.Height {
		blurLine(out.Scores[y*m.Width:], m.Width, 1, line, window)
	}
	for x := range m.Width {
		blurLine(out.Scores[x:], m.Height, m.Width, line, window)
	}
	return out
}

// gaussian is the right half of the window, its centre first; the whole sums to
// 1.
func gaussian(sigma float64) []float64 {
	window := make([]float64, int(blurReach*sigma+0.5)+1)
	window[0] = 1
	sum := 1.0
	for i := 1; i < len(window); i++ {
		window[i] = math.Exp(-0.5 * float64(i) * float64(i) / (sigma * sigma))
		sum += 2 * window[i]
	}
	for i := range window {
		window[i] /= sum
	}
	return window
}

// blurLine smooths n values that lie stride apart, in place; line is room for
// the values with their mirrored borders.
func blurLine(values []float32, n, stride int, line []float32, window []float64) {
	reach := len(window) - 1
	line = line[:n+2*reach]
	for i := range line {
		line[i] = values[mirror(i-reach, n)*stride]
	}
	for i := range n {
		centre := i + reach
		sum := window[0] * float64(line[centre])
		for k := 1; k <= reach; k++ {
			sum += window[k] * (float64(line[centre-k]) + float64(line[centre+k]))
		}
		values[i*stride] = float32(sum)
	}
}

// mirror folds an index into 0…n-1, edge values repeated, however far out it is.
func mirror(i, n int) int {
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	return min(i, 2*n-1-i)
}
