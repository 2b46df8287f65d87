package kernelstest

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

var poolShapes = []kernels.PoolShape{
	{Planes: 1, InH: 1, InW: 1, OutH: 1, OutW: 1, Kernel: 1, Stride: 1},
	{Planes: 3, InH: 8, InW: 8, OutH: 4, OutW: 4, Kernel: 2, Stride: 2},
	{Planes: 2, InH: 9, InW: 7, OutH: 4, OutW: 3, Kernel: 2, Stride: 2},
	{Planes: 2, InH: 9, InW: 7, OutH: 5, OutW: 4, Kernel: 2, Stride: 2}, // ceil mode
	{Planes: 2, InH: 6, InW: 130, OutH: 3, OutW: 65, Kernel: 2, Stride: 2},
	{Planes: 5, InH: 256, InW: 256, OutH: 128, OutW: 128, Kernel: 2, Stride: 2},
	{Planes: 3, InH: 15, InW: 15, OutH: 7, OutW: 7, Kernel: 3, Stride: 2},
	{Planes: 3, InH: 14, InW: 14, OutH: 7, OutW: 7, Kernel: 3, Stride: 2}, // ceil mode
	{Planes: 2, InH: 13, InW: 70, OutH: 7, OutW: 35, Kernel: 3, Stride: 2, Pad: 1},
	{Planes: 2, InH: 5, InW: 141, OutH: 2, OutW: 70, Kernel: 3, Stride: 2},
	{Planes: 2, InH: 7, InW: 9, OutH: 7, OutW: 9, Kernel: 3, Stride: 1, Pad: 1},
	{Planes: 2, InH: 12, InW: 10, OutH: 3, OutW: 2, Kernel: 4, Stride: 3},
	{Planes: 1, InH: 6, InW: 6, OutH: 3, OutW: 3, Kernel: 2, Stride: 2, Pad: 1},
}

// eachWindow visits the inputs of every output in row-major order.
func eachWindow(s kernels.PoolShape, visit func(y, x int)) {
	for p := range s.Planes {
		for oh := range s.OutH {
			for ow := range s.OutW {
				for kh := range s.Kernel {
					for kw := range s.Kernel {
						ih, iw := oh*s.Stride-s.Pad+kh, ow*s.Stride-s.Pad+kw
						if ih >= 0 && ih < s.InH && iw >= 0 && iw < s.InW {
							visit((p*s.OutH+oh)*s.OutW+ow, (p*s.InH+ih)*s.InW+iw)
						}
					}
				}
			}
		}
	}
}

func poolCases(s *source) []call {
	var list []call
	for _, c := range poolShapes {
		n := c.Planes * c.InH * c.InW
		for k, x := range [][]float32{s.normal(n), s.coarse(n), s.with(s.wild(n), nan32)} {
			list = append(list, poolForward(c, x, k))
			if k < 2 { // where a NaN's gradient goes is left open
				list = append(list, poolBackward(s, c, x, k))
			}
		}
	}
	return list
}

func poolForward(c kernels.PoolShape, x []float32, k int) call {
	want := make([]float64, c.Planes*c.OutH*c.OutW)
	for i := range want {
		want[i] = math.Inf(-1)
	}
	eachWindow(c, func(iy, ix int) { want[iy] = max(want[iy], float64(x[ix])) })
	return call{
		name: fmt.Sprintf("MaxPool2d/%d/%+v", k, c), operands: []operand{out(want), in(x)},
		run: func(b kernels.Backend, x []kernels.Buffer) { b.MaxPool2d(x[0], x[1], c) },
	}
}

func poolBackward(s *source, c kernels.PoolShape, x []float32, k int) call {
	dy := s.normal(c.Planes * c.OutH * c.OutW)
	best := make([]int, len(dy))
	for i := range best {
		best[i] = -1
	}
	eachWindow(c, func(iy, ix int) {
		if best[iy] < 0 || x[ix] > x[best[iy]] {
			best[iy] = ix
		}
	})
	want, scale := make([]float64, len(x)), make([]float64, len(x))
	for i, at := range best {
		want[at] += float64(dy[i])
		scale[at] += math.Abs(float64(dy[i]))
	}
	return call{
		name: fmt.Sprintf("MaxPool2dBackward/%d/%+v", k, c), operands: []operand{outScaled(want, scale), in(dy), in(x)}, tol: 4 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.MaxPool2dBackward(x[0], x[1], x[2], c) },
	}
}

func filterCases(s *source) []call {
	var list []call
	for _, c := range []struct{ planes, h, w, taps int }{
		{1, 1, 1, 1}, {2, 3, 4, 3}, {1, 5, 5, 11}, {3, 20, 33, 11}, {2, 64, 64, 11}, {2, 17, 130, 5}, {7, 90, 120, 11}, {1, 2, 300, 11},
	} {
		for _, extreme := range []float32{0, nan32} {
			list = append(list, filterCase(s, c.planes, c.h, c.w, s.normal(c.taps), extreme))
		}
	}
	return list
}

func filterCase(s *source, planes, h, w int, taps []float32, extreme float32) call {
	x := s.normal(planes * h * w)
	if extreme != 0 {
		x = s.with(x, extreme)
	}
	want, scale := make([]float64, len(x)), make([]float64, len(x))
	r := len(taps) / 2
	for i := range x {
		p, ih, iw := i/(h*w), i/w%h, i%w
		for kh, th := range taps {
			for kw, tw := range taps {
				jh, jw := ih+kh-r, iw+kw-r
				if jh < 0 || jh >= h || jw < 0 || jw >= w {
					continue
				}
				term := float64(th) * float64(tw) * float64(x[(p*h+jh)*w+jw])
				want[i] += term
				scale[i] += math.Abs(term)
			}
		}
	}
	return call{
		name: fmt.Sprintf("%dx%dx%d,%d taps,extreme=%g", planes, h, w, len(taps), extreme), operands: []operand{outScaled(want, scale), in(x)}, tol: 4 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) { b.FilterSeparable(x[0], x[1], planes, h, w, taps) },
	}
}
