package dataset

import (
	"image"
	"image/color"
)

// ycbcrRows reads the pixels of a colour JPEG. Where colour is stored at half
// the resolution it is interpolated as libjpeg does ("fancy upsampling",
// jdsample.c), and with it PIL and most viewers; image.YCbCr itself repeats
// values, which shows at colour edges.
func ycbcrRows(p *image.YCbCr) rows {
	width := p.Rect.Dx()
	chroma := nearestChroma(p)
	halves := p.SubsampleRatio == image.YCbCrSubsampleRatio420 || p.SubsampleRatio == image.YCbCrSubsampleRatio422
	// libjpeg interpolates from three columns on. A cut-out may begin in the
	// middle of a pair, which no decoder returns.
	if halves && p.Rect.Min == (image.Point{}) && width > 4 {
		chroma = halfChroma(p)
	}
	cb, cr := make([]uint8, width), make([]uint8, width)
	return func(y int, r, g, b []float32) {
		chroma(y, cb, cr)
		luma := p.Y[p.YOffset(p.Rect.Min.X, y+p.Rect.Min.Y):]
		for x := range r {
			red, green, blue := color.YCbCrToRGB(luma[x], cb[x], cr[x])
			r[x], g[x], b[x] = unit8[red], unit8[green], unit8[blue]
		}
	}
}

// nearestChroma returns a reader of colour rows that repeats values.
func nearestChroma(p *image.YCbCr) func(y int, cb, cr []uint8) {
	return func(y int, cb, cr []uint8) {
		for x := range cb {
			i := p.COffset(x+p.Rect.Min.X, y+p.Rect.Min.Y)
			cb[x], cr[x] = p.Cb[i], p.Cr[i]
		}
	}
}

// halfChroma returns a reader of colour rows for pictures with one colour value
// for two columns (4:2:2), and two rows as well (4:2:0). A value takes ¾ of the
// nearest sample and ¼ of the next nearest, in both directions.
func halfChroma(p *image.YCbCr) func(y int, cb, cr []uint8) {
	width, height := (p.Rect.Dx()+1)/2, (p.Rect.Dy()+1)/2
	sums := make([]int, width)
	if p.SubsampleRatio == image.YCbCrSubsampleRatio422 {
		return func(y int, cb, cr []uint8) {
			for c, out := range [][]uint8{cb, cr} {
				for i, v := range [][]uint8{p.Cb, p.Cr}[c][y*p.CStride:][:width] {
					sums[i] = int(v)
				}
				spread(out, sums, 1)
			}
		}
	}
	return func(y int, cb, cr []uint8) {
		near, far := y/2, y/2-1+2*(y%2)
		far = min(max(far, 0), height-1)
		for c, out := range [][]uint8{cb, cr} {
			plane := [][]uint8{p.Cb, p.Cr}[c]
			a, b := plane[near*p.CStride:][:width], plane[far*p.CStride:][:width]
			for i := range sums {
				sums[i] = 3*int(a[i]) + int(b[i])
			}
			spread(out, sums, 4)
		}
	}
}

// spread interpolates a row of samples, each multiplied by scale (1 or 4), to
// twice the width. Halves are rounded as in libjpeg, which alternates between
// columns.
func spread(out []uint8, samples []int, scale int) {
	even, odd := 1, 2
	if scale == 4 {
		even, odd = 8, 7
	}
	last := len(samples) - 1
	for x := range out {
		i := x / 2
		if x%2 == 0 {
			out[x] = uint8((3*samples[i] + samples[max(i-1, 0)] + even) / (4 * scale))
		} else {
			out[x] = uint8((3*samples[i] + samples[min(i+1, last)] + odd) / (4 * scale))
		}
	}
}
