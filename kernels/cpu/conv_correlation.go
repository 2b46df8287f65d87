package cpu

import "github.com/org/trustmae/kernels"

// planes are the sizes of one image.
type planes struct{ c, h, w int }

func (p planes) area() int { return p.h * p.w }
func (p planes) size() int { return p.c * p.h * p.w }

// correlation describes a pass of a convolution as the tile kernel sees it: every
// value of the destination is a sum over source channels and the taps of its
// phase. A forward pass has one phase; the backward pass with respect to the
// data has stride² phases, destination pixels whose coordinates leave the same
// remainders and so see the same taps.
type correlation struct {
	n        int
	src, dst planes
	step     int // source pixels from one position of a phase to the next
	spread   int // destination pixels from one position of a phase to the next
	phases   []phase
	// srcChannel and dstChannel are the distances in the weights between
	// successive channels of source and destination.
	srcChannel, dstChannel int
	// Bounds of the taps over all phases.
	top, left, bottom, right int
}

// phase is the set of destination pixels (y + i·spread, x + j·spread).
type phase struct {
	y, x int
	taps []tap
}

// tap reads source pixel (i·step + y, j·step + x) for position (i, j) of a
// phase; weight is its place in the kernel.
type tap struct{ y, x, weight int }

// forwardCorrelation describes Conv2d.
func forwardCorrelation(s kernels.ConvShape) *correlation {
	g := &correlation{
		n: s.N, src: planes{s.InC, s.InH, s.InW}, dst: planes{s.OutC, s.OutH, s.OutW},
		step: s.Stride, spread: 1, srcChannel: s.KH * s.KW, dstChannel: s.InC * s.KH * s.KW,
	}
	var taps []tap
	for kh := range s.KH {
		for kw := range s.KW {
			taps = append(taps, tap{kh*s.Dil - s.Pad, kw*s.Dil - s.Pad, kh*s.KW + kw})
		}
	}
	g.phases = []phase{{taps: taps}}
	g.bound()
	return g
}

// backwardCorrelation describes Conv2dBackwardData: pixel iy of the input reaches
// row oy of the output through tap kh where iy + pad = oy·stride + kh·dil, so
// that iy mod stride decides which taps apply.
func backwardCorrelation(s kernels.ConvShape) *correlation {
	g := &correlation{
		n: s.N, src: planes{s.OutC, s.OutH, s.OutW}, dst: planes{s.InC, s.InH, s.InW},
		step: 1, spread: s.Stride, srcChannel: s.InC * s.KH * s.KW, dstChannel: s.KH * s.KW,
	}
	for y := range s.Stride {
		for x := range s.Stride {
			g.phases = append(g.phases, phase{y, x, backwardTaps(s, y+s.Pad, x+s.Pad)})
		}
	}
	g.bound()
	return g
}

// backwardTaps lists the taps of the phase whose first padded input pixel is
// (y, x).
func backwardTaps(s kernels.ConvShape, y, x int) []tap {
	var taps []tap
	for kh := range s.KH {
		for kw := range s.KW {
			dy, dx := y-kh*s.Dil, x-kw*s.Dil
			if dy%s.Stride == 0 && dx%s.Stride == 0 {
				taps = append(taps, tap{dy / s.Stride, dx / s.Stride, kh*s.KW + kw})
			}
		}
	}
	return taps
}

func (g *correlation) bound() {
	first := true
	for _, p := range g.phases {
		for _, t := range p.taps {
			if first {
				g.top, g.left, g.bottom, g.right = t.y, t.x, t.y, t.x
				first = false
			}
			g.top, g.bottom = min(g.top, t.y), max(g.bottom, t.y)
			g.left, g.right = min(g.left, t.x), max(g.right, t.x)
		}
	}
}

// strip is the offset tables for a run of whole destination rows, whose source
// rows lie zero padded in scratch, [channels][h][w].
type strip struct {
	rows   int // destination rows
	pixels int // destination pixels of an image
	h, w   int // source rows and columns in scratch
	tiles  [][]tileRow
	steps  [][]int32
}

// newStrip makes the tables of a strip of the given destination rows starting
// at a multiple of g.spread, for a number of source channels. The same strip of
// several images is one: their source rows and their pixels follow each other.
func (g *correlation) newStrip(k *gemmKernels, rows, channels, images int) *strip {
	positions := func(n int) int { return (ceilDiv(n, g.spread)-1)*g.step + 1 }
	s := &strip{
		rows: rows, pixels: rows * g.dst.w,
		h: positions(rows) + g.bottom - g.top, w: positions(g.dst.w) + g.right - g.left,
	}
	for _, p := range g.phases {
		var tiles []tileRow
		for image := range images {
			for y := p.y; y < rows; y += g.spread {
				for x := p.x; x < g.dst.w; x += g.spread {
					a := (image*channels*s.h+y/g.spread*g.step)*s.w + x/g.spread*g.step
					tiles = append(tiles, tileRow{int32(a), int32((image*s.pixels + y*g.dst.w + x) * k.cols)})
				}
			}
		}
		s.tiles = append(s.tiles, padTiles(tiles, k.rows, images*s.pixels*k.cols))
		steps := make([]int32, 0, channels*len(p.taps))
		for c := range channels {
			for _, t := range p.taps {
				steps = append(steps, int32((c*s.h+t.y-g.top)*s.w+t.x-g.left))
			}
		}
		s.steps = append(s.steps, steps)
	}
	return s
}

// padTiles repeats the last row until a tile is full; the copies write to spare.
func padTiles(tiles []tileRow, rows, spare int) []tileRow {
	for len(tiles)%rows != 0 {
		tiles = append(tiles, tileRow{tiles[len(tiles)-1].a, int32(spare)})
	}
	return tiles
}

// padded is padTiles of a copy in scratch, which the caller releases.
func (b *Backend) padded(tiles []tileRow, rows, spare int) ([]tileRow, scratch) {
	list, room := borrow[tileRow](b, ceilDiv(len(tiles), rows)*rows)
	return padTiles(append(list[:0], tiles...), rows, spare), room
}

// fill copies the source rows of the strip that starts at destination row y,
// channels [c0, c1) of image, into dst with zeros around. Those are left alone where
// dst is padded, that is has been filled from as many channels or more at this y.
func (s *strip) fill(g *correlation, dst, image []float32, y, c0, c1 int, padded bool) {
	top := y/g.spread*g.step + g.top
	from, to := min(max(0, -g.left), s.w), max(min(s.w, g.src.w-g.left), 0)
	first, end := min(max(0, -top), s.h), max(min(s.h, g.src.h-top), 0)
	if from >= to {
		end = first // only columns beside the image
	}
	for c := c0; c < c1; c++ {
		plane := dst[(c-c0)*s.h*s.w : (c-c0+1)*s.h*s.w]
		if !padded {
			s.pad(plane, first, end, from, to)
		}
		at := (c*g.src.h+top+first)*g.src.w + from + g.left
		for r := first; r < end; r++ {
			copy(plane[r*s.w+from:r*s.w+to], image[at:])
			at += g.src.w
		}
	}
}

// pad clears a plane but for rows [first, end) of columns [from, to).
func (s *strip) pad(plane []float32, first, end, from, to int) {
	if first == end {
		clear(plane)
		return
	}
	clear(plane[:first*s.w+from])
	if from > 0 || to < s.w {
		for r := first; r < end-1; r++ {
			clear(plane[r*s.w+to : (r+1)*s.w+from])
		}
	}
	clear(plane[(end-1)*s.w+to:])
}

// panels packs weights for the tile kernel: for every phase in turn, blocks of
// cols destination channels, each [source channel][tap][cols], zeros beyond the
// last channel.
func (g *correlation) panels(b *Backend, dst, w []float32) {
	const run = 32 // source channels at a time
	cols := b.table.gemm.cols
	blocks, perBlock := ceilDiv(g.dst.c, cols), ceilDiv(g.src.c, run)
	b.pool.run(blocks*perBlock, func(chunk int) {
		block, c0 := chunk/perBlock, chunk%perBlock*run
		c1 := min(c0+run, g.src.c)
		at := 0
		for _, p := range g.phases {
			size := g.src.c * len(p.taps) * cols
			g.packBlock(b, dst[at+block*size+c0*len(p.taps)*cols:], w, p.taps, block*cols, c0, c1)
			at += blocks * size
		}
	})
}

// panelSize is the number of values that panels fills.
func (g *correlation) panelSize(cols int) int {
	return g.taps() * g.src.c * ceilDiv(g.dst.c, cols) * cols
}

// taps is the number of taps of all phases.
func (g *correlation) taps() int {
	n := 0
	for _, p := range g.phases {
		n += len(p.taps)
	}
	return n
}

// packBlock packs source channels [c0, c1) of the block of destination channels
// from d0 on.
func (g *correlation) packBlock(b *Backend, dst, w []float32, taps []tap, d0, c0, c1 int) {
	k := &b.table.gemm
	width := min(k.cols, g.dst.c-d0)
	area := min(g.srcChannel, g.dstChannel)
	room := b.scratch(area * k.cols)
	defer room.release()
	plain := room.data
	clear(plain)
	for c := c0; c < c1; c++ {
		k.transposeAll(plain, k.cols, w[c*g.srcChannel+d0*g.dstChannel:], g.dstChannel, width, area)
		for _, t := range taps {
			if t.weight == noWeight {
				clear(dst[:k.cols])
			} else {
				copy(dst[:k.cols], plain[t.weight*k.cols:])
			}
			dst = dst[k.cols:]
		}
	}
}
