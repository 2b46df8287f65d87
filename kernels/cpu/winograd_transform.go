package cpu

// winogradKernels transform lanes channels at a time between pixels and the
// side² points of F(4×4, taps×taps), for two or three taps; side is taps+3.
// Strides count values; every access is of lanes neighbouring ones. tmp is room
// for 36·lanes values.
type winogradKernels struct {
	lanes int
	taps  int

	// input transforms tiles of side×side pixels, of which successive ones are four
	// pixels apart: pixel (r, c) of tile t is src[r·srcRow + (4t+c)·srcPixel], point
	// i is v[i·vPoint + t·vTile].
	input func(v []float32, vPoint, vTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

	// output transforms tiles to 4×4 pixels and adds bias, one value per lane:
	// point i of tile t is m[i·mPoint + t·mTile], pixel (r, c) is
	// dst[r·dstRow + (4t+c)·dstPixel].
	output func(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)

	// weights transforms the taps×taps weights of channels: tap k of channel c is
	// w[(taps²·c+k)·wTap], point i is u[i·uPoint + c·uChannel].
	weights func(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)

	// gradient is the adjoint of output: it transforms gradients of 4×4 pixels,
	// pixel (r, c) of tile t at src[r·srcRow + (4t+c)·srcPixel], to point i at
	// p[i·pPoint + t·pTile].
	gradient func(p []float32, pPoint, pTile int, src []float32, srcRow, srcPixel, tiles int, tmp []float32)

	// weightGradient is the adjoint of weights and adds: point i of channel c is
	// u[i·uPoint + c·uChannel], the gradient of its tap k goes to
	// w[(taps²·c+k)·wTap].
	weightGradient func(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)
}

// side is the number of points of a tile along one axis.
func (k *winogradKernels) side() int { return k.taps + 3 }

// points is the number of points of a tile.
func (k *winogradKernels) points() int { return k.side() * k.side() }

// mostPoints is the points of a tile with three taps.
const mostPoints = 36

// genericWinograd are the plain twins.
var genericWinograd = bothWinograds{winogradTwins(16, twoTaps), winogradTwins(16, threeTaps)}

// bothWinograds are the kernels for two and for three taps.
type bothWinograds struct{ two, three winogradKernels }

// of returns the kernels for the given number of taps.
func (b *bothWinograds) of(taps int) *winogradKernels {
	if taps == 2 {
		return &b.two
	}
	return &b.three
}

// winogradTwins are the kernels in plain Go for any number of lanes.
func winogradTwins(lanes int, p winogradPasses) winogradKernels {
	side := p.taps + 3
	// spread applies pass to both axes of a block of in×in values of every lane.
	spread := func(pass func([6]float32) [6]float32, in, out int, at func(r, c, lane int) float32, put func(r, c, lane int, x float32)) {
		for lane := range lanes {
			var columns [6][6]float32
			for c := range in {
				var x [6]float32
				for r := range in {
					x[r] = at(r, c, lane)
				}
				x = pass(x)
				for r := range out {
					columns[r][c] = x[r]
				}
			}
			for r := range out {
				row := pass(columns[r])
				for c := range out {
					put(r, c, lane, row[c])
				}
			}
		}
	}
	return winogradKernels{
		lanes: lanes, taps: p.taps,
		input: func(v []float32, vPoint, vTile int, src []float32, srcRow, srcPixel, tiles int, _ []float32) {
			for t := range tiles {
				spread(p.input, side, side,
					func(r, c, lane int) float32 { return src[r*srcRow+(4*t+c)*srcPixel+lane] },
					func(r, c, lane int, x float32) { v[(side*r+c)*vPoint+t*vTile+lane] = x })
			}
		},
		output: func(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, _ []float32) {
			for t := range tiles {
				spread(p.output, side, 4,
					func(r, c, lane int) float32 { return m[(side*r+c)*mPoint+t*mTile+lane] },
					func(r, c, lane int, x float32) { dst[r*dstRow+(4*t+c)*dstPixel+lane] = x + bias[lane] })
			}
		},
		weights: func(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, _ []float32) {
			for ch := range channels {
				spread(p.weights, p.taps, side,
					func(r, c, lane int) float32 { return w[(p.taps*(p.taps*ch+r)+c)*wTap+lane] },
					func(r, c, lane int, x float32) { u[(side*r+c)*uPoint+ch*uChannel+lane] = x })
			}
		},
		gradient: func(q []float32, pPoint, pTile int, src []float32, srcRow, srcPixel, tiles int, _ []float32) {
			for t := range tiles {
				spread(p.gradient, 4, side,
					func(r, c, lane int) float32 { return src[r*srcRow+(4*t+c)*srcPixel+lane] },
					func(r, c, lane int, x float32) { q[(side*r+c)*pPoint+t*pTile+lane] = x })
			}
		},
		weightGradient: func(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, _ []float32) {
			for ch := range channels {
				spread(p.weightGradient, side, p.taps,
					func(r, c, lane int) float32 { return u[(side*r+c)*uPoint+ch*uChannel+lane] },
					func(r, c, lane int, x float32) { w[(p.taps*(p.taps*ch+r)+c)*wTap+lane] += x })
			}
		},
	}
}
