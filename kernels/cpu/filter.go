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
	taps = b.kept(taps)
	radius := len(taps) / 2
	rows := planes * h
	group := max(grain/4/w, 1)
	b.pool.run((rows+group-1)/group, func(chunk int) {
		room := b.scratch(w + 2*radius)
		defer room.release()
		line := room.data
		clear(line)
		for r := chunk * group; r < min((chunk+1)*group, rows); r++ {
			b.filterRow(dst[r*w:(r+1)*w], src, line, r, h, taps)
		}
	})
}

// filterRow computes row r, counted over all planes [h,len(dst)] of src. line is
// scratch for a row with zeros at both ends, where it has them on entry and on
// return.
func (b *Backend) filterRow(dst, src, line []float32, r, h int, taps []float32) {
	w, radius, i := len(dst), len(taps)/2, r%h
	plane := src[(r-i)*w : (r-i+h)*w]
	first := max(radius-i, 0)
	last := min(len(taps), h-i+radius)
	correlate := b.table.vector.correlate
	correlate(line[radius:radius+w], plane[(i+first-radius)*w:], taps[first:last], w)
	correlate(dst, line, taps, 1)
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
