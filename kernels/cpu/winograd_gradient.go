package cpu

// winogradGrad is the backward pass of a 3×3 convolution of step 1 with respect
// to its weights by the adjoint of F(4×4, 3×3): the gradient of the transformed
// weights at each of the 36 points is a matrix product, source channels ×
// destination channels, over all tiles. Blocks of tiles are transformed by all
// threads, then each thread multiplies for a slice of source channels and a block
// of destination channels, whose sums stay in its cache until they are weights
// again.
type winogradGrad struct {
	*correlation
	backend  *Backend
	gemm     *gemmKernels
	kernels  *winogradKernels
	in, grad []float32
	out      []float32
	across   int // tiles in a row
	down     int // rows of tiles in an image
	rows     int // rows of tiles of a block
	slice    int // source channels of a slice, a multiple of lanes
	slices   int
	blocks   int       // of cols destination channels
	v        []float32 // transformed source, [slices][36][tiles][slice and spare]
	p        []float32 // transformed gradient, [blocks][36][tiles][cols]
	sums     []float32 // [blocks][source channel][9][cols]
	zeros    []float32
	channels []tileRow // of a slice
	steps    []int32   // tiles
}

const (
	// gradientTiles is the fewest tiles that pay for transforming sums of every
	// pair of channels.
	gradientTiles = 4
	// gradientBlock is about the tiles of a block.
	gradientBlock = 128
	// gradientSlice is about the source channels of a slice.
	gradientSlice = 64
)

// suitsWinogradGradient tells whether the weights of g, a forward pass, are found
// faster this way.
func (g *correlation) suitsWinogradGradient() bool {
	return g.isWinograd() && g.winogradTiles() >= gradientTiles
}

// winogradGradient computes the gradient of the weights of g, a forward pass.
func (b *Backend) winogradGradient(g *correlation, dst, src, grad []float32) {
	w := newWinogradGrad(b, g, dst, src, grad)
	vSize, pSize := w.slices*points*w.vPoint(), w.blocks*points*w.pPoint()
	room := b.scratch(vSize + pSize + w.blocks*g.src.c*9*w.gemm.cols)
	defer room.release()
	w.v, w.p, w.sums = room.data[:vSize], room.data[vSize:vSize+pSize], room.data[vSize+pSize:]
	all := g.n * w.down
	sources, grads := ceilDiv(g.src.c, w.kernels.lanes), ceilDiv(g.dst.c, w.kernels.lanes)
	for row0 := 0; row0 < all; row0 += w.rows {
		row1 := min(row0+w.rows, all)
		b.pool.run(sources+grads, func(chunk int) {
			if chunk < sources {
				w.transformSource(chunk*w.kernels.lanes, row0, row1)
			} else {
				w.transformGradient((chunk-sources)*w.kernels.lanes, row0, row1)
			}
		})
		b.pool.run(w.slices*w.blocks, func(chunk int) {
			w.multiply(chunk/w.slices, chunk%w.slices, w.steps[:(row1-row0)*w.across], row0 == 0, row1 == all)
		})
	}
}

func newWinogradGrad(b *Backend, g *correlation, dst, src, grad []float32) *winogradGrad {
	w := &winogradGrad{
		correlation: g, backend: b, gemm: &b.table.gemm, kernels: &b.table.winograd, in: src, grad: grad, out: dst,
		across: ceilDiv(g.dst.w, 4), down: ceilDiv(g.dst.h, 4),
	}
	w.rows = min(max(gradientBlock/w.across, 1), g.n*w.down)
	w.blocks = ceilDiv(g.dst.c, w.gemm.cols)
	lanes := w.kernels.lanes
	w.slice = ceilDiv(min(g.src.c, gradientSlice), lanes) * lanes
	for w.slice > lanes && ceilDiv(g.src.c, w.slice)*w.blocks < fewestChunks {
		w.slice = ceilDiv(w.slice/2, lanes) * lanes
	}
	w.slices = ceilDiv(g.src.c, w.slice)
	w.zeros = make([]float32, w.gemm.cols)
	for c := range w.slice {
		w.channels = append(w.channels, tileRow{int32(c), int32(c * w.gemm.cols)})
	}
	for t := range w.rows * w.across {
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

// transformSource transforms rows [row0, row1) of tiles of the source, lanes
// channels from c0 on.
func (w *winogradGrad) transformSource(c0, row0, row1 int) {
	width, lanes := 4*w.across+2, w.kernels.lanes
	room := w.backend.scratch(6*width*lanes + points*lanes)
	defer room.release()
	strip, tmp := room.data[:6*width*lanes], room.data[6*width*lanes:]
	for row := row0; row < row1; row++ {
		w.backend.gather(strip, w.in, patch{w.src, row / w.down, c0, row%w.down*4 + w.top, w.left, 6, width})
		v := w.v[c0/w.slice*points*w.vPoint()+(row-row0)*w.across*w.vTile()+c0%w.slice:]
		w.kernels.input(v, w.vPoint(), w.vTile(), strip, width*lanes, w.across, tmp)
	}
}

// transformGradient transforms rows [row0, row1) of tiles of the gradient, lanes
// channels from d0 on.
func (w *winogradGrad) transformGradient(d0, row0, row1 int) {
	width, lanes, cols := 4*w.across, w.kernels.lanes, w.gemm.cols
	room := w.backend.scratch(4*width*lanes + points*lanes)
	defer room.release()
	strip, tmp := room.data[:4*width*lanes], room.data[4*width*lanes:]
	for row := row0; row < row1; row++ {
		w.backend.gather(strip, w.grad, patch{w.dst, row / w.down, d0, row % w.down * 4, 0, 4, width})
		p := w.p[d0/cols*points*w.pPoint()+(row-row0)*w.across*cols+d0%cols:]
		w.kernels.gradient(p, w.pPoint(), cols, strip, width*lanes, w.across, tmp)
	}
}

// multiply adds a block of tiles to the weights of a slice of source channels and
// a block of destination channels. The first block of tiles starts the sums, the
// last stores them.
func (w *winogradGrad) multiply(block, slice int, steps []int32, first, last bool) {
	cols, lanes := w.gemm.cols, w.kernels.lanes
	c0 := slice * w.slice
	n := min(w.slice, w.src.c-c0)
	room := w.backend.scratch(points*w.uPoint() + points*lanes)
	defer room.release()
	u, tmp := room.data[:points*w.uPoint()], room.data[points*w.uPoint():]
	channels := padTiles(w.channels[:n:n], w.gemm.rows, w.slice*cols)
	for point := range points {
		v := w.v[(slice*points+point)*w.vPoint():]
		p := w.p[(block*points+point)*w.pPoint():]
		w.gemm.tiles(u[point*w.uPoint():], w.zeros, v, p, channels, steps)
	}
	sums := w.sums[(block*w.src.c+c0)*9*cols:][:n*9*cols]
	if first {
		clear(sums)
	}
	for lane := 0; lane < cols; lane += lanes {
		w.kernels.weightGradient(sums[lane:], cols, u[lane:], w.uPoint(), cols, n, tmp)
	}
	if last {
		d0 := block * cols
		w.gemm.transposeAll(w.out[(d0*w.src.c+c0)*9:], w.src.c*9, sums, cols, n*9, min(cols, w.dst.c-d0))
	}
}
