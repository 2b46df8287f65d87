package cpu

import (
	"math"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

var negativeInfinity = float32(math.Inf(-1))

// MaxPool2d takes the largest value of every window.
func (b *Backend) MaxPool2d(y, x kernels.Buffer, s kernels.PoolShape) {
	shape.CheckPool("cpu.MaxPool2d", s)
	src := b.in("MaxPool2d", x, s.Planes*s.InH*s.InW)
	dst := b.out("MaxPool2d", y, s.Planes*s.OutH*s.OutW)
	row := maxPoolRow
	if wholeWindows(s) {
		pool2 := b.table.vector.maxPool2
		row = func(y, plane, _ []float32, oh int, s kernels.PoolShape) {
			x := plane[2*oh*s.InW:]
			pool2(y, x[:2*len(y)], x[s.InW:s.InW+2*len(y)])
		}
	} else if s.Stride == 2 && s.Kernel == 2 {
		row = b.rowPool(b.table.vector.maxPairs)
	} else if s.Stride == 2 && s.Kernel == 3 {
		row = b.rowPool(b.table.vector.maxTriples)
	}
	rows := s.Planes * s.OutH
	group := max(grain/(s.InW*min(s.Stride, s.Kernel)), 1)
	b.pool.run((rows+group-1)/group, func(chunk int) {
		room := b.scratch(s.OutW*s.Stride + s.Kernel + s.InW)
		defer room.release()
		for r := chunk * group; r < min((chunk+1)*group, rows); r++ {
			plane := r / s.OutH * s.InH * s.InW
			row(dst[r*s.OutW:(r+1)*s.OutW], src[plane:plane+s.InH*s.InW], room.data, r%s.OutH, s)
		}
	})
}

// wholeWindows tells whether windows are 2×2, side by side and inside.
func wholeWindows(s kernels.PoolShape) bool {
	return s.Kernel == 2 && s.Stride == 2 && s.Pad == 0 && 2*s.OutH <= s.InH && 2*s.OutW <= s.InW
}

// window is the part [lo, hi) of an axis of the given size that output o sees.
func window(o, size int, s kernels.PoolShape) (lo, hi int) {
	lo = o*s.Stride - s.Pad
	return max(lo, 0), min(lo+s.Kernel, size)
}

// maxPoolRow computes one row of outputs for any window.
func maxPoolRow(y, plane, _ []float32, oh int, s kernels.PoolShape) {
	top, bottom := window(oh, s.InH, s)
	for ow := range y {
		left, right := window(ow, s.InW, s)
		best := negativeInfinity
		for h := top; h < bottom; h++ {
			for _, v := range plane[h*s.InW+left : h*s.InW+right] {
				best = larger(v, best)
			}
		}
		y[ow] = best
	}
}

// rowPool computes one row of outputs as the maximum of the window's rows
// followed by the given horizontal maximum.
func (b *Backend) rowPool(horizontal func(y, x []float32)) func(y, plane, scratch []float32, oh int, s kernels.PoolShape) {
	larger := b.table.vector.binary[kernels.Max]
	return func(y, plane, scratch []float32, oh int, s kernels.PoolShape) {
		top, bottom := window(oh, s.InH, s)
		need := (s.OutW-1)*s.Stride + s.Kernel
		for i := range s.Pad {
			scratch[i] = negativeInfinity
		}
		for i := s.Pad + s.InW; i < need; i++ {
			scratch[i] = negativeInfinity
		}
		line := scratch[s.Pad : s.Pad+s.InW]
		first := plane[top*s.InW : (top+1)*s.InW]
		if bottom == top+1 {
			copy(line, first)
		}
		for h := top + 1; h < bottom; h++ {
			larger(line, first, plane[h*s.InW:(h+1)*s.InW], 0)
			first = line
		}
		horizontal(y, scratch[:need+1]) // one more than it needs, for whole vectors
	}
}

// MaxPool2dBackward adds every dy to the dx of its window's first largest value.
func (b *Backend) MaxPool2dBackward(dx, dy, x kernels.Buffer, s kernels.PoolShape) {
	shape.CheckPool("cpu.MaxPool2dBackward", s)
	src := b.in("MaxPool2dBackward", x, s.Planes*s.InH*s.InW)
	grad := b.in("MaxPool2dBackward", dy, s.Planes*s.OutH*s.OutW)
	dst := b.out("MaxPool2dBackward", dx, len(src))
	plane := maxPoolPlaneBackward
	if wholeWindows(s) {
		plane = b.maxPool2PlaneBackward
	} else if s.Kernel == 3 && s.Stride == 2 && s.Pad == 0 && 2*s.OutH < s.InH && 2*s.OutW < s.InW {
		plane = b.maxPool3PlaneBackward
	}
	in, out := s.InH*s.InW, s.OutH*s.OutW
	group := max(grain/in, 1)
	b.pool.run((s.Planes+group-1)/group, func(chunk int) {
		for p := chunk * group; p < min((chunk+1)*group, s.Planes); p++ {
			plane(dst[p*in:(p+1)*in], grad[p*out:(p+1)*out], src[p*in:(p+1)*in], s)
		}
	})
}

// maxPoolPlaneBackward does one plane for any window.
func maxPoolPlaneBackward(dx, dy, x []float32, s kernels.PoolShape) {
	clear(dx)
	for oh := range s.OutH {
		top, bottom := window(oh, s.InH, s)
		for ow := range s.OutW {
			left, right := window(ow, s.InW, s)
			best := top*s.InW + left
			for h := top; h < bottom; h++ {
				for i := h*s.InW + left; i < h*s.InW+right; i++ {
					if beats(x[i], x[best]) {
						best = i
					}
				}
			}
			dx[best] += dy[oh*s.OutW+ow]
		}
	}
}

// maxPool3PlaneBackward does one plane of 3×3 windows that overlap by one.
func (b *Backend) maxPool3PlaneBackward(dx, dy, x []float32, s kernels.PoolShape) {
	clear(dx)
	for oh := range s.OutH {
		first := 2 * oh * s.InW
		b.table.vector.maxPool3Grad(dx[first:], dy[oh*s.OutW:(oh+1)*s.OutW], x[first:], s.InW)
	}
}

// beats tells whether v is larger than an earlier best; NaN is the largest.
func beats(v, best float32) bool { return v > best || v != v && best == best }

// maxPool2PlaneBackward does one plane of 2×2 windows that do not overlap.
func (b *Backend) maxPool2PlaneBackward(dx, dy, x []float32, s kernels.PoolShape) {
	w, used := s.InW, 2*s.OutW
	for oh := range s.OutH {
		r0, r1 := 2*oh*w, (2*oh+1)*w
		b.table.vector.maxPool2Grad(dx[r0:r0+used], dx[r1:r1+used], dy[oh*s.OutW:(oh+1)*s.OutW], x[r0:r0+used], x[r1:r1+used])
		clear(dx[r0+used : r0+w])
		clear(dx[r1+used : r1+w])
	}
	clear(dx[2*s.OutH*w:])
}
