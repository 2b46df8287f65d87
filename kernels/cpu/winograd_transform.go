package cpu

// winogradKernels transform lanes channels at a time between pixels and the 36
// points of F(4×4, 3×3) (Lavin and Gray, "Fast algorithms for convolutional
// neural networks", 2016), with the interpolation points 0, ±3/4, ±3/2 and
// infinity, which are exact in binary and about twice as accurate as 0, ±1, ±2.
// Strides count values; every access is of lanes neighbouring ones. tmp is room
// for 36·lanes values.
type winogradKernels struct {
	lanes int

	// input transforms tiles of 6×6 pixels, of which successive ones are four
	// pixels apart: pixel (r, c) of tile t is src[r·srcRow + (4t+c)·lanes],
	// point i is v[i·vPoint + t·vTile].
	input func(v []float32, vPoint, vTile int, src []float32, srcRow, tiles int, tmp []float32)

	// output transforms tiles to 4×4 pixels and adds bias, one value per lane:
	// point i of tile t is m[i·mPoint + t·mTile], pixel (r, c) is
	// dst[r·dstRow + (4t+c)·dstPixel].
	output func(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32)

	// weights transforms the 3×3 weights of channels: tap k of channel c is
	// w[(9c+k)·wTap], point i is u[i·uPoint + c·uChannel].
	weights func(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32)

	// gradient is the adjoint of output: it transforms gradients of 4×4 pixels,
	// pixel (r, c) of tile t at src[r·srcRow + (4t+c)·lanes], to point i at
	// p[i·pPoint + t·pTile].
	gradient func(p []float32, pPoint, pTile int, src []float32, srcRow, tiles int, tmp []float32)

	// weightGradient is the adjoint of weights and adds: point i of channel c is
	// u[i·uPoint + c·uChannel], the gradient of its tap k goes to w[(9c+k)·wTap].
	weightGradient func(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32)
}

// genericWinograd are the plain twins.
var genericWinograd = winogradKernels{
	lanes: 16,
	input: func(v []float32, vPoint, vTile int, src []float32, srcRow, tiles int, tmp []float32) {
		winogradInput(16, v, vPoint, vTile, src, srcRow, tiles)
	},
	output: func(dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias, tmp []float32) {
		winogradOutput(16, dst, dstRow, dstPixel, m, mPoint, mTile, tiles, bias)
	},
	weights: func(u []float32, uPoint, uChannel int, w []float32, wTap, channels int, tmp []float32) {
		winogradWeights(16, u, uPoint, uChannel, w, wTap, channels)
	},
	gradient: func(p []float32, pPoint, pTile int, src []float32, srcRow, tiles int, tmp []float32) {
		winogradGradient(16, p, pPoint, pTile, src, srcRow, tiles)
	},
	weightGradient: func(w []float32, wTap int, u []float32, uPoint, uChannel, channels int, tmp []float32) {
		winogradWeightGradient(16, w, wTap, u, uPoint, uChannel, channels)
	},
}

// The points besides 0 and infinity are ±pointP and ±pointQ.
const (
	pointP = 0.75
	pointQ = 1.5
	// The products of a point's distances to the others.
	productP = 2 * pointP * pointP * (pointP*pointP - pointQ*pointQ)
	productQ = 2 * pointQ * pointQ * (pointQ*pointQ - pointP*pointP)
)

// winogradInput is the input kernel in plain Go.
func winogradInput(lanes int, v []float32, vPoint, vTile int, src []float32, srcRow, tiles int) {
	for t := range tiles {
		for lane := range lanes {
			var d [6][6]float32
			for c := range 6 {
				at := func(r int) float32 { return src[r*srcRow+(4*t+c)*lanes+lane] }
				for r, x := range inputPass(at(0), at(1), at(2), at(3), at(4), at(5)) {
					d[r][c] = x
				}
			}
			for r, row := range d {
				for c, x := range inputPass(row[0], row[1], row[2], row[3], row[4], row[5]) {
					v[(6*r+c)*vPoint+t*vTile+lane] = x
				}
			}
		}
	}
}

// inputPass multiplies by Bᵀ, whose rows are the coefficients of the product of
// (x − a) over all other points a.
func inputPass(d0, d1, d2, d3, d4, d5 float32) [6]float32 {
	const p2, q2 = pointP * pointP, pointQ * pointQ
	e1, o1 := d4-q2*d2, pointP*(d3-q2*d1)
	e2, o2 := d4-p2*d2, pointQ*(d3-p2*d1)
	return [6]float32{
		d4 - (p2+q2)*d2 + p2*q2*d0, e1 + o1, e1 - o1, e2 + o2, e2 - o2, d5 - (p2+q2)*d3 + p2*q2*d1,
	}
}

// winogradOutput is the output kernel in plain Go.
func winogradOutput(lanes int, dst []float32, dstRow, dstPixel int, m []float32, mPoint, mTile, tiles int, bias []float32) {
	for t := range tiles {
		for lane := range lanes {
			var d [6][4]float32
			for r := range 6 {
				at := func(c int) float32 { return m[(6*r+c)*mPoint+t*mTile+lane] }
				d[r] = outputPass(at(0), at(1), at(2), at(3), at(4), at(5))
			}
			for c := range 4 {
				for r, x := range outputPass(d[0][c], d[1][c], d[2][c], d[3][c], d[4][c], d[5][c]) {
					dst[r*dstRow+(4*t+c)*dstPixel+lane] = x + bias[lane]
				}
			}
		}
	}
}

// outputPass multiplies by Aᵀ, whose columns are the powers of the points.
func outputPass(m0, m1, m2, m3, m4, m5 float32) [4]float32 {
	const p2, q2 = pointP * pointP, pointQ * pointQ
	s1, d1, s2, d2 := m1+m2, m1-m2, m3+m4, m3-m4
	return [4]float32{
		m0 + s1 + s2, pointP*d1 + pointQ*d2, p2*s1 + q2*s2, m5 + pointP*p2*d1 + pointQ*q2*d2,
	}
}

// winogradWeights is the weights kernel in plain Go.
func winogradWeights(lanes int, u []float32, uPoint, uChannel int, w []float32, wTap, channels int) {
	for ch := range channels {
		for lane := range lanes {
			var g [6][3]float32
			for c := range 3 {
				at := func(r int) float32 { return w[(9*ch+3*r+c)*wTap+lane] }
				for r, x := range weightPass(at(0), at(1), at(2)) {
					g[r][c] = x
				}
			}
			for r, row := range g {
				for c, x := range weightPass(row[0], row[1], row[2]) {
					u[(6*r+c)*uPoint+ch*uChannel+lane] = x
				}
			}
		}
	}
}

// weightPass multiplies by G: the weights' polynomial at every point, divided by
// the product of the point's distances to the others.
func weightPass(g0, g1, g2 float32) [6]float32 {
	const p, q = pointP, pointQ
	e1, o1 := g0*(1/productP)+g2*(p*p/productP), g1*(p/productP)
	e2, o2 := g0*(1/productQ)+g2*(q*q/productQ), g1*(q/productQ)
	return [6]float32{g0 * (1 / (p * p * q * q)), e1 + o1, e1 - o1, e2 + o2, e2 - o2, g2}
}

// winogradGradient is the gradient kernel in plain Go.
func winogradGradient(lanes int, p []float32, pPoint, pTile int, src []float32, srcRow, tiles int) {
	for t := range tiles {
		for lane := range lanes {
			var d [6][4]float32
			for c := range 4 {
				at := func(r int) float32 { return src[r*srcRow+(4*t+c)*lanes+lane] }
				for r, x := range gradientPass(at(0), at(1), at(2), at(3)) {
					d[r][c] = x
				}
			}
			for r, row := range d {
				for c, x := range gradientPass(row[0], row[1], row[2], row[3]) {
					p[(6*r+c)*pPoint+t*pTile+lane] = x
				}
			}
		}
	}
}

// gradientPass multiplies by A, the transpose of outputPass.
func gradientPass(y0, y1, y2, y3 float32) [6]float32 {
	const p2, q2 = pointP * pointP, pointQ * pointQ
	e1, o1 := y0+p2*y2, pointP*(y1+p2*y3)
	e2, o2 := y0+q2*y2, pointQ*(y1+q2*y3)
	return [6]float32{y0, e1 + o1, e1 - o1, e2 + o2, e2 - o2, y3}
}

// winogradWeightGradient is the weightGradient kernel in plain Go.
func winogradWeightGradient(lanes int, w []float32, wTap int, u []float32, uPoint, uChannel, channels int) {
	for ch := range channels {
		for lane := range lanes {
			var g [3][6]float32
			for c := range 6 {
				at := func(r int) float32 { return u[(6*r+c)*uPoint+ch*uChannel+lane] }
				for r, x := range weightGradientPass(at(0), at(1), at(2), at(3), at(4), at(5)) {
					g[r][c] = x
				}
			}
			for r, row := range g {
				for c, x := range weightGradientPass(row[0], row[1], row[2], row[3], row[4], row[5]) {
					w[(9*ch+3*r+c)*wTap+lane] += x
				}
			}
		}
	}
}

// weightGradientPass multiplies by Gᵀ, the transpose of weightPass.
func weightGradientPass(u0, u1, u2, u3, u4, u5 float32) [3]float32 {
	const p, q = pointP, pointQ
	s1, d1, s2, d2 := u1+u2, u1-u2, u3+u4, u3-u4
	return [3]float32{
		u0*(1/(p*p*q*q)) + s1*(1/productP) + s2*(1/productQ),
		d1*(p/productP) + d2*(q/productQ),
		s1*(p*p/productP) + s2*(q*q/productQ) + u5,
	}
}
