package cpu

// pointwiseGrad is one backward pass of a 1×1 convolution with respect to the
// weights: dot products of planes of the images and of the gradient, as they lie. The
// side with more channels is the long one. Chunks are (piece of the batch's blocks of
// pixels, slice of long tiles, group of short tiles); the sums of the pieces are
// added up in order at the end.
type pointwiseGrad struct {
	backend     *Backend
	kernels     *dotKernels
	long, short dotSide
	area        int
	out         []float32
	longStep    int // distance of long channels in out
	shortStep   int
	block       int // pixels
	blocks      int // of an image
	units       int // blocks of the batch
	pieces      int
	slice       int // long tiles
	slices      int
	group       int // short tiles
	groups      int
	sums        scratch // [pieces][long tiles][short tiles][rows][dotsCols]
}

// dotSide is the planes of one side.
type dotSide struct {
	data     []float32
	channels int
	rows     int     // channels of a tile
	tiles    []int32 // first values of the tiles' first planes
}

// newDotSide cuts planes into tiles, the last of which overlaps the one before.
func newDotSide(data []float32, channels, rows, area int) dotSide {
	s := dotSide{data, channels, rows, make([]int32, ceilDiv(channels, rows))}
	for t := range s.tiles {
		s.tiles[t] = int32(s.first(t) * area)
	}
	return s
}

// first is the first channel of a tile.
func (s *dotSide) first(tile int) int { return min(tile*s.rows, s.channels-s.rows) }

const (
	// dotsBlock is about the pixels of a block: a group's planes stay in the
	// first-level cache.
	dotsBlock = 256
	// dotsGroup is the short tiles that a group goes through at a time.
	dotsGroup = 4
	// dotsSlice is about the long channels of a chunk, whose planes stay in the
	// second-level cache while the groups pass.
	dotsSlice = 48
	// dotsTogether is the most groups of a chunk.
	dotsTogether = 4
	// dotsChunk is about the multiply-adds of a chunk, 40 µs, and dotsChunks the most
	// chunks that a batch is cut into for that.
	dotsChunk  = 1 << 21
	dotsChunks = 64
)

// suitsDots tells whether g is a 1×1 convolution with whole tiles of channels, of
// images large enough that the pixels beyond the last vector do not count.
func (g *correlation) suitsDots(k *dotKernels) bool {
	long, short := max(g.src.c, g.dst.c), min(g.src.c, g.dst.c)
	return g.isPointwise() && long >= k.rows && short >= dotsCols && g.src.area() >= 4*k.lanes
}

// pointwiseGradient computes the gradient of g's weights.
func (b *Backend) pointwiseGradient(g *correlation, dst, src, grad []float32) {
	p := newPointwiseGrad(b, g, dst, src, grad)
	p.sums = b.scratch(p.pieces * p.pieceSize())
	defer p.sums.release()
	b.pool.run(p.pieces*p.slices*p.groups, p.chunk)
	b.pool.run(p.slices, p.collect)
}

func newPointwiseGrad(b *Backend, g *correlation, dst, src, grad []float32) *pointwiseGrad {
	p := &pointwiseGrad{backend: b, kernels: &b.table.dots, area: g.src.area(), out: dst}
	rows := p.kernels.rows
	if g.src.c > g.dst.c {
		p.long, p.short = newDotSide(src, g.src.c, rows, p.area), newDotSide(grad, g.dst.c, dotsCols, p.area)
		p.longStep, p.shortStep = g.srcChannel, g.dstChannel
	} else {
		p.long, p.short = newDotSide(grad, g.dst.c, rows, p.area), newDotSide(src, g.src.c, dotsCols, p.area)
		p.longStep, p.shortStep = g.dstChannel, g.srcChannel
	}
	p.blocks = ceilDiv(p.area, dotsBlock)
	p.block = ceilDiv(ceilDiv(p.area, p.blocks), p.kernels.lanes) * p.kernels.lanes
	p.blocks = ceilDiv(p.area, p.block)
	p.units = g.n * p.blocks
	p.slices = ceilDiv(len(p.long.tiles)*rows, dotsSlice)
	p.slice = ceilDiv(len(p.long.tiles), p.slices)
	p.slices = ceilDiv(len(p.long.tiles), p.slice)
	p.group = dotsGroup * dotsTogether
	p.groups = ceilDiv(len(p.short.tiles), p.group)
	work := g.n * p.area * g.src.c * g.dst.c
	chunks := max(fewestChunks, min(work/dotsChunk, dotsChunks))
	p.pieces = min(p.units, ceilDiv(chunks, p.slices*p.groups))
	return p
}

// tileSize is the sums of a tile, pieceSize those of a piece.
func (p *pointwiseGrad) tileSize() int  { return p.long.rows * dotsCols }
func (p *pointwiseGrad) pieceSize() int { return len(p.long.tiles) * len(p.short.tiles) * p.tileSize() }

// chunk sums over one piece for a slice of long tiles and a group of short ones.
func (p *pointwiseGrad) chunk(i int) {
	group, slice, piece := i%p.groups, i/p.groups%p.slices, i/p.groups/p.slices
	l0, s0 := slice*p.slice, group*p.group
	l1, s1 := min(l0+p.slice, len(p.long.tiles)), min(s0+p.group, len(p.short.tiles))
	sums := p.sums.data[piece*p.pieceSize():][:p.pieceSize()]
	for l := l0; l < l1; l++ {
		clear(sums[(l*len(p.short.tiles)+s0)*p.tileSize():][:(s1-s0)*p.tileSize()])
	}
	for unit := piece * p.units / p.pieces; unit < (piece+1)*p.units/p.pieces; unit++ {
		for s := s0; s < s1; s += dotsGroup {
			p.tiles(sums, unit, l0, l1, s, min(s+dotsGroup, s1))
		}
	}
}

// tiles adds a block of pixels to long tiles [l0, l1) and short tiles [s0, s1). It is
// a function of its own so that the garbage collector can stop the goroutine between
// calls of assembly.
//
//go:noinline
func (p *pointwiseGrad) tiles(sums []float32, unit, l0, l1, s0, s1 int) {
	image, from := unit/p.blocks, unit%p.blocks*p.block
	n := min(p.block, p.area-from)
	long := p.long.data[image*p.long.channels*p.area+from:]
	short := p.short.data[image*p.short.channels*p.area+from:]
	for l := l0; l < l1; l++ {
		next := p.long.tiles[min(l+1, l1-1)]
		p.kernels.dots(sums[(l*len(p.short.tiles)+s0)*p.tileSize():], long[p.long.tiles[l]:], short, p.area, p.short.tiles[s0:s1], n, long[next:])
	}
}

// collect adds the pieces of a slice in order and writes its weights.
func (p *pointwiseGrad) collect(slice int) {
	l0, tile, tiles := slice*p.slice, p.tileSize(), len(p.short.tiles)
	l1 := min(l0+p.slice, len(p.long.tiles))
	from, to := l0*tiles*tile, l1*tiles*tile
	sums := p.sums.data[from:to]
	for piece := 1; piece < p.pieces; piece++ {
		p.backend.table.vector.addScaled(sums, p.sums.data[piece*p.pieceSize()+from:piece*p.pieceSize()+to], 1)
	}
	for l := l0; l < l1; l++ {
		for s := range tiles {
			p.store(l, s, sums[((l-l0)*tiles+s)*tile:])
		}
	}
}

// store writes the weights of a tile that no tile before it has.
func (p *pointwiseGrad) store(l, s int, sums []float32) {
	long, short := p.long.first(l), p.short.first(s)
	for i := l*p.long.rows - long; i < p.long.rows; i++ {
		for j := s*dotsCols - short; j < dotsCols; j++ {
			p.out[(long+i)*p.longStep+(short+j)*p.shortStep] = sums[i*dotsCols+j]
		}
	}
}
