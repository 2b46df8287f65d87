package cpu

// winogradGrad is the backward pass of a convolution with respect to its weights by
// the adjoint of F(4×4, 3×3) or F(4×4, 2×2): the gradient of the transformed
// weights at each of the points is a matrix product, source channels × destination
// channels, over all tiles. Blocks of tiles are transformed by all threads, then
// each thread multiplies for a slice of source channels of a lattice and a block of
// destination channels, whose sums stay in its cache until they are weights again.
type winogradGrad struct {
	*winogradShape
	sources  []lattice
	backend  *Backend
	gemm     *gemmKernels
	kernels  *winogradKernels
	in, grad []float32
	out      []float32
	points   int
	rows     int       // rows of tiles of a block
	slice    int       // source channels of a slice, a multiple of lanes
	slices   int       // of a lattice
	blocks   int       // of cols destination channels
	v        []float32 // transformed source, [lattices][slices][points][tiles][slice and spare]
	p        []float32 // transformed gradient, [blocks][points][tiles][cols]
	sums     []float32 // [blocks][lattices][source channel][taps²][cols]
	zeros    []float32
	channels []tileRow // of a slice, in whole tiles
	rest     []tileRow // of the last slice
	steps    []int32   // tiles
}

const (
	// gradientChannels is the fewest channels on both sides that pay.
	gradientChannels = 24
	// gradientBlock is about the tiles of a block.
	gradientBlock = 128
	// gradientSums is the sums of a point: 36 times as many, 288 KiB, stay in the
	// second-level cache. The more there are, the fewer times the transformed
	// source and gradient are read from the third.
	gradientSums = 2048
)

// suitsWinogradGradient returns how the weights of g, a forward pass, are found
// faster this way, or nil.
func (g *correlation) suitsWinogradGradient() *winogradShape {
	s := g.suitsWinograd()
	if s == nil || min(g.src.c, g.dst.c) < gradientChannels {
		return nil
	}
	if all, _ := s.dense(); !all {
		return nil
	}
	return s
}

// winogradGradient computes the gradient of the weights of s, a forward pass, which
// has one phase.
func (b *Backend) winogradGradient(s *winogradShape, dst, src, grad []float32) {
	w := newWinogradGrad(b, s, dst, src, grad)
	vSize, pSize := len(w.sources)*w.slices*w.points*w.vPoint(), w.blocks*w.points*w.pPoint()
	room := b.scratch(vSize + pSize + w.blocks*w.sumSize())
	defer room.release()
	w.v, w.p, w.sums = room.data[:vSize], room.data[vSize:vSize+pSize], room.data[vSize+pSize:]
	all := s.n * w.down()
	sources, grads := ceilDiv(s.src.c, w.kernels.lanes), ceilDiv(s.dst.c, w.kernels.lanes)
	for row0 := 0; row0 < all; row0 += w.rows {
		row1 := min(row0+w.rows, all)
		b.pool.run(sources+grads, func(chunk int) {
			if chunk < sources {
				w.transformSource(chunk*w.kernels.lanes, row0, row1)
			} else {
				w.transformGradient((chunk-sources)*w.kernels.lanes, row0, row1)
			}
		})
		perBlock := len(w.sources) * w.slices
		b.pool.run(perBlock*w.blocks, func(chunk int) {
			w.multiply(chunk/perBlock, chunk%perBlock/w.slices, chunk%w.slices, w.steps[:(row1-row0)*w.across()], row0 == 0)
		})
	}
	b.pool.run(w.blocks*w.slices, func(chunk int) { w.store(chunk/w.slices, chunk%w.slices) })
}

func newWinogradGrad(b *Backend, s *winogradShape, dst, src, grad []float32) *winogradGrad {
	k := b.table.winograd.of(s.taps)
	w := &winogradGrad{
		winogradShape: s, sources: s.phases[0].sources, backend: b, gemm: &b.table.gemm, kernels: k,
		in: src, grad: grad, out: dst, points: k.points(),
	}
	w.rows = min(max(gradientBlock/w.across(), 1), s.n*w.down())
	w.blocks = ceilDiv(s.dst.c, w.gemm.cols)
	lanes := w.kernels.lanes
	w.slice = ceilDiv(min(s.src.c, gradientSums/w.gemm.cols), lanes) * lanes
	for w.slice > lanes && len(w.sources)*ceilDiv(s.src.c, w.slice)*w.blocks < fewestChunks {
		w.slice = ceilDiv(w.slice/2, lanes) * lanes
	}
	w.slices = ceilDiv(s.src.c, w.slice)
	w.zeros = make([]float32, w.gemm.cols)
	for c := range w.slice {
		w.channels = append(w.channels, tileRow{int32(c), int32(c * w.gemm.cols)})
	}
	rest := s.src.c - (w.slices-1)*w.slice
	w.rest = padTiles(w.channels[:rest:rest], w.gemm.rows, w.slice*w.gemm.cols)
	w.channels = padTiles(w.channels, w.gemm.rows, w.slice*w.gemm.cols)
	for t := range w.rows * w.across() {
		w.steps = append(w.steps, int32(t*w.vTile()))
	}
	return w
}

// Distances from tile to tile and from point to point are a cache line more than
// needed, lest they fall into the same cache sets.
func (w *winogradGrad) vTile() int  { return w.slice + 16 }
func (w *winogradGrad) vPoint() int { return len(w.steps)*w.vTile() + 16 }
func (w *winogradGrad) pPoint() int { return len(w.steps)*w.gemm.cols + 16 }
func (w *winogradGrad) uPoint() int { return (w.slice+1)*w.gemm.cols + 16 }

// sumSize is the number of a block's sums.
func (w *winogradGrad) sumSize() int {
	return len(w.sources) * w.src.c * w.taps * w.taps * w.gemm.cols
}

// transformSource transforms rows [row0, row1) of tiles of the source, lanes
// channels from c0 on.
func (w *winogradGrad) transformSource(c0, row0, row1 int) {
	lattice := w.slices * w.points * w.vPoint()
	for row := row0; row < row1; row++ {
		v := w.v[c0/w.slice*w.points*w.vPoint()+(row-row0)*w.across()*w.vTile()+c0%w.slice:]
		w.transformRow(w.backend, v, lattice, w.vPoint(), w.vTile(), w.in, w.sources, row, c0)
	}
}

// transformGradient transforms rows [row0, row1) of tiles of the gradient, lanes
// channels from d0 on.
func (w *winogradGrad) transformGradient(d0, row0, row1 int) {
	width, lanes, cols := 4*w.across(), w.kernels.lanes, w.gemm.cols
	room := w.backend.scratch(4*width*lanes + mostPoints*lanes)
	defer room.release()
	strip, tmp := room.data[:4*width*lanes], room.data[4*width*lanes:]
	for row := row0; row < row1; row++ {
		w.backend.gather(strip, w.grad, patch{w.dst, row / w.down(), d0, row % w.down() * 4, 0, 1, 4, width})
		p := w.p[d0/cols*w.points*w.pPoint()+(row-row0)*w.across()*cols+d0%cols:]
		w.kernels.gradient(p, w.pPoint(), cols, strip, width*lanes, lanes, w.across(), tmp)
	}
}

// multiply adds a block of tiles to the weights of a slice of source channels of a
// lattice and a block of destination channels; the first starts the sums.
func (w *winogradGrad) multiply(block, source, slice int, steps []int32, first bool) {
	cols, lanes, area := w.gemm.cols, w.kernels.lanes, w.taps*w.taps
	c0 := slice * w.slice
	n := min(w.slice, w.src.c-c0)
	room := w.backend.scratch(w.points*w.uPoint() + mostPoints*lanes)
	defer room.release()
	u, tmp := room.data[:w.points*w.uPoint()], room.data[w.points*w.uPoint():]
	channels := w.channels
	if slice == w.slices-1 {
		channels = w.rest
	}
	for point := range w.points {
		v := w.v[((source*w.slices+slice)*w.points+point)*w.vPoint():]
		p := w.p[(block*w.points+point)*w.pPoint():]
		w.gemm.tiles(u[point*w.uPoint():], w.zeros, v, p, channels, steps)
	}
	sums := w.sums[block*w.sumSize()+(source*w.src.c+c0)*area*cols:][:n*area*cols]
	if first {
		clear(sums)
	}
	for lane := 0; lane < cols; lane += lanes {
		w.kernels.weightGradient(sums[lane:], cols, u[lane:], w.uPoint(), cols, n, tmp)
	}
}

// store writes the weights of a slice of source channels and a block of destination
// channels.
func (w *winogradGrad) store(block, slice int) {
	cols, area := w.gemm.cols, w.taps*w.taps
	c0 := slice * w.slice
	n := min(w.slice, w.src.c-c0)
	all := len(w.sources) * area
	sums := w.sums[block*w.sumSize():][:w.sumSize()]
	rows := sums[c0*area*cols:][:n*area*cols]
	if len(w.sources) > 1 { // bring the lattices' taps to their places
		room := w.backend.scratch(n * all * cols)
		defer room.release()
		rows = room.data
		for i, l := range w.sources {
			for c := range n {
				for k, t := range l.taps {
					copy(rows[(c*all+t.weight)*cols:][:cols], sums[((i*w.src.c+c0+c)*area+k)*cols:])
				}
			}
		}
	}
	d0 := block * cols
	w.gemm.transposeAll(w.out[(d0*w.src.c+c0)*all:], w.src.c*all, rows, cols, n*all, min(cols, w.dst.c-d0))
}
