package cpu

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// ResizeBilinear interpolates planes to another size: along the rows first, of
// which a chunk keeps the last two, then between them.
func (b *Backend) ResizeBilinear(y, x kernels.Buffer, planes, h, w, oh, ow int) {
	shape.CheckResize("cpu.ResizeBilinear", planes, h, w, oh, ow)
	src := b.in("ResizeBilinear", x, planes*h*w)
	dst := b.out("ResizeBilinear", y, planes*oh*ow)
	across, down := lerps(w, ow), lerps(h, oh)
	k := &b.table.vector
	blocks := k.lerp.blocks(across, w)
	b.spreadRowGroups(planes, oh, ow, func(plane, lo, hi int) {
		room := b.scratch(2*ow + k.lerp.window)
		defer room.release()
		lines, rest := [2][]float32{room.data[:ow], room.data[ow : 2*ow]}, room.data[2*ow:]
		held := [2]int{-1, -1} // input rows in lines
		line := func(row int) []float32 {
			slot := row & 1
			if held[slot] != row {
				k.lerp.along(lines[slot], src[(plane*h+row)*w:(plane*h+row+1)*w], across, blocks, rest)
				held[slot] = row
			}
			return lines[slot]
		}
		for i := lo; i < hi; i++ {
			d := down[i]
			out := dst[(plane*oh+i)*ow : (plane*oh+i+1)*ow]
			k.weighted(out, line(d.at), line(d.at+d.step), d.near, d.far)
		}
	})
}

// spreadRowGroups calls body for groups [lo, hi) of the rows of every plane in
// parallel.
func (b *Backend) spreadRowGroups(planes, rows, cols int, body func(plane, lo, hi int)) {
	group := min(max(grain/cols, 1), rows)
	cuts := (rows + group - 1) / group
	b.pool.run(planes*cuts, func(chunk int) {
		lo := chunk % cuts * group
		body(chunk/cuts, lo, min(lo+group, rows))
	})
}

// ResizeBilinearBackward is the adjoint of ResizeBilinear: gradients of the
// outputs between rows are gathered for every input row, then scattered along
// it.
func (b *Backend) ResizeBilinearBackward(dx, dy kernels.Buffer, planes, h, w, oh, ow int) {
	shape.CheckResize("cpu.ResizeBilinearBackward", planes, h, w, oh, ow)
	grad := b.in("ResizeBilinearBackward", dy, planes*oh*ow)
	dst := b.out("ResizeBilinearBackward", dx, planes*h*w)
	across, down := lerps(w, ow), lerps(h, oh)
	first := make([]int, h+2) // outputs before first[i+1] lie at rows < i+1
	for i, o := 0, 0; i <= h; i++ {
		for o < oh && down[o].at < i {
			o++
		}
		first[i+1] = o
	}
	addScaled := b.table.vector.addScaled
	b.spreadRowGroups(planes, h, max(ow*oh/h, w), func(plane, lo, hi int) {
		room := b.scratch(ow)
		defer room.release()
		line := room.data
		for i := lo; i < hi; i++ {
			clear(line)
			// Outputs whose upper row is i−1 or i.
			for o := first[i]; o < first[i+2]; o++ {
				row := grad[(plane*oh+o)*ow : (plane*oh+o+1)*ow]
				if d := down[o]; d.at == i {
					addScaled(line, row, d.near)
				}
				if d := down[o]; d.at+d.step == i {
					addScaled(line, row, d.far)
				}
			}
			out := dst[(plane*h+i)*w : (plane*h+i+1)*w]
			clear(out)
			for j, l := range across {
				out[l.at] += l.near * line[j]
				out[l.at+l.step] += l.far * line[j]
			}
		}
	})
}
