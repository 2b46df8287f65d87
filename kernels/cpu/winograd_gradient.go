package cpu

// winogradGrad is the backward pass of a convolution with respect to its weights by
// the adjoint of F(4×4, 3×3) or F(4×4, 2×2): the gradient of the transformed
// weights at each of the points is a matrix product, source channels × destination
// channels, over all tiles. The gradient of a block of tiles is transformed; then,
// slice by slice, the source is, and multiplied with every block of destination
// channels. What that gives is turned back to weights and added to the sums while it
// is in the cache.
//
// A transformed source is used by the thread that made it alone: what another core
// has in its caches takes longer to read than to compute where the two do not share
// their third level, which a virtual machine does not tell.
type winogradGrad struct {
	*winogradShape
	sources  []lattice
	backend  *Backend
	gemm     *gemmKernels
	kernels  *winogradKernels
	in, grad []float32
	out      []float32
	points   int
	rows     int // rows of tiles of a block
	pieces   int // of the batch, whose sums are apart
	slice    int // source channels of a slice, a multiple of lanes
	slices   int
	blocks   int       // of cols destination channels
	sums     []float32 // [pieces][blocks][source channels, by slice and lattice][taps²][cols]
	zeros    []float32
	channels []tileRow // of a slice and all lattices, in whole tiles
	rest     []tileRow // of the last slice
	steps    []int32   // tiles
}

const (
	// gradientChannels is the fewest channels on both sides that pay.
	gradientChannels = 24
	// gradientTiles and leastTiles are about the most and the fewest tiles of a block.
	// More of them make longer sums before they are turned back to weights, fewer of
	// them make more pieces.
	gradientTiles = 128
	leastTiles    = 64
	// gradientRows is about the source channels of a slice, over all lattices: their
	// sums of a block of destination channels and all points (200 to 288 KiB) stay in
	// the second-level cache. sharedSlice is the fewest of a lattice that make a slice
	// only to share out work.
	gradientRows = 128
	sharedSlice  = 48
	// The batch is cut into fewestPieces or more for threads to share out, unless all
	// their sums together take more than pieceSums (16 MiB).
	fewestPieces = 4
	mostPieces   = 16
	pieceSums    = 1 << 22
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
	room := b.scratch(w.pieces * w.sumSize())
	defer room.release()
	w.sums = room.data
	if w.pieces > 1 {
		b.pool.run(w.pieces, w.piece)
	} else {
		w.shared()
	}
	b.pool.run(w.blocks*w.slices, func(chunk int) { w.store(chunk/w.slices, chunk%w.slices) })
}

func newWinogradGrad(b *Backend, s *winogradShape, dst, src, grad []float32) *winogradGrad {
	k := b.table.winograd.of(s.taps)
	w := &winogradGrad{
		winogradShape: s, sources: s.phases[0].sources, backend: b, gemm: &b.table.gemm, kernels: k,
		in: src, grad: grad, out: dst, points: k.points(), pieces: 1,
		zeros: make([]float32, b.table.gemm.cols),
	}
	w.blocks = ceilDiv(s.dst.c, w.gemm.cols)
	all := s.n * w.down()
	w.rows = min(max(gradientTiles/w.across(), 1), all)
	tiles := min(max(s.tiles()/fewestChunks, leastTiles), gradientTiles)
	rows := max(tiles/w.across(), 1)
	if n := min(ceilDiv(all, rows), mostPieces, pieceSums/w.sumSize()) &^ 1; n >= fewestPieces {
		w.rows, w.pieces = rows, n
	}
	w.cut()
	for t := range w.rows * w.across() {
		w.steps = append(w.steps, int32(t*w.vTile()))
	}
	return w
}

// cut makes slices of the source channels, more where threads share them out.
func (w *winogradGrad) cut() {
	lanes := w.kernels.lanes
	w.slices = ceilDiv(w.src.c, gradientRows/len(w.sources))
	if w.pieces == 1 {
		even := w.src.c / sharedSlice &^ 1
		w.slices = max(w.slices, min(even, fewestChunks), 2)
	}
	w.slice = ceilDiv(ceilDiv(w.src.c, w.slices), lanes) * lanes
	w.slices = ceilDiv(w.src.c, w.slice)
	n := len(w.sources) * w.slice
	for c := range n {
		w.channels = append(w.channels, tileRow{int32(c), int32(c * w.gemm.cols)})
	}
	rest := len(w.sources) * (w.src.c - (w.slices-1)*w.slice)
	w.rest = padTiles(w.channels[:rest:rest], w.gemm.rows, n*w.gemm.cols)
	w.channels = padTiles(w.channels, w.gemm.rows, n*w.gemm.cols)
}

// Distances from tile to tile and from point to point are a cache line more than
// needed, lest they fall into the same cache sets.
func (w *winogradGrad) vTile() int  { return len(w.sources)*w.slice + 16 }
func (w *winogradGrad) vPoint() int { return w.rows*w.across()*w.vTile() + 16 }
func (w *winogradGrad) pPoint() int { return w.rows*w.across()*w.gemm.cols + 16 }
func (w *winogradGrad) uPoint() int { return (len(w.sources)*w.slice+1)*w.gemm.cols + 16 }
func (w *winogradGrad) pSize() int  { return w.blocks * w.points * w.pPoint() }

// blockSums is the number of a block's sums, sumSize that of a piece's.
func (w *winogradGrad) blockSums() int {
	return len(w.sources) * w.src.c * w.taps * w.taps * w.gemm.cols
}
func (w *winogradGrad) sumSize() int { return w.blocks * w.blockSums() }

// piece computes the sums of a piece of the batch on the calling thread.
func (w *winogradGrad) piece(piece int) {
	room := w.backend.scratch(w.pSize())
	defer room.release()
	sums, blocks := w.sums[piece*w.sumSize():], ceilDiv(w.n*w.down(), w.rows)
	first := piece * blocks / w.pieces
	for block := first; block < (piece+1)*blocks/w.pieces; block++ {
		row0, row1 := block*w.rows, min((block+1)*w.rows, w.n*w.down())
		for d := 0; d < w.dst.c; d += w.kernels.lanes {
			w.transformGradient(room.data, d, row0, row1)
		}
		for slice := range w.slices {
			w.multiply(sums, room.data, slice, row0, row1, block == first)
		}
	}
}

// shared computes the sums of the batch, each thread those of some slices.
func (w *winogradGrad) shared() {
	room := w.backend.scratch(w.pSize())
	defer room.release()
	for row0 := 0; row0 < w.n*w.down(); row0 += w.rows {
		row1 := min(row0+w.rows, w.n*w.down())
		w.backend.pool.run(ceilDiv(w.dst.c, w.kernels.lanes), func(chunk int) {
			w.transformGradient(room.data, chunk*w.kernels.lanes, row0, row1)
		})
		w.backend.pool.run(w.slices, func(slice int) {
			w.multiply(w.sums, room.data, slice, row0, row1, row0 == 0)
		})
	}
}

// transformGradient transforms rows [row0, row1) of tiles of the gradient to p,
// [blocks][points][tiles][cols], lanes channels from d0 on.
func (w *winogradGrad) transformGradient(p []float32, d0, row0, row1 int) {
	width, lanes, cols := 4*w.across(), w.kernels.lanes, w.gemm.cols
	room := w.backend.scratch(4*width*lanes + mostPoints*lanes)
	defer room.release()
	strip, tmp := room.data[:4*width*lanes], room.data[4*width*lanes:]
	for row := row0; row < row1; row++ {
		w.backend.gather(strip, w.grad, patch{w.dst, row / w.down(), d0, row % w.down() * 4, 0, 1, 4, width})
		at := d0/cols*w.points*w.pPoint() + (row-row0)*w.across()*cols + d0%cols
		w.kernels.gradient(p[at:], w.pPoint(), cols, strip, width*lanes, lanes, w.across(), tmp)
	}
}

// multiply adds rows [row0, row1) of tiles, with the transformed gradient p, to the
// sums of a slice of source channels; the first starts the sums.
func (w *winogradGrad) multiply(sums, p []float32, slice, row0, row1 int, first bool) {
	c0 := slice * w.slice
	channels, lanes := min(w.slice, w.src.c-c0), w.kernels.lanes
	vSize, uSize := w.points*w.vPoint(), w.points*w.uPoint()
	room := w.backend.scratch(vSize + uSize + w.rowRoom(w.kernels))
	defer room.release()
	v, u, tmp := room.data[:vSize], room.data[vSize:vSize+uSize], room.data[vSize+uSize:]
	for row := row0; row < row1; row++ {
		for c := 0; c < channels; c += lanes {
			w.transformRow(w.backend, v[(row-row0)*w.across()*w.vTile()+c:], tmp, channels, w.vPoint(), w.vTile(), w.in, w.sources, row, c0+c)
		}
	}
	table := w.channels
	if slice == w.slices-1 {
		table = w.rest
	}
	n, size := len(w.sources)*channels, w.taps*w.taps*w.gemm.cols
	for block := range w.blocks {
		for point := range w.points {
			p := p[(block*w.points+point)*w.pPoint():]
			w.gemm.tiles(u[point*w.uPoint():], w.zeros, v[point*w.vPoint():], p, table, w.steps[:(row1-row0)*w.across()])
		}
		own := sums[block*w.blockSums()+len(w.sources)*c0*size:][:n*size]
		if first {
			clear(own)
		}
		for lane := 0; lane < w.gemm.cols; lane += lanes {
			w.kernels.weightGradient(own[lane:], w.gemm.cols, u[lane:], w.uPoint(), w.gemm.cols, n, tmp)
		}
	}
}

// store adds up the pieces' sums of a slice of source channels and a block of
// destination channels, in order, and writes the weights.
func (w *winogradGrad) store(block, slice int) {
	cols, area, c0 := w.gemm.cols, w.taps*w.taps, slice*w.slice
	n, all := min(w.slice, w.src.c-c0), len(w.sources)*area
	at, size := block*w.blockSums()+c0*all*cols, n*all*cols
	rows := w.sums[at:][:size]
	for piece := 1; piece < w.pieces; piece++ {
		w.backend.table.vector.addScaled(rows, w.sums[piece*w.sumSize()+at:][:size], 1)
	}
	if len(w.sources) > 1 { // bring the lattices' taps to their places
		room := w.backend.scratch(size)
		defer room.release()
		for i, l := range w.sources {
			for c := range n {
				for k, t := range l.taps {
					copy(room.data[(c*all+t.weight)*cols:][:cols], rows[((i*n+c)*area+k)*cols:])
				}
			}
		}
		rows = room.data
	}
	d0 := block * cols
	w.gemm.transposeAll(w.out[(d0*w.src.c+c0)*all:], w.src.c*all, rows, cols, n*all, min(cols, w.dst.c-d0))
}
