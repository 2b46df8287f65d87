package kernelstest

import (
	"fmt"
	"math"
	"slices"

	"github.com/org/trustmae/kernels"
)

func ssimCases(s *source) []call {
	list := []call{ssimEqualCase(s)}
	for _, c := range []struct{ planes, h, w, taps int }{{1, 1, 1, 1}, {2, 3, 4, 3}, {1, 5, 5, 11}, {3, 20, 33, 11}, {1, 2, 70, 5}, {2, 17, 16, 63}} {
		shape := kernels.SSIMShape{Planes: c.planes, H: c.h, W: c.w, Taps: window(s, c.taps), C1: 0.1, C2: 0.3}
		list = append(list, ssimCase(s, shape, 0), ssimCase(s, shape, nan32))
		for _, wanted := range []string{"both", "a", "b"} {
			list = append(list, ssimGradCase(s, shape, wanted))
		}
	}
	return list
}

// ssimEqualCase compares a smooth image with itself, which is 1: variances are far below
// what they are differences of, but what rounding leaves of them cancels out.
func ssimEqualCase(s *source) call {
	c := kernels.SSIMShape{Planes: 2, H: 20, W: 37, Taps: window(s, 11), C1: 1e-4, C2: 9e-4}
	x, want := make([]float32, c.Planes*c.H*c.W), make([]float64, c.Planes*c.H*c.W)
	for i := range x {
		x[i], want[i] = 0.7+0.2*float32(math.Sin(float64(i%c.W)/20)), 1
	}
	return call{
		name: "SSIM/equal images", operands: []operand{out(want), in(x), in(slices.Clone(x))}, tol: 0,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.SSIM(x[0], x[1], x[2], c) },
	}
}

// window makes positive taps that sum to 1 and are not symmetric.
func window(s *source, n int) []float32 {
	taps, sum := s.normal(n), float32(0)
	for i, v := range taps {
		taps[i] = v*v + 0.1
		sum += taps[i]
	}
	for i := range taps {
		taps[i] /= sum
	}
	return taps
}

// windowed is the correlation of planes x with taps along both axes.
func windowed(x []float64, s kernels.SSIMShape, taps []float32) []float64 {
	y, r := make([]float64, len(x)), len(taps)/2
	for i := range x {
		base, row, col := i/(s.H*s.W)*s.H*s.W, i/s.W%s.H, i%s.W
		for kh := max(r-row, 0); kh < min(len(taps), s.H-row+r); kh++ {
			for kw := max(r-col, 0); kw < min(len(taps), s.W-col+r); kw++ {
				y[i] += float64(taps[kh]) * float64(taps[kw]) * x[base+(row+kh-r)*s.W+col+kw-r]
			}
		}
	}
	return y
}

// combined applies f to two images.
func combined(p, q []float64, f func(p, q float64) float64) []float64 {
	y := make([]float64, len(p))
	for i := range p {
		y[i] = f(p[i], q[i])
	}
	return y
}

// ssimPixel is a pixel of the reference: the value, its derivatives by the filtered
// a, b, a²+b² and ab, and by how much rounding the terms of a variance weighs more
// than rounding the result.
type ssimPixel struct{ value, byA, byB, bySquares, byProducts, size, magnified float64 }

func ssimReference(a, b []float64, s kernels.SSIMShape) []ssimPixel {
	meanA, meanB := windowed(a, s, s.Taps), windowed(b, s, s.Taps)
	squares := windowed(combined(a, b, func(p, q float64) float64 { return p*p + q*q }), s, s.Taps)
	products := windowed(combined(a, b, func(p, q float64) float64 { return p * q }), s, s.Taps)
	c1, c2 := float64(s.C1), float64(s.C2)
	list := make([]ssimPixel, len(a))
	for i := range list {
		ma, mb := meanA[i], meanB[i]
		p, q := 2*ma*mb+c1, 2*(products[i]-ma*mb)+c2
		u, w := ma*ma+mb*mb+c1, squares[i]-ma*ma-mb*mb+c2
		v := p * q / (u * w)
		size := math.Abs(p)*(2*math.Abs(products[i])+2*math.Abs(ma*mb)+c2)/(u*w) + 1 // of the value's terms
		list[i] = ssimPixel{
			value: v, bySquares: -v / w, byProducts: 2 * p / (u * w),
			byA:  2*mb*(q-p)/(u*w) - 2*ma*v/u + 2*ma*v/w,
			byB:  2*ma*(q-p)/(u*w) - 2*mb*v/u + 2*mb*v/w,
			size: size, magnified: 1 + (squares[i]+ma*ma+mb*mb)/w,
		}
	}
	return list
}

func ssimCase(s *source, c kernels.SSIMShape, extreme float32) call {
	n := c.Planes * c.H * c.W
	a, b := s.hit(n, extreme), s.normal(n)
	want, scale := make([]float64, n), make([]float64, n)
	for i, p := range ssimReference(wide(a), wide(b), c) {
		want[i], scale[i] = p.value, p.size*p.magnified
	}
	return call{
		name:     fmt.Sprintf("SSIM/%dx%dx%d,%d taps,extreme=%g", c.Planes, c.H, c.W, len(c.Taps), extreme),
		operands: []operand{outScaled(want, scale), in(a), in(b)}, tol: 8 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.SSIM(x[0], x[1], x[2], c) },
	}
}

// ssimGradCase asks for the gradient of a, of b, or of both.
func ssimGradCase(s *source, c kernels.SSIMShape, wanted string) call {
	n := c.Planes * c.H * c.W
	images := [2][]float32{s.normal(n), s.normal(n)}
	dy := s.normal(n)
	pixels := ssimReference(wide(images[0]), wide(images[1]), c)
	mirrored := make([]float32, len(c.Taps))
	for i, v := range c.Taps {
		mirrored[len(mirrored)-1-i] = v
	}
	back := func(f func(p ssimPixel) float64) []float64 {
		x := make([]float64, n)
		for i, p := range pixels {
			x[i] = float64(dy[i]) * f(p)
		}
		return windowed(x, c, mirrored)
	}
	bySquares, byProducts := back(func(p ssimPixel) float64 { return p.bySquares }), back(func(p ssimPixel) float64 { return p.byProducts })
	var operands []operand
	for side, by := range []func(p ssimPixel) float64{func(p ssimPixel) float64 { return p.byA }, func(p ssimPixel) float64 { return p.byB }} {
		if wanted != "both" && wanted != "ab"[side:side+1] {
			continue
		}
		own, other := images[side], images[1-side]
		want, scale := back(by), make([]float64, n)
		var largest float64 // error of any gradient of a filtered image, which the filter averages
		for i, p := range pixels {
			terms := math.Abs(p.byA) + math.Abs(p.byB) + math.Abs(p.bySquares) + math.Abs(p.byProducts) + 1
			largest = max(largest, math.Abs(float64(dy[i]))*terms*p.size*p.magnified)
		}
		for i := range want {
			want[i] += 2*float64(own[i])*bySquares[i] + float64(other[i])*byProducts[i]
			scale[i] = largest * (1 + 2*math.Abs(float64(own[i])) + math.Abs(float64(other[i])))
		}
		operands = append(operands, outScaled(want, scale))
	}
	outputs := len(operands)
	operands = append(operands, in(dy), in(images[0]), in(images[1]))
	return call{
		name:     fmt.Sprintf("SSIMBackward/%dx%dx%d,%d taps,%s", c.Planes, c.H, c.W, len(c.Taps), wanted),
		operands: operands, tol: 8 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			d := [2]kernels.Buffer{}
			copy(d[:], x[:outputs])
			if wanted == "b" {
				d[0], d[1] = nil, d[0]
			}
			b.SSIMBackward(d[0], d[1], x[outputs], x[outputs+1], x[outputs+2], c)
		},
	}
}
