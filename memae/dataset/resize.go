package dataset

import "math"

// Resize scales img to width×height pixels with PIL's antialiased bilinear
// filter: a triangle whose support grows with the reduction factor, first along
// rows, then along columns. PIL rounds 8-bit images between the passes; here
// nothing is rounded, so results lie within 1/255 of PIL's. An image that has
// the size already is returned as it is, sharing memory.
func Resize(img Image, width, height int) Image {
	checkSize("Resize", width, height)
	checkImage("Resize", img)
	if img.Width == width && img.Height == height {
		return img
	}
	read := func(y int, r, g, b []float32) {
		i, j := y*img.Width, (y+1)*img.Width
		copy(r, img.Plane(0)[i:j])
		copy(g, img.Plane(1)[i:j])
		copy(b, img.Plane(2)[i:j])
	}
	return resizeRows(img.Width, img.Height, read, width, height)
}

// resizeRows resizes a picture of fromW×fromH pixels that is read row by row.
func resizeRows(fromW, fromH int, read rows, width, height int) Image {
	// Rows first: mid is width wide and still fromH high.
	mid := NewImage(width, fromH)
	taps := triangle(fromW, width)
	r, g, b := make([]float32, fromW), make([]float32, fromW), make([]float32, fromW)
	for y := range fromH {
		read(y, r, g, b)
		for c, row := range [3][]float32{r, g, b} {
			horizontal(mid.Plane(c)[y*width:(y+1)*width], row, taps)
		}
	}
	if fromH == height {
		return mid
	}
	out := NewImage(width, height)
	taps = triangle(fromH, height)
	for c := range 3 {
		vertical(out.Plane(c), mid.Plane(c), width, taps)
	}
	return out
}

// horizontal filters one row.
func horizontal(dst, src []float32, taps []tap) {
	for x, t := range taps {
		window := src[t.first:][:len(t.weights)]
		var sum float32
		for i, w := range t.weights {
			sum += w * window[i]
		}
		dst[x] = sum
	}
}

// vertical filters a plane of the given width; it walks along rows, for the
// sake of the cache.
func vertical(dst, src []float32, width int, taps []tap) {
	for y, t := range taps {
		out := dst[y*width : (y+1)*width]
		for i, w := range t.weights {
			row := src[(t.first+i)*width:][:len(out)]
			for x, v := range row {
				out[x] += w * v
			}
		}
	}
}

// tap is the filter of one output pixel: input pixels from first on.
type tap struct {
	first   int
	weights []float32
}

// triangle returns the filter of every output pixel for a side scaled from n to
// m pixels (precompute_coeffs in Pillow's Resample.c). Weights sum to one.
func triangle(n, m int) []tap {
	taps := make([]tap, m)
	if n == m {
		for i := range taps {
			taps[i] = tap{i, []float32{1}}
		}
		return taps
	}
	scale := float64(n) / float64(m)
	support := max(scale, 1)
	for i := range taps {
		center := (float64(i) + 0.5) * scale
		first := max(int(center-support+0.5), 0)
		last := min(int(center+support+0.5), n)
		weights := make([]float64, last-first)
		sum := 0.0
		for j := range weights {
			d := math.Abs(float64(first+j)-center+0.5) / support
			weights[j] = max(1-d, 0)
			sum += weights[j]
		}
		taps[i] = tap{first, make([]float32, len(weights))}
		for j, w := range weights {
			taps[i].weights[j] = float32(w / sum)
		}
	}
	return taps
}
