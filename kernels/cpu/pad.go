package cpu

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// mirror maps a padded index to the index inside.
func mirror(i, size, pad int) int {
	i -= pad
	if i < 0 {
		return -i
	}
	if i >= size {
		return 2*(size-1) - i
	}
	return i
}

// PadReflect mirrors pad values around every plane.
func (b *Backend) PadReflect(y, x kernels.Buffer, planes, h, w, pad int) {
	shape.CheckPad("cpu.PadReflect", planes, h, w, pad)
	oh, ow := h+2*pad, w+2*pad
	src := b.in("PadReflect", x, planes*h*w)
	dst := b.out("PadReflect", y, planes*oh*ow)
	rows := planes * oh
	group := max(grain/ow, 1)
	b.pool.run((rows+group-1)/group, func(chunk int) {
		for r := chunk * group; r < min((chunk+1)*group, rows); r++ {
			from := (r/oh*h + mirror(r%oh, h, pad)) * w
			in, out := src[from:from+w], dst[r*ow:(r+1)*ow]
			copy(out[pad:], in)
			for j := range pad {
				out[j] = in[pad-j]
				out[ow-1-j] = in[w-1-pad+j]
			}
		}
	})
}

// PadReflectBackward adds every gradient to the value that it was copied from.
func (b *Backend) PadReflectBackward(dx, dy kernels.Buffer, planes, h, w, pad int) {
	shape.CheckPad("cpu.PadReflectBackward", planes, h, w, pad)
	oh, ow := h+2*pad, w+2*pad
	grad := b.in("PadReflectBackward", dy, planes*oh*ow)
	dst := b.out("PadReflectBackward", dx, planes*h*w)
	b.spreadRows(planes, h*w, func(plane, lo, hi int) {
		// A chunk of a large plane takes the rows that begin in it.
		for i := (lo + w - 1) / w; i*w < hi; i++ {
			out := dst[plane*h*w+i*w : plane*h*w+(i+1)*w]
			row := func(r int) []float32 { return grad[(plane*oh+r)*ow : (plane*oh+r+1)*ow] }
			copy(out, row(i + pad)[pad:])
			b.addMirrored(out, row(i+pad), pad, false)
			if i >= 1 && i <= pad {
				b.addMirrored(out, row(pad-i), pad, true)
			}
			if i < h-1 && i >= h-1-pad {
				b.addMirrored(out, row(pad+2*(h-1)-i), pad, true)
			}
		}
	})
}

// addMirrored adds the mirrored ends of a padded row, and its middle if asked
// for, to out.
func (b *Backend) addMirrored(out, padded []float32, pad int, middle bool) {
	w := len(out)
	if middle {
		b.table.vector.addScaled(out, padded[pad:pad+w], 1)
	}
	for j := range pad {
		out[pad-j] += padded[j]
		out[w-1-pad+j] += padded[len(padded)-1-j]
	}
}
