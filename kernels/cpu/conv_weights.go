package cpu

import "github.com/org/trustmae/kernels"

// Conv2dBackwardWeights computes the gradient of Conv2d's weights.
func (b *Backend) Conv2dBackwardWeights(dw, x, dy kernels.Buffer, s kernels.ConvShape) {
	src := b.in("Conv2dBackwardWeights", x, s.XLen())
	grad := b.in("Conv2dBackwardWeights", dy, s.YLen())
	dst := b.out("Conv2dBackwardWeights", dw, s.WLen())
	if swapped, ok := swapRoles(s); ok {
		room := b.scratch(s.WLen())
		defer room.release()
		b.weightGradient(room.data, grad, src, swapped)
		b.serial(func() { unswap(dst, room.data, s) })
		return
	}
	b.weightGradient(dst, src, grad, s)
}

// swapRoles describes the same sums with image and gradient exchanged, which
// fills a tile's columns where there are few destination channels: where
// dw[o,i,k] = Σ dy[o,p]·x[i,p+k], the exchanged weights are [i,o,K-1-k].
func swapRoles(s kernels.ConvShape) (kernels.ConvShape, bool) {
	reach := s.Dil * (s.KH - 1)
	if s.OutC > 8 || s.InC <= s.OutC || s.Stride != 1 || s.KH != s.KW || s.Pad > reach {
		return s, false
	}
	return kernels.ConvShape{
		N: s.N, InC: s.OutC, InH: s.OutH, InW: s.OutW, OutC: s.InC, OutH: s.InH, OutW: s.InW,
		KH: s.KH, KW: s.KW, Stride: 1, Pad: reach - s.Pad, Dil: s.Dil,
	}, true
}

// unswap reorders the weights of the exchanged shape for s.
func unswap(dst, src []float32, s kernels.ConvShape) {
	area := s.KH * s.KW
	for o := range s.OutC {
		for i := range s.InC {
			to, from := dst[(o*s.InC+i)*area:], src[(i*s.OutC+o)*area:]
			for k := range area {
				to[k] = from[area-1-k]
			}
		}
	}
}

// weightGradient computes dw in the roles that s describes.
func (b *Backend) weightGradient(dst, src, grad []float32, s kernels.ConvShape) {
	g := forwardCorrelation(s)
	if g.suitsOuter(&b.table.gemm) {
		b.outerGradient(g, dst, src, grad)
		return
	}
	if g.suitsDots(&b.table.dots) {
		b.pointwiseGradient(g, dst, src, grad)
		return
	}
	if !b.direct {
		if shape := g.suitsWinogradGradient(); shape != nil {
			b.winogradGradient(shape, dst, src, grad)
			return
		}
	}
	if g.suitsShallow(&b.table.shallow) {
		b.shallowGradient(g, dst, src, grad)
		return
	}
	w := newWeightGrad(b, g, dst, src, grad)
	if w.pieces > 1 {
		w.partial = b.scratch(w.pieces * w.pieceSize())
		defer w.partial.release()
	}
	b.pool.run(w.pieces*w.slices*w.runs, w.chunk)
	if w.pieces > 1 {
		b.pool.run(w.blocks, w.collect)
	}
}

// weightGrad is one backward pass with respect to the weights. It swaps the
// tile's roles: rows are weights (source channel and tap), the sum runs over
// pixels, and the right operand is the transposed gradient. Chunks are (piece
// of the batch's strips, slice of source channels, run of groups of destination
// blocks); the sums of several pieces are added up in order at the end. Images of
// few pixels are one strip, so that sums are read and written once for all of them.
type weightGrad struct {
	*correlation
	backend  *Backend
	kernels  *gemmKernels
	in, grad []float32
	out      []float32
	partial  scratch // of several pieces, [pieces][blocks][source channel, tap][cols]
	rows     int
	strips   int
	images   int // whose strips are one
	pieces   int
	blocks   int
	group    int
	groups   int
	perRun   int // groups of a chunk
	runs     int
	channels int // of a slice
	slices   int
	full     weightStrip
	last     weightStrip
	zeros    []float32
}

// weightStrip is a strip with the tables' roles exchanged.
type weightStrip struct {
	*strip
	tiles []tileRow // weights of a slice
	steps []int32   // pixels
}

func newWeightGrad(b *Backend, g *correlation, dst, src, grad []float32) *weightGrad {
	k := &b.table.gemm
	w := &weightGrad{correlation: g, backend: b, kernels: k, in: src, grad: grad, out: dst}
	w.blocks = ceilDiv(g.dst.c, k.cols)
	w.group = min(w.blocks, max(1, 128/k.cols))
	w.groups = ceilDiv(w.blocks, w.group)
	w.rows, w.strips = g.stripRows(w.group * k.cols * 2)
	taps := len(g.phases[0].taps)
	w.images = g.divisor(gradRun)
	w.channels = min(g.passChannels(w.rows, w.images), max(1, sumsTarget/(w.group*k.cols*taps)))
	w.slices = ceilDiv(g.src.c, w.channels)
	w.channels = ceilDiv(g.src.c, w.slices)
	w.pieces = min(g.n/w.images*w.strips, ceilDiv(fewestChunks, w.groups*w.slices))
	w.perRun = 1
	if strips := g.n / w.images * w.strips; strips == w.pieces { // of one strip
		w.perRun = max(w.groups*w.slices*w.pieces/(2*fewestChunks), 1)
	}
	w.runs = ceilDiv(w.groups, w.perRun)
	w.zeros = make([]float32, k.cols)
	w.full = w.newStrip(w.rows)
	w.last = w.full
	if rest := g.dst.h - (w.strips-1)*w.rows; rest != w.rows {
		w.last = w.newStrip(rest)
	}
	return w
}

func (w *weightGrad) depth() int     { return w.src.c * len(w.phases[0].taps) }
func (w *weightGrad) pieceSize() int { return w.blocks * w.depth() * w.kernels.cols }

func (w *weightGrad) newStrip(rows int) weightStrip {
	s := weightStrip{strip: w.correlation.newStrip(w.kernels, rows, w.channels, w.images)}
	for _, t := range s.strip.tiles[0][:w.images*s.pixels] {
		s.steps = append(s.steps, t.a)
	}
	for i, step := range s.strip.steps[0] {
		s.tiles = append(s.tiles, tileRow{step, int32(i * w.kernels.cols)})
	}
	return s
}

// weightChunk is what a chunk works on: a piece of the strips and a slice of the
// source channels.
type weightChunk struct {
	piece, c0, c1 int
	depth         int // weights
	full, last    []tileRow
	source        []float32 // a strip of the images
	filled        bool      // with the only strip of the piece
}

// chunk sums over one piece for a slice of source channels and a run of groups of
// blocks. A piece of a single strip is padded once for all of them.
func (w *weightGrad) chunk(i int) {
	run, slice, piece := i%w.runs, i/w.runs%w.slices, i/w.runs/w.slices
	c := weightChunk{piece: piece, c0: slice * w.channels, c1: min((slice+1)*w.channels, w.src.c)}
	c.depth = (c.c1 - c.c0) * len(w.phases[0].taps)
	cols := w.kernels.cols
	full, fullRoom := w.backend.padded(w.full.tiles[:c.depth], w.kernels.rows, c.depth*cols)
	defer fullRoom.release()
	last, lastRoom := w.backend.padded(w.last.tiles[:c.depth], w.kernels.rows, c.depth*cols)
	defer lastRoom.release()
	c.full, c.last = full, last
	sourceSize, gradSize, sumSize := w.images*w.channels*w.full.h*w.full.w, w.images*w.full.pixels*cols, (c.depth+1)*cols
	room := w.backend.scratch(sourceSize + w.group*(gradSize+sumSize))
	defer room.release()
	c.source = room.data[:sourceSize]
	grads, sums := room.data[sourceSize:sourceSize+w.group*gradSize], room.data[sourceSize+w.group*gradSize:]
	for group := run * w.perRun; group < min((run+1)*w.perRun, w.groups); group++ {
		b0 := group * w.group
		w.sum(&c, sums, grads, b0, min(b0+w.group, w.blocks))
	}
}

// sum adds up the strips of a chunk's piece for blocks [b0, b1) and stores the sums.
func (w *weightGrad) sum(c *weightChunk, sums, grads []float32, b0, b1 int) {
	cols := w.kernels.cols
	gradSize, sumSize := w.images*w.full.pixels*cols, (c.depth+1)*cols
	all := w.n / w.images * w.strips
	first, end := c.piece*all/w.pieces, (c.piece+1)*all/w.pieces
	for at := first; at < end; at++ {
		image, stripe := at/w.strips*w.images, at%w.strips
		s, tiles := w.full, c.full
		if stripe == w.strips-1 {
			s, tiles = w.last, c.last
		}
		for i := 0; i < w.images && !c.filled; i++ {
			s.fill(w.correlation, c.source[i*w.channels*s.h*s.w:], w.in[(image+i)*w.src.size():][:w.src.size()], stripe*w.rows, c.c0, c.c1, at > first && w.strips == 1)
		}
		c.filled = end-first == 1
		for block := b0; block < b1; block++ {
			g := grads[(block-b0)*gradSize:]
			w.transposeGrad(g, s.strip, image, stripe, block)
			w.block(sums[(block-b0)*sumSize:], c.source, g, tiles, s.steps, at == first)
		}
	}
	weight := c.c0 * len(w.phases[0].taps)
	for block := b0; block < b1; block++ {
		sum := sums[(block-b0)*sumSize:][:c.depth*cols]
		if w.pieces == 1 {
			w.store(block, weight, sum)
			continue
		}
		copy(w.partial.data[c.piece*w.pieceSize()+(block*w.depth()+weight)*cols:], sum)
	}
}

// transposeGrad brings a strip of a block of the gradient to [images][pixels][cols].
func (w *weightGrad) transposeGrad(dst []float32, s *strip, image, stripe, block int) {
	cols := w.kernels.cols
	d0 := block * cols
	width := min(cols, w.dst.c-d0)
	if width < cols {
		clear(dst[:w.images*s.pixels*cols])
	}
	for i := range w.images {
		at := ((image+i)*w.dst.c+d0)*w.dst.area() + stripe*w.rows*w.dst.w
		w.kernels.transposeAll(dst[i*s.pixels*cols:], cols, w.grad[at:], w.dst.area(), width, s.pixels)
	}
}

// gradRun is how many pixels a tile sums up at a time, so that their gradients
// stay in the first-level cache.
const gradRun = 256

// block adds a strip to a block's sums, which the first strip starts.
func (w *weightGrad) block(sums, source, grad []float32, tiles []tileRow, steps []int32, first bool) {
	k := w.kernels
	for p := 0; p < len(steps); p += gradRun {
		run := steps[p:min(p+gradRun, len(steps))]
		var init []float32
		if first && p == 0 {
			init = w.zeros
		}
		k.tiles(sums, init, source, grad[p*k.cols:], tiles, run)
	}
}

// collect adds the pieces of a block in order and writes its weights.
func (w *weightGrad) collect(block int) {
	cols := w.kernels.cols
	size := w.depth() * cols
	sum := w.partial.data[block*size : (block+1)*size]
	for p := 1; p < w.pieces; p++ {
		at := p*w.pieceSize() + block*size
		w.backend.table.vector.addScaled(sum, w.partial.data[at:at+size], 1)
	}
	w.store(block, 0, sum)
}

// store writes a block's weights from the given one of a destination channel on.
func (w *weightGrad) store(block, first int, sum []float32) {
	cols := w.kernels.cols
	d0 := block * cols
	w.kernels.transposeAll(w.out[d0*w.depth()+first:], w.depth(), sum, cols, len(sum)/cols, min(cols, w.dst.c-d0))
}
