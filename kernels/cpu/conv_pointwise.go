package cpu

// pointwise is one run of a 1×1 convolution of step 1 without padding: a matrix
// product of weights with the pixels as they lie there. Vectors run along the pixels,
// so that nothing is transposed. Chunks are (image, run of pixels). A chunk goes
// through its pixels in blocks: the first group of destination channels reads the
// source and copies it to scratch that stays in the first-level cache, from where the
// others read it. Planes lie kilobytes apart, the more so where a power of two maps
// all of them to one set of the cache; the copy costs stores that a loop bound by its
// multiply-adds has room for.
type pointwise struct {
	*correlation
	epilogue
	backend *Backend
	kernels *pointwiseKernels
	out, in []float32
	weights []float32 // [groups][source channel][rows]
	block   int       // tiles that are copied at a time
	run     int       // pixels of a chunk
	runs    int       // of an image
}

// pointwiseKernels serve 1×1 convolutions.
type pointwiseKernels struct {
	rows, pixels int // destination channels and pixels of a tile

	// tiles computes tiles of at most rows channels that follow each other along the
	// pixels: for every t < tiles, r < len(start) and j < pixels,
	//
	//	c[r·cRow+t·pixels+j] = start[r] + Σ_k w[k·rows+r] · src[t·srcTile+k·srcRow+j]
	//
	// over k < depth, and copies the values of src that it reads to pack, [tiles]
	// [depth][pixels], unless that is empty. There is at least one tile, one row and
	// one k; w has values for all rows. The cache lines of
	// ahead[t·aheadTile+k·aheadRow] are fetched to the second-level cache, unless ahead
	// is empty.
	tiles func(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, tiles int, pack, ahead []float32, aheadRow, aheadTile int)
}

// genericPointwise are the plain twins.
var genericPointwise = pointwiseTwins(4, 16)

// pointwiseTwins makes the kernel for tiles of any size in plain Go.
func pointwiseTwins(rows, pixels int) pointwiseKernels {
	return pointwiseKernels{rows, pixels, func(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, tiles int, pack, _ []float32, _, _ int) {
		sums := make([]float32, pixels)
		for t := range tiles {
			for r := range start {
				clear(sums)
				for k := range depth {
					v, from := w[k*rows+r], src[t*srcTile+k*srcRow:][:pixels]
					for j, x := range from {
						sums[j] += v * x
					}
					if len(pack) > 0 {
						copy(pack[(t*depth+k)*pixels:], from)
					}
				}
				for j, sum := range sums {
					c[r*cRow+t*pixels+j] = start[r] + sum
				}
			}
		}
	}}
}

const (
	// pointwiseBlock is about the source values of a block, half the first-level
	// cache.
	pointwiseBlock = 6 << 10
	// pointwiseFetching is how many groups of channels share the fetching ahead.
	pointwiseFetching = 4
	// pointwiseRun is about the multiply-adds of a chunk, 40 µs.
	pointwiseRun = 1 << 21
)

// suitsPointwise tells whether g is such a convolution, of images large enough that
// a tile's last pixels, which are computed twice, do not count.
func (g *correlation) suitsPointwise(k *pointwiseKernels) bool {
	return g.isPointwise() && g.src.area() >= 2*k.pixels
}

// isPointwise tells whether every destination pixel depends on the source's pixel of
// the same place alone.
func (g *correlation) isPointwise() bool {
	return g.step == 1 && g.spread == 1 && len(g.phases[0].taps) == 1 && g.src == planes{g.src.c, g.dst.h, g.dst.w} &&
		g.top == 0 && g.left == 0
}

// pointwiseSize is the number of values that packPointwise fills.
func (g *correlation) pointwiseSize(rows int) int { return ceilDiv(g.dst.c, rows) * rows * g.src.c }

// packPointwise brings weights to groups of rows destination channels, zeros beyond
// the last one.
func (g *correlation) packPointwise(dst, w []float32, rows int) {
	clear(dst)
	for d := range g.dst.c {
		for c := range g.src.c {
			dst[(d/rows*g.src.c+c)*rows+d%rows] = w[c*g.srcChannel+d*g.dstChannel]
		}
	}
}

// pointwiseConvolve runs g on weights packed by packPointwise.
func (b *Backend) pointwiseConvolve(g *correlation, dst, src, weights []float32, e epilogue) {
	p := b.newPointwise(g, dst, src, weights, e)
	b.pool.run(g.n*p.runs, p.chunk)
}

func (b *Backend) newPointwise(g *correlation, dst, src, weights []float32, e epilogue) *pointwise {
	p := &pointwise{correlation: g, epilogue: e, backend: b, kernels: &b.table.pointwise, out: dst, in: src, weights: weights}
	if p.bias == nil {
		p.bias = make([]float32, g.dst.c)
	}
	pixels := p.kernels.pixels
	p.block = max(pointwiseBlock/(g.src.c*pixels), 2)
	tiles := ceilDiv(g.src.area(), pixels)
	perRun := min(pointwiseRun/(g.src.c*g.dst.c*pixels), g.n*tiles/fewestChunks, tiles)
	p.run = max(perRun, 1) * pixels
	p.runs = ceilDiv(g.src.area()-pixels+1, p.run)
	return p
}

// chunk computes all channels of a run of pixels of one image, whole tiles but the
// last, which overlaps the one before rather than be cut.
func (p *pointwise) chunk(i int) {
	pixels, image := p.kernels.pixels, i/p.runs
	from, to := p.span(i % p.runs)
	source, out := p.in[image*p.src.size():][:p.src.size()], p.out[image*p.dst.size():][:p.dst.size()]
	tiles := (to - from) / pixels
	room := p.backend.scratch(min(p.block, tiles) * p.src.c * pixels)
	defer room.release()
	for ; tiles > 0; tiles -= p.block {
		n := min(p.block, tiles)
		next := from
		if tiles > n {
			next += n * pixels
		}
		p.tiles(out, source, room.data, from, next, n)
		from += n * pixels
	}
	if from < to {
		p.tiles(out, source, room.data, to-pixels, to-pixels, 1)
	}
}

// span returns the pixels [from, to) of a run of an image. Runs do not overlap, since
// each is activated where it lies: the last one takes what is too little for a tile.
func (p *pointwise) span(run int) (from, to int) {
	from, to = run*p.run, (run+1)*p.run
	if run == p.runs-1 {
		to = p.src.area()
	}
	return from, to
}

// tiles computes all channels of the tiles from a pixel on, and fetches as many from
// the pixel next on, a share with each of the first groups of channels: the processor
// itself does not see so many streams coming, and what is asked for at once waits for
// what was asked for before. It is a function of its own so that the garbage collector
// can stop the goroutine between calls of assembly.
//
//go:noinline
func (p *pointwise) tiles(out, source, packed []float32, from, next, tiles int) {
	k, area, depth := p.kernels, p.src.area(), p.src.c
	fetching := min(ceilDiv(p.dst.c, k.rows), pointwiseFetching)
	share := ceilDiv(tiles*k.pixels, fetching)
	step := ceilDiv(share, tiles)
	for d := 0; d < p.dst.c; d += k.rows {
		start, weights, to := p.bias[d:min(d+k.rows, p.dst.c)], p.weights[d*depth:], out[d*area+from:]
		var ahead []float32
		if d/k.rows < fetching {
			ahead = source[next+d/k.rows*share:]
		}
		if d == 0 {
			k.tiles(to, area, start, source[from:], area, k.pixels, weights, depth, tiles, packed, ahead, area, step)
		} else {
			k.tiles(to, area, start, packed, k.pixels, depth*k.pixels, weights, depth, tiles, nil, ahead, area, step)
		}
		if p.slope != 1 {
			for r := range start {
				p.activate(p.backend, to[r*area:][:tiles*k.pixels])
			}
		}
	}
}
