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
	room    int       // scratch of input and output
	rows    int       // rows of tiles of a block of work
	table   []tileRow // of a block's tiles
}

const (
	// blockTiles is about the tiles of a block that one thread works through by
	// itself, so that they stay near the second-level cache. A thread with fewer does
	// so too, down to fewestOwnTiles, where the weights, which it then reads all, are at
	// most ownWeights (4 MiB).
	blockTiles     = 64
	fewestOwnTiles = 16
	fewestOwnRows  = 4 // of tiles for each thread, for even shares
	ownWeights     = 1 << 20
	// commonTiles is about the tiles of a block that all threads work on.
	commonTiles = 256
	// longestSum is how many products are added up before the sum joins others, for
	// accuracy, and so that a panel of weights stays in the first-level cache.
	longestSum = 256
)

// winogradConvolve runs s on transformed weights. Threads share out tiles, or, where
// these are few, destination channels, so that they read as little as possible of
// what others have written: where processors do not share their third-level cache, a
// tile that another one has transformed takes longer to read than to compute with.
// Neither changes a result, since every tile and channel is computed by itself.
func (b *Backend) winogradConvolve(s *winogradShape, dst, src, u []float32, e epilogue) {
	w := newWinograd(b, s, dst, src, u, e)
	all := s.n * w.down()
	if n := s.ownBlocks(b.pool.threads, w.gemm.cols); n > 0 {
		w.setRows(ceilDiv(all, n))
		w.shareOut(ceilDiv(all, w.rows))
		return
	}
	w.setRows(min(max(commonTiles/w.across(), 1), all))
	for row := 0; row < all; row += w.rows {
		w.common(row, min(row+w.rows, all))
	}
}

// ownBlocks is the number of blocks of tiles of which each is one thread's own, zero
// where there are too few tiles for that.
func (s *winogradShape) ownBlocks(threads, cols int) int {
	rows, each := s.n*s.down(), s.tiles()/threads
	few := each < blockTiles && (each < fewestOwnTiles || s.weightSize(cols) > ownWeights)
	if few || rows < fewestOwnRows*threads {
		return 0
	}
	blocks := ceilDiv(rows, max(blockTiles/s.across(), 1))
	return min(ceilDiv(blocks, threads)*threads, rows)
}

func newWinograd(b *Backend, s *winogradShape, dst, src, u []float32, e epilogue) *winograd {
	k := b.table.winograd.of(s.taps)
	w := &winograd{
		winogradShape: s, epilogue: e, backend: b, gemm: &b.table.gemm, kernels: k, out: dst, in: src, u: u,
		blocks: ceilDiv(s.dst.c, b.table.gemm.cols), points: k.points(),
		tile: ceilDiv(s.depth(), k.lanes)*k.lanes + alignment,
	}
	w.room = max(s.rowRoom(k), 4*w.rowWidth()*w.gemm.cols+mostPoints*k.lanes)
	w.start = b.starts(w.blocks*w.gemm.cols, e.bias)
	w.zeros = make([]float32, w.gemm.cols)
	return w
}

// setRows makes blocks of the given number of rows of tiles.
func (w *winograd) setRows(rows int) {
	w.rows = rows
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

// rowWidth is the destination pixels that a row of tiles is wide.
func (w *winograd) rowWidth() int { return 4 * w.across() * w.spread }

// shareOut computes the given number of blocks, each on one thread. With one for each
// thread, these get the same memory every time, which their own caches hold.
func (w *winograd) shareOut(blocks int) {
	size := aligned(w.spread*(w.vSize()+w.mSize()) + w.room)
	if blocks <= w.backend.pool.threads {
		room := w.backend.scratch(blocks * size)
		defer room.release()
		w.backend.pool.run(blocks, func(block int) { w.own(block, room.data[block*size:][:size]) })
		return
	}
	w.backend.pool.run(blocks, func(block int) {
		room := w.backend.scratch(size)
		defer room.release()
		w.own(block, room.data)
	})
}

// own computes a block of rows of tiles on the calling thread: the phases of one row
// of pixels together, which their outputs share.
func (w *winograd) own(block int, room []float32) {
	row0, row1 := block*w.rows, min((block+1)*w.rows, w.n*w.down())
	v, rest := room[:w.spread*w.vSize()], room[w.spread*w.vSize():]
	m, tmp := rest[:w.spread*w.mSize()], rest[w.spread*w.mSize():]
	for first := 0; first < len(w.phases); first += w.spread {
		for p := range w.spread {
			for row := row0; row < row1; row++ {
				w.input(v[p*w.vSize()+(row-row0)*w.across()*w.tile:], tmp, first+p, row, 0, w.src.c)
			}
		}
		for block := range w.blocks {
			for p := range w.spread {
				for point := range w.points {
					w.multiply(m[p*w.mSize():], v[p*w.vSize():], first+p, block, point, (row1-row0)*w.across())
				}
			}
			for row := row0; row < row1; row++ {
				w.output(m[(row-row0)*w.across()*w.gemm.cols:], tmp, first, row, block)
			}
		}
	}
}

// common computes rows [row0, row1) of tiles with all threads: these transform them
// together, and then multiply them with different parts of the weights, which are so
// read once.
func (w *winograd) common(row0, row1 int) {
	room := w.backend.scratch(w.spread * (w.vSize() + w.blocks*w.mSize()))
	defer room.release()
	v, m := room.data[:w.spread*w.vSize()], room.data[w.spread*w.vSize():]
	pool := w.backend.pool
	channels := 4 * w.kernels.lanes // of a chunk
	perRow := ceilDiv(w.src.c, channels)
	parts := min(pool.threads, w.blocks) // more of them would read the tiles more often
	for first := 0; first < len(w.phases); first += w.spread {
		pool.run((row1-row0)*w.spread*perRow, func(chunk int) {
			room := w.backend.scratch(w.room)
			defer room.release()
			row, p, c0 := chunk/perRow/w.spread, chunk/perRow%w.spread, chunk%perRow*channels
			w.input(v[p*w.vSize()+row*w.across()*w.tile:], room.data, first+p, row0+row, c0, min(c0+channels, w.src.c))
		})
		pool.run(parts, func(part int) {
			w.channels(m, v, first, row0, row1, part*w.blocks/parts, (part+1)*w.blocks/parts)
		})
	}
}

// channels computes blocks [block0, block1) of destination channels of rows [row0,
// row1) of tiles from the transformed tiles v, for the phases of one row of pixels,
// point by point, of which the caches hold all tiles.
func (w *winograd) channels(m, v []float32, first, row0, row1, block0, block1 int) {
	room := w.backend.scratch(w.room)
	defer room.release()
	for p := range w.spread {
		for point := range w.points {
			for block := block0; block < block1; block++ {
				w.multiply(m[(block*w.spread+p)*w.mSize():], v[p*w.vSize():], first+p, block, point, (row1-row0)*w.across())
			}
		}
	}
	for block := block0; block < block1; block++ {
		for row := row0; row < row1; row++ {
			w.output(m[block*w.spread*w.mSize()+(row-row0)*w.across()*w.gemm.cols:], room.data, first, row, block)
		}
	}
}

// input transforms channels [c0, c1), c0 a multiple of lanes, of a row of tiles of all
// lattices of a phase to v; room is scratch.
func (w *winograd) input(v, room []float32, phase, row, c0, c1 int) {
	for c := c0; c < c1; c += w.kernels.lanes {
		w.transformRow(w.backend, v[c:], room, w.src.c, w.vPoint(), w.tile, w.in, w.phases[phase].sources, row, c)
	}
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
		table, room := w.backend.padded(w.table[:tiles], g.rows, len(w.table)*g.cols)
		defer room.release()
		w.product(c, a, u, table, from, to)
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
// stores it; room is scratch.
func (w *winograd) output(m, room []float32, first, row, block int) {
	cols, width := w.gemm.cols, w.rowWidth()
	pixels, tmp := room[:4*width*cols], room[4*width*cols:]
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
// v[l·vLattice + i·vPoint + t·vTile] and what follows. room is rowRoom of scratch.
func (s *winogradShape) transformRow(b *Backend, v, room []float32, vLattice, vPoint, vTile int, batch []float32, sources []lattice, row, c0 int) {
	k := b.table.winograd.of(s.taps)
	side, lanes := k.side(), k.lanes
	left, width := s.strip(sources)
	strip, tmp := room[:side*width*lanes], room[side*width*lanes:]
	image, top := row/s.down(), row%s.down()*4*s.step
	for i, l := range sources {
		if i == 0 || l.y != sources[i-1].y { // else they lie in the same rows
			b.gather(strip, batch, patch{s.src, image, c0, top + l.y, left, s.step, side, width})
		}
		k.input(v[i*vLattice:], vPoint, vTile, strip[(l.x-left)*lanes:], width*lanes, s.step*lanes, s.across(), tmp)
	}
}

// strip is the first column and the width of the source pixels that a row of tiles
// reads in the given lattices.
func (s *winogradShape) strip(sources []lattice) (left, width int) {
	left, right := sources[0].x, sources[0].x
	for _, l := range sources {
		left, right = min(left, l.x), max(right, l.x)
	}
	return left, (4*s.across()+s.taps-2)*s.step + 1 + right - left
}

// rowRoom is the scratch that transformRow needs.
func (s *winogradShape) rowRoom(k *winogradKernels) int {
	widest := 0
	for _, p := range s.phases {
		_, width := s.strip(p.sources)
		widest = max(widest, width)
	}
	return (k.side()*widest + mostPoints) * k.lanes
}
