package cpu

// winograd is one convolution by F(4×4, 3×3) or F(4×4, 2×2): tiles of 4×4
// destination pixels of a phase become independent matrix products over source
// channels, one for each of 36 or 25 points, with a quarter or two fifths of the
// multiplications. Tiles are numbered over (image, row of tiles, column of
// tiles); work is cut into blocks of whole rows of tiles.
type winograd struct {
	*winogradShape
	epilogue
	backend *Backend
	gemm    *gemmKernels
	kernels *winogradKernels
	out, in []float32
	u       []float32 // transformed weights, [phases][blocks][points][depth][cols]
	start   []float32 // bias, or zeros, [blocks][cols]
	zeros   []float32
	blocks  int
	points  int
	tile    int       // depth, rounded up to lanes and a spare cache line: from tile to tile
	rows    int       // rows of tiles of a block of work
	table   []tileRow // of a block's tiles
}

const (
	// blockTiles is the tiles of a block that one thread works through, so that it
	// stays near the second-level cache; with more than sharedChannels source
	// channels the weights no longer do, and all threads work on one block of
	// sharedTiles. They also do where there are too few blocks to share out.
	blockTiles     = 64
	sharedChannels = 256
	sharedTiles    = 256
	fewestBlocks   = 4
	// longestSum is how many products are added up before the sum joins others, for
	// accuracy, and so that a panel of weights stays in the first-level cache.
	longestSum = 256
)

// winogradConvolve runs s on transformed weights.
func (b *Backend) winogradConvolve(s *winogradShape, dst, src, u []float32, e epilogue) {
	w := newWinograd(b, s, dst, src, u, e)
	all := s.n * w.down()
	if s.sharesOut() {
		w.setRows(blockTiles)
		b.pool.run(ceilDiv(all, w.rows), func(chunk int) {
			w.private(chunk*w.rows, min((chunk+1)*w.rows, all))
		})
		return
	}
	w.setRows(sharedTiles)
	for row := 0; row < all; row += w.rows {
		w.shared(row, min(row+w.rows, all))
	}
}

// sharesOut tells whether every thread works through blocks of tiles of its own,
// otherwise all work on one.
func (s *winogradShape) sharesOut() bool {
	return s.depth() <= sharedChannels && s.n*s.down() >= fewestBlocks*s.blockRows(blockTiles)
}

// blockRows is how many rows of tiles a block of about so many tiles has.
func (s *winogradShape) blockRows(tiles int) int {
	return min(max(tiles/s.across(), 1), s.n*s.down())
}

func newWinograd(b *Backend, s *winogradShape, dst, src, u []float32, e epilogue) *winograd {
	k := b.table.winograd.of(s.taps)
	w := &winograd{
		winogradShape: s, epilogue: e, backend: b, gemm: &b.table.gemm, kernels: k, out: dst, in: src, u: u,
		blocks: ceilDiv(s.dst.c, b.table.gemm.cols), points: k.points(),
		tile: ceilDiv(s.depth(), k.lanes)*k.lanes + alignment,
	}
	w.start = make([]float32, w.blocks*w.gemm.cols)
	copy(w.start, e.bias)
	w.zeros = make([]float32, w.gemm.cols)
	return w
}

// setRows makes blocks of about the given number of tiles.
func (w *winograd) setRows(tiles int) {
	w.rows = w.blockRows(tiles)
	for t := range w.rows * w.across() {
		w.table = append(w.table, tileRow{int32(t * w.tile), int32(t * w.gemm.cols)})
	}
}

// The distance between points in a block's buffers is a cache line more than
// its tiles need, lest all points of a tile fall into the same cache sets.
func (w *winograd) vPoint() int { return len(w.table)*w.tile + 16 }
func (w *winograd) mPoint() int { return (len(w.table)+1)*w.gemm.cols + 16 }
func (w *winograd) vSize() int  { return w.points * w.vPoint() }
func (w *winograd) mSize() int  { return w.points * w.mPoint() }

// private computes rows [row0, row1) of tiles on the calling thread: the phases of
// one row of pixels together, which their outputs share.
func (w *winograd) private(row0, row1 int) {
	room := w.backend.scratch(w.spread * (w.vSize() + w.mSize()))
	defer room.release()
	v, m := room.data[:w.spread*w.vSize()], room.data[w.spread*w.vSize():]
	for first := 0; first < len(w.phases); first += w.spread {
		for p := range w.spread {
			for row := row0; row < row1; row++ {
				for c := 0; c < w.src.c; c += w.kernels.lanes {
					w.input(v[p*w.vSize()+(row-row0)*w.across()*w.tile:], first+p, row, c)
				}
			}
		}
		for block := range w.blocks {
			for p := range w.spread {
				for point := range w.points {
					w.multiply(m[p*w.mSize():], v[p*w.vSize():], first+p, block, point, (row1-row0)*w.across())
				}
			}
			for row := row0; row < row1; row++ {
				w.output(m[(row-row0)*w.across()*w.gemm.cols:], first, row, block)
			}
		}
	}
}

// shared computes rows [row0, row1) of tiles with all threads, in three stages,
// so that the weights are read once.
func (w *winograd) shared(row0, row1 int) {
	room := w.backend.scratch(w.spread * (w.vSize() + w.blocks*w.mSize()))
	defer room.release()
	v, m := room.data[:w.spread*w.vSize()], room.data[w.spread*w.vSize():]
	pool, rows := w.backend.pool, row1-row0
	const group = 4 // of lanes
	perRow := ceilDiv(w.src.c, group*w.kernels.lanes)
	const halves = 2 // of the blocks, for an even share
	perHalf := ceilDiv(w.blocks, halves)
	for first := 0; first < len(w.phases); first += w.spread {
		pool.run(w.spread*rows*perRow, func(chunk int) {
			p, row, c0 := chunk/perRow/rows, chunk/perRow%rows, chunk%perRow*group*w.kernels.lanes
			for c := c0; c < min(c0+group*w.kernels.lanes, w.src.c); c += w.kernels.lanes {
				w.input(v[p*w.vSize()+row*w.across()*w.tile:], first+p, row0+row, c)
			}
		})
		pool.run(w.spread*w.points*halves, func(chunk int) {
			p, point, b0 := chunk/halves/w.points, chunk/halves%w.points, chunk%halves*perHalf
			for block := b0; block < min(b0+perHalf, w.blocks); block++ {
				w.multiply(m[(block*w.spread+p)*w.mSize():], v[p*w.vSize():], first+p, block, point, rows*w.across())
			}
		})
		pool.run(w.blocks*rows, func(chunk int) {
			block, row := chunk/rows, chunk%rows
			w.output(m[block*w.spread*w.mSize()+row*w.across()*w.gemm.cols:], first, row0+row, block)
		})
	}
}

// input transforms a row of tiles of all lattices of a phase, lanes channels from
// c0 on, into v.
func (w *winograd) input(v []float32, phase, row, c0 int) {
	w.transformRow(w.backend, v[c0:], w.src.c, w.vPoint(), w.tile, w.in, w.phases[phase].sources, row, c0)
}

// multiply computes one point's product for a block of destination channels of a
// phase: m [tiles][cols] = v [tiles][depth] · u.
func (w *winograd) multiply(m, v []float32, phase, block, point, tiles int) {
	g := w.gemm
	needs := w.phases[phase].spans[point]
	if needs.from < 0 {
		clear(m[point*w.mPoint():][:tiles*g.cols])
		return
	}
	from, to := needs.from*w.src.c, needs.to*w.src.c
	u := w.u[((phase*w.blocks+block)*w.points+point)*w.pointSize(g.cols):]
	a, c := v[point*w.vPoint():], m[point*w.mPoint():]
	if tiles < g.rows {
		w.product(c, a, u, padTiles(w.table[:tiles:tiles], g.rows, len(w.table)*g.cols), from, to)
		return
	}
	whole := tiles - tiles%g.rows
	w.product(c, a, u, w.table[:whole], from, to)
	if whole < tiles { // the last tile overlaps rather than be cut
		w.product(c, a, u, w.table[tiles-g.rows:tiles], from, to)
	}
}

// product computes c = a·u over source channels [from, to) for the tiles of table.
func (w *winograd) product(c, a, u []float32, table []tileRow, from, to int) {
	start := w.zeros
	for k := from; k < to; k += longestSum {
		w.gemm.denseTiles(c, start, a[k:], u[k*w.gemm.cols:], table, min(longestSum, to-k))
		start = nil
	}
}

// output transforms a row of tiles of a block of destination channels from m,
// where the phases of one row of pixels, from first on, follow each other, and
// stores it.
func (w *winograd) output(m []float32, first, row, block int) {
	cols := w.gemm.cols
	width := 4 * w.across() * w.spread
	room := w.backend.scratch(4*width*cols + mostPoints*w.kernels.lanes)
	defer room.release()
	pixels, tmp := room.data[:4*width*cols], room.data[4*width*cols:]
	for p := range w.spread {
		for lane := 0; lane < cols; lane += w.kernels.lanes {
			at := w.phases[first+p].x*cols + lane
			w.kernels.output(pixels[at:], width*cols, w.spread*cols, m[p*w.mSize()+lane:], w.mPoint(), cols, w.across(), w.start[block*cols+lane:], tmp)
		}
	}
	w.activate(w.backend, pixels)
	image, y0, d0 := row/w.down(), row%w.down()*4*w.spread+w.phases[first].y, block*cols
	for r := 0; r < 4 && y0+r*w.spread < w.dst.h; r++ {
		at := (image*w.dst.c+d0)*w.dst.area() + (y0+r*w.spread)*w.dst.w
		w.gemm.transposeAll(w.out[at:], w.dst.area(), pixels[r*width*cols:], cols, w.dst.w, min(cols, w.dst.c-d0))
	}
}

// transformRow gathers the sources of a row of tiles of the batch, lanes channels
// from c0 on, and transforms them: of lattice l, point i and tile t to
// v[l·vLattice + i·vPoint + t·vTile] and what follows.
func (s *winogradShape) transformRow(b *Backend, v []float32, vLattice, vPoint, vTile int, batch []float32, sources []lattice, row, c0 int) {
	k := b.table.winograd.of(s.taps)
	side, lanes := k.side(), k.lanes
	left, right := sources[0].x, sources[0].x
	for _, l := range sources {
		left, right = min(left, l.x), max(right, l.x)
	}
	width := (4*s.across()+s.taps-2)*s.step + 1 + right - left
	room := b.scratch(side*width*lanes + mostPoints*lanes)
	defer room.release()
	strip, tmp := room.data[:side*width*lanes], room.data[side*width*lanes:]
	image, top := row/s.down(), row%s.down()*4*s.step
	for i, l := range sources {
		if i == 0 || l.y != sources[i-1].y { // else they lie in the same rows
			b.gather(strip, batch, patch{s.src, image, c0, top + l.y, left, s.step, side, width})
		}
		k.input(v[i*vLattice:], vPoint, vTile, strip[(l.x-left)*lanes:], width*lanes, s.step*lanes, s.across(), tmp)
	}
}
