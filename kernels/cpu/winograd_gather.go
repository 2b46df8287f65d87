package cpu

// patch is a part of one image of a batch, which may reach beyond its edges.
type patch struct {
	planes
	image         int
	c0            int // first channel
	y, x          int // top left pixel
	step          int // pixels from one row to the next; columns are neighbours
	height, width int
}

// gather brings a patch of the batch to [height][width][lanes] for the Winograd
// kernels, zeros outside the image and beyond the last channel.
func (b *Backend) gather(dst, batch []float32, p patch) {
	lanes := b.table.winograd.three.lanes
	channels := min(lanes, p.c-p.c0)
	from, to := min(max(0, -p.x), p.width), max(min(p.width, p.w-p.x), 0)
	for r := range p.height {
		line, y := dst[r*p.width*lanes:(r+1)*p.width*lanes], p.y+r*p.step
		if y < 0 || y >= p.h || from >= to {
			clear(line)
			continue
		}
		if channels < lanes {
			clear(line)
		}
		clear(line[:from*lanes])
		clear(line[to*lanes:])
		at := (p.image*p.c+p.c0)*p.area() + y*p.w + from + p.x
		b.table.gemm.transposeAll(line[from*lanes:], lanes, batch[at:], p.area(), channels, to-from)
	}
}
