package cpu

// winograd is one 3×3 convolution of step 1 by F(4×4, 3×3): tiles of 4×4
// destination pixels become 36 independent matrix products over source
// channels, 4 times fewer multiplications. Tiles are numbered over (image, row
// of tiles, column of tiles); work is cut into blocks of whole rows of tiles.
type winograd struct {
	*correlation
	epilogue
	backend *Backend
	gemm    *gemmKernels
	kernels *winogradKernels
	out, in []float32
	u       []float32 // transformed weights, [blocks][36][source channel][cols]
	start   []float32 // bias, or zeros, [blocks][cols]
	zeros   []float32
	blocks  int
	depth   int // source channels, rounded up to lanes
	across  int // tiles in a row
	down    int // rows of tiles in an image
	rows    int // rows of tiles of a block of work
	tiles   []tileRow
}

const (
	points = 36
	// winogradChannels is the fewest channels on both sides that pay for the
	// transformations, fewestTiles the fewest tiles that pay for reading weights
	// four times as large; with half of them it no longer pays to transform
	// weights for a single pass, as training does.
	winogradChannels = 64
	fewestTiles      = 8
	// blockTiles is the tiles of a block that one thread works through, so that
	// it stays near the second-level cache; with more than sharedChannels source
	// channels the weights no longer do, and all threads work on one block of
	// sharedTiles.
	blockTiles     = 64
	sharedChannels = 256
	sharedTiles    = 256
)

// suitsWinograd tells whether g is a convolution that gains.
func (g *correlation) suitsWinograd() bool {
	return g.isWinograd() && g.winogradTiles() >= fewestTiles
}

// isWinograd tells whether g is a 3×3 convolution of step 1 with enough channels.
func (g *correlation) isWinograd() bool {
	return g.step == 1 && g.spread == 1 && len(g.phases[0].taps) == 9 && g.bottom-g.top == 2 && g.right-g.left == 2 &&
		min(g.src.c, g.dst.c) >= winogradChannels
}

// winogradTiles is the number of tiles of the batch.
func (g *correlation) winogradTiles() int {
	return g.n * ceilDiv(g.dst.h, 4) * ceilDiv(g.dst.w, 4)
}

// winogradSize is the number of values of the transformed weights.
func (g *correlation) winogradSize(cols int) int {
	return ceilDiv(g.dst.c, cols) * cols * points * g.src.c
}

// packWinograd transforms the weights w into u.
func (g *correlation) packWinograd(b *Backend, u, w []float32) {
	k, cols := &b.table.winograd, b.table.gemm.cols
	// Taps in reading order of the source.
	var taps [9]tap
	for _, t := range g.phases[0].taps {
		taps[(t.y-g.top)*3+t.x-g.left] = t
	}
	const run = 32 // source channels at a time
	perBlock := ceilDiv(g.src.c, run)
	b.pool.run(ceilDiv(g.dst.c, cols)*perBlock, func(chunk int) {
		block, c0 := chunk/perBlock, chunk%perBlock*run
		c1 := min(c0+run, g.src.c)
		room := b.scratch(run*9*cols + points*k.lanes)
		defer room.release()
		plain, tmp := room.data[:run*9*cols], room.data[run*9*cols:]
		g.packBlock(b, plain, w, taps[:], block*cols, c0, c1)
		at := block*points*g.src.c*cols + c0*cols
		for lane := 0; lane < cols; lane += k.lanes {
			k.weights(u[at+lane:], g.src.c*cols, cols, plain[lane:], cols, c1-c0, tmp)
		}
	})
}

// winogradConvolve runs g on transformed weights.
func (b *Backend) winogradConvolve(g *correlation, dst, src, u []float32, e epilogue) {
	w := newWinograd(b, g, dst, src, u, e)
	all := g.n * w.down
	if g.src.c <= sharedChannels {
		b.pool.run(ceilDiv(all, w.rows), func(chunk int) {
			w.private(chunk*w.rows, min((chunk+1)*w.rows, all))
		})
		return
	}
	for row := 0; row < all; row += w.rows {
		w.shared(row, min(row+w.rows, all))
	}
}

func newWinograd(b *Backend, g *correlation, dst, src, u []float32, e epilogue) *winograd {
	k := &b.table.winograd
	w := &winograd{
		correlation: g, epilogue: e, backend: b, gemm: &b.table.gemm, kernels: k, out: dst, in: src, u: u,
		blocks: ceilDiv(g.dst.c, b.table.gemm.cols), depth: ceilDiv(g.src.c, k.lanes)*k.lanes + alignment,
		across: ceilDiv(g.dst.w, 4), down: ceilDiv(g.dst.h, 4),
	}
	w.start = make([]float32, w.blocks*w.gemm.cols)
	copy(w.start, e.bias)
	w.zeros = make([]float32, w.gemm.cols)
	target := blockTiles
	if g.src.c > sharedChannels {
		target = sharedTiles
	}
	w.rows = min(max(target/w.across, 1), g.n*w.down)
	for t := range w.rows * w.across {
		w.tiles = append(w.tiles, tileRow{int32(t * w.depth), int32(t * w.gemm.cols)})
	}
	return w
}

// The distance between points in a block's buffers is a cache line more than
// its tiles need, lest all 36 points of a tile fall into the same cache sets.
func (w *winograd) vPoint() int { return len(w.tiles)*w.depth + 16 }
func (w *winograd) mPoint() int { return (len(w.tiles)+1)*w.gemm.cols + 16 }

// private computes rows [row0, row1) of tiles on the calling thread.
func (w *winograd) private(row0, row1 int) {
	room := w.backend.scratch(points * (w.vPoint() + w.mPoint()))
	defer room.release()
	v, m := room.data[:points*w.vPoint()], room.data[points*w.vPoint():]
	for row := row0; row < row1; row++ {
		for c := 0; c < w.src.c; c += w.kernels.lanes {
			w.input(v[(row-row0)*w.across*w.depth:], row, c)
		}
	}
	for block := range w.blocks {
		for point := range points {
			w.multiply(m, v, block, point, (row1-row0)*w.across)
		}
		for row := row0; row < row1; row++ {
			w.output(m[(row-row0)*w.across*w.gemm.cols:], row, block)
		}
	}
}

// shared computes rows [row0, row1) of tiles with all threads, in three phases,
// so that the weights are read once.
func (w *winograd) shared(row0, row1 int) {
	vSize, mSize := points*w.vPoint(), points*w.mPoint()
	room := w.backend.scratch(vSize + w.blocks*mSize)
	defer room.release()
	v, m := room.data[:vSize], room.data[vSize:]
	pool := w.backend.pool
	const group = 4 // of lanes
	perRow := ceilDiv(w.src.c, group*w.kernels.lanes)
	pool.run((row1-row0)*perRow, func(chunk int) {
		row, c0 := chunk/perRow, chunk%perRow*group*w.kernels.lanes
		for c := c0; c < min(c0+group*w.kernels.lanes, w.src.c); c += w.kernels.lanes {
			w.input(v[row*w.across*w.depth:], row0+row, c)
		}
	})
	const halves = 2 // of the blocks, for an even share
	perHalf := ceilDiv(w.blocks, halves)
	pool.run(points*halves, func(chunk int) {
		point, b0 := chunk/halves, chunk%halves*perHalf
		for block := b0; block < min(b0+perHalf, w.blocks); block++ {
			w.multiply(m[block*mSize:], v, block, point, (row1-row0)*w.across)
		}
	})
	pool.run(w.blocks*(row1-row0), func(chunk int) {
		block, row := chunk/(row1-row0), chunk%(row1-row0)
		w.output(m[block*mSize+row*w.across*w.gemm.cols:], row0+row, block)
	})
}

// input transforms a row of tiles, lanes channels from c0 on, into v.
func (w *winograd) input(v []float32, row, c0 int) {
	lanes := w.kernels.lanes
	width := 4*w.across + 2
	room := w.backend.scratch(6*width*lanes + points*lanes)
	defer room.release()
	strip, tmp := room.data[:6*width*lanes], room.data[6*width*lanes:]
	w.backend.gather(strip, w.in, patch{w.src, row / w.down, c0, row%w.down*4 + w.top, w.left, 6, width})
	w.kernels.input(v[c0:], w.vPoint(), w.depth, strip, width*lanes, w.across, tmp)
}

// multiply computes one point's product for a block of destination channels:
// m [tiles][cols] = v [tiles][source channels] · u.
func (w *winograd) multiply(m, v []float32, block, point, tiles int) {
	g := w.gemm
	size := w.src.c * g.cols
	u := w.u[(block*points+point)*size : (block*points+point+1)*size]
	a, c := v[point*w.vPoint():], m[point*w.mPoint():]
	if tiles < g.rows {
		g.dense(c, w.zeros, a, u, padTiles(w.tiles[:tiles:tiles], g.rows, len(w.tiles)*g.cols), w.src.c)
		return
	}
	whole := tiles - tiles%g.rows
	g.denseTiles(c, w.zeros, a, u, w.tiles[:whole], w.src.c)
	if whole < tiles { // the last tile overlaps rather than be cut
		g.dense(c, w.zeros, a, u, w.tiles[tiles-g.rows:tiles], w.src.c)
	}
}

// output transforms a row of tiles of a block of destination channels from m
// and stores it.
func (w *winograd) output(m []float32, row, block int) {
	cols := w.gemm.cols
	width := 4 * w.across
	room := w.backend.scratch(4*width*cols + points*w.kernels.lanes)
	defer room.release()
	pixels, tmp := room.data[:4*width*cols], room.data[4*width*cols:]
	for lane := 0; lane < cols; lane += w.kernels.lanes {
		w.kernels.output(pixels[lane:], width*cols, cols, m[lane:], w.mPoint(), cols, w.across, w.start[block*cols+lane:], tmp)
	}
	w.activate(w.backend, pixels)
	image, y0, d0 := row/w.down, row%w.down*4, block*cols
	for r := range min(4, w.dst.h-y0) {
		at := (image*w.dst.c+d0)*w.dst.area() + (y0+r)*w.dst.w
		w.gemm.transposeAll(w.out[at:], w.dst.area(), pixels[r*width*cols:], cols, w.dst.w, min(cols, w.dst.c-d0))
	}
}
