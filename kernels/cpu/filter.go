package cpu

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// FilterSeparable correlates every plane with taps⊗taps, zero padded.
func (b *Backend) FilterSeparable(y, x kernels.Buffer, planes, h, w int, taps []float32) {
	shape.CheckFilter("cpu.FilterSeparable", planes, h, w, len(taps))
	src := b.in("FilterSeparable", x, planes*h*w)
	dst := b.out("FilterSeparable", y, planes*h*w)
	radius := len(taps) / 2
	rows := planes * h
	group := max(grain/4/w, 1)
	correlate := b.table.vector.correlate
	b.pool.run((rows+group-1)/group, func(chunk int) {
		line := make([]float32, w+2*radius) // a row with zeros at both ends
		for r := chunk * group; r < min((chunk+1)*group, rows); r++ {
			plane, i := src[r/h*h*w:(r/h+1)*h*w], r%h
			first := max(radius-i, 0)
			last := min(len(taps), h-i+radius)
			correlate(line[radius:radius+w], plane[(i+first-radius)*w:], taps[first:last], w)
			correlate(dst[r*w:(r+1)*w], line, taps, 1)
		}
	})
}

func correlateGeneric(y, x, taps []float32, stride int) {
	clear(y)
	for k, t := range taps {
		run := x[k*stride : k*stride+len(y)]
		for i, v := range run {
			y[i] += t * v
		}
	}
}
