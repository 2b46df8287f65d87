package kernelstest

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

func matMulCases(s *source) []call {
	var list []call
	for _, c := range []kernels.MatMulShape{
		{M: 1, N: 1, K: 1}, {M: 3, N: 5, K: 7}, {M: 8, N: 32, K: 16}, {M: 6, N: 16, K: 5}, {M: 17, N: 33, K: 65},
		{M: 1, N: 100, K: 300}, {M: 100, N: 1, K: 300}, {M: 64, N: 64, K: 1}, {M: 130, N: 70, K: 270}, {M: 33, N: 520, K: 300},
	} {
		for bits := range 8 {
			c.TransA, c.TransB, c.Accumulate = bits&1 != 0, bits&2 != 0, bits&4 != 0
			list = append(list, matMulCase(s, c, 0))
		}
	}
	list = append(list, matMulCase(s, kernels.MatMulShape{M: 9, N: 40, K: 20}, nan32),
		matMulCase(s, kernels.MatMulShape{M: 9, N: 40, K: 20}, inf32))
	return list
}

// matMulCase puts extreme, unless 0, into a and zeros into b, since zeros must
// not be skipped.
func matMulCase(s *source, c kernels.MatMulShape, extreme float32) call {
	a, b, before := s.normal(c.M*c.K), s.normal(c.K*c.N), s.normal(c.M*c.N)
	if extreme != 0 {
		a, b = s.with(a, extreme), s.with(b, 0)
	}
	want, scale := make([]float64, c.M*c.N), make([]float64, c.M*c.N)
	for i := range c.M {
		for j := range c.N {
			var sum, size float64
			if c.Accumulate {
				sum = float64(before[i*c.N+j])
				size = math.Abs(sum)
			}
			for k := range c.K {
				ai, bi := i*c.K+k, k*c.N+j
				if c.TransA {
					ai = k*c.M + i
				}
				if c.TransB {
					bi = j*c.K + k
				}
				term := float64(a[ai]) * float64(b[bi])
				sum, size = sum+term, size+math.Abs(term)
			}
			want[i*c.N+j], scale[i*c.N+j] = sum, size
		}
	}
	y := outScaled(want, scale)
	if c.Accumulate {
		y = operand{values: before, want: want, scale: scale}
	}
	return call{
		name:     fmt.Sprintf("%dx%dx%d,ta=%t,tb=%t,acc=%t,extreme=%g", c.M, c.N, c.K, c.TransA, c.TransB, c.Accumulate, extreme),
		operands: []operand{y, in(a), in(b)}, tol: 8 * ulp,
		run: func(be kernels.Backend, x []kernels.Buffer) { be.MatMul(x[0], x[1], x[2], c) },
	}
}

// convShapes covers the layers of the networks at small sizes, and odd ones.
var convShapes = []kernels.ConvShape{
	kernels.NewConvShape(1, 1, 1, 1, 1, 1, 1, 1, 0, 1),
	kernels.NewConvShape(2, 3, 9, 11, 5, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 4, 8, 8, 6, 1, 1, 1, 0, 1),
	kernels.NewConvShape(2, 16, 12, 20, 33, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 64, 16, 16, 64, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 64, 17, 13, 70, 3, 3, 1, 1, 1),
	kernels.NewConvShape(2, 3, 20, 18, 32, 7, 7, 1, 3, 1),
	kernels.NewConvShape(1, 32, 16, 16, 3, 7, 7, 1, 3, 1),
	kernels.NewConvShape(2, 32, 16, 16, 64, 3, 3, 2, 1, 1),
	kernels.NewConvShape(1, 33, 15, 17, 40, 3, 3, 2, 1, 1),
	kernels.NewConvShape(1, 16, 16, 12, 32, 4, 4, 2, 1, 1),
	kernels.NewConvShape(2, 8, 13, 13, 16, 5, 5, 1, 2, 1),
	kernels.NewConvShape(1, 3, 47, 43, 24, 11, 11, 4, 2, 1),
	kernels.NewConvShape(1, 8, 15, 15, 8, 3, 3, 1, 2, 2),
	kernels.NewConvShape(1, 5, 14, 9, 7, 3, 2, 3, 0, 1),
	kernels.NewConvShape(3, 2, 5, 4, 4, 5, 4, 1, 0, 1),
	kernels.NewConvShape(1, 7, 6, 6, 1, 4, 4, 1, 1, 1),
	kernels.NewConvShape(1, 128, 8, 8, 64, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 100, 7, 6, 140, 3, 3, 1, 1, 1),
	kernels.NewConvShape(1, 3, 20, 21, 4, 3, 2, 4, 5, 6),
	kernels.NewConvShape(1, 3, 6, 100, 9, 3, 3, 1, 1, 1),
	kernels.NewConvShape(2, 3, 9, 105, 10, 4, 4, 2, 1, 1),
}

// eachProduct visits every product of a convolution by the indices of output,
// input and weight.
func eachProduct(s kernels.ConvShape, visit func(y, x, w int)) {
	for n := range s.N {
		for oc := range s.OutC {
			for oh := range s.OutH {
				for ow := range s.OutW {
					y := ((n*s.OutC+oc)*s.OutH+oh)*s.OutW + ow
					for kh := range s.KH {
						ih := oh*s.Stride - s.Pad + kh*s.Dil
						if ih < 0 || ih >= s.InH {
							continue
						}
						for kw := range s.KW {
							iw := ow*s.Stride - s.Pad + kw*s.Dil
							if iw < 0 || iw >= s.InW {
								continue
							}
							for ic := range s.InC {
								visit(y, ((n*s.InC+ic)*s.InH+ih)*s.InW+iw, ((oc*s.InC+ic)*s.KH+kh)*s.KW+kw)
							}
						}
					}
				}
			}
		}
	}
}

// convTolerance allows for Winograd's F(4,3) and F(4,2), whose error is a few times
// a direct sum's.
const convTolerance = 32 * ulp

// transformable tells whether a fast algorithm may compute c, which spreads NaN
// and infinities.
func transformable(c kernels.ConvShape) bool {
	h, w := c.KH == 3 || c.KH == 4, c.KW == 3 || c.KW == 4
	return c.Dil == 1 && (c.KH == 3 && c.KW == 3 && c.Stride == 1 || h && w && c.Stride == 2)
}

func everyConvCase(s *source) []call {
	list := convCases(s, []convEnd{{false, 1}, {true, 1}, {true, 0}, {true, 0.2}})
	return append(list, convForward(s, convShapes[1], convEnd{true, 1}, nan32), convForward(s, convShapes[1], convEnd{false, 0.2}, inf32),
		convForward(s, convShapes[8], convEnd{true, 0}, nan32))
}

// convCases are the convolutions of all shapes in all directions, with the given
// ends.
func convCases(s *source, ends []convEnd) []call {
	var list []call
	for _, c := range convShapes {
		for _, e := range ends {
			list = append(list, convForward(s, c, e, 0), convTranspose(s, c, e, 0))
		}
		list = append(list, convData(s, c, 0), convWeights(s, c, 0))
	}
	return list
}

// convEnd is what a convolution does to its sums.
type convEnd struct {
	biased bool
	slope  float32
}

// apply adds bias [channels] to the sums of planes of the given area, and activates
// them.
func (e convEnd) apply(y sums, bias []float32, area int) {
	for i := range y.want {
		if e.biased {
			v := float64(bias[i/area%len(bias)])
			y.want[i], y.scale[i] = y.want[i]+v, y.scale[i]+math.Abs(v)
		}
		switch {
		case y.want[i] < 0 && e.slope == 0:
			y.want[i] = 0
		case y.want[i] < 0:
			y.want[i] *= float64(e.slope)
		}
	}
}

// split returns the operands of a call by their roles.
func (e convEnd) split(x []kernels.Buffer) (y, in, w, bias kernels.Buffer) {
	if e.biased {
		bias = x[3]
	}
	return x[0], x[1], x[2], bias
}

// sums are an output's sums, and the magnitudes of their terms: in sum, and the
// sum of their squares.
type sums struct{ want, scale, squares []float64 }

func newSums(n int) sums {
	return sums{make([]float64, n), make([]float64, n), make([]float64, n)}
}

// add adds a product to the i-th sum.
func (s sums) add(i int, p, q float32) {
	term := float64(p) * float64(q)
	s.want[i] += term
	s.scale[i] += math.Abs(term)
	s.squares[i] += term * term
}

// out is the output of the sums.
func (s sums) out() operand {
	floor(s.scale)
	return operand{length: len(s.want), want: s.want, scale: s.scale, squares: s.squares}
}

func convForward(s *source, c kernels.ConvShape, e convEnd, extreme float32) call {
	x, w, bias := s.hit(c.XLen(), extreme), s.normal(c.WLen()), s.normal(c.OutC)
	y := newSums(c.YLen())
	eachProduct(c, func(iy, ix, iw int) { y.add(iy, x[ix], w[iw]) })
	e.apply(y, bias, c.OutH*c.OutW)
	operands := []operand{y.out(), in(x), in(w), in(bias)}
	if !e.biased {
		operands = operands[:3]
	}
	return call{
		name:     fmt.Sprintf("Conv2d/%v,bias=%t,slope=%g,extreme=%g", c, e.biased, e.slope, extreme),
		operands: operands, tol: convTolerance, spreads: transformable(c),
		run: func(b kernels.Backend, x []kernels.Buffer) {
			y, in, w, bias := e.split(x)
			b.Conv2d(y, in, w, bias, c, e.slope)
		},
	}
}

func convTranspose(s *source, c kernels.ConvShape, e convEnd, extreme float32) call {
	x, w, bias := s.hit(c.YLen(), extreme), s.normal(c.WLen()), s.normal(c.InC)
	y := backwardData(c, x, w)
	e.apply(y, bias, c.InH*c.InW)
	operands := []operand{y.out(), in(x), in(w), in(bias)}
	if !e.biased {
		operands = operands[:3]
	}
	return call{
		name:     fmt.Sprintf("ConvTranspose2d/%v,bias=%t,slope=%g,extreme=%g", c, e.biased, e.slope, extreme),
		operands: operands, tol: convTolerance, spreads: transformable(c),
		run: func(b kernels.Backend, x []kernels.Buffer) {
			y, in, w, bias := e.split(x)
			b.ConvTranspose2d(y, in, w, bias, c, e.slope)
		},
	}
}

// floor lifts every magnitude to the mean one: transformed convolutions mix
// neighbouring outputs. Magnitudes that are not finite stay out.
func floor(scale []float64) {
	var sum float64
	var n int
	for _, v := range scale {
		if v-v == 0 {
			sum, n = sum+v, n+1
		}
	}
	for i, v := range scale {
		scale[i] = max(v, sum/float64(max(n, 1)))
	}
}

// backwardData returns the sums of Conv2dBackwardData.
func backwardData(c kernels.ConvShape, dy, w []float32) sums {
	dx := newSums(c.XLen())
	eachProduct(c, func(iy, ix, iw int) { dx.add(ix, dy[iy], w[iw]) })
	return dx
}

func convData(s *source, c kernels.ConvShape, extreme float32) call {
	dy, w := s.hit(c.YLen(), extreme), s.normal(c.WLen())
	return call{
		name:     fmt.Sprintf("Conv2dBackwardData/%v,extreme=%g", c, extreme),
		operands: []operand{backwardData(c, dy, w).out(), in(dy), in(w)}, tol: convTolerance, spreads: transformable(c),
		run: func(b kernels.Backend, x []kernels.Buffer) { b.Conv2dBackwardData(x[0], x[1], x[2], c) },
	}
}

func convWeights(s *source, c kernels.ConvShape, extreme float32) call {
	x, dy := s.normal(c.XLen()), s.hit(c.YLen(), extreme)
	dw := newSums(c.WLen())
	eachProduct(c, func(iy, ix, iw int) { dw.add(iw, dy[iy], x[ix]) })
	return call{
		name:     fmt.Sprintf("Conv2dBackwardWeights/%v,extreme=%g", c, extreme),
		operands: []operand{dw.out(), in(x), in(dy)}, tol: convTolerance,
		spreads: transformable(c) || c.Pad > 0, // padding may be multiplied as zeros
		run:     func(b kernels.Backend, x []kernels.Buffer) { b.Conv2dBackwardWeights(x[0], x[1], x[2], c) },
	}
}
