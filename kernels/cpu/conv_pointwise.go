package cpu

// pointwise is one run of a 1×1 convolution of step 1 without padding: a matrix
// product of weights with the pixels as they lie there. Vectors run along the pixels,
// so that nothing is transposed. Chunks are (image, run of pixels). A chunk goes
// through its pixels a tile or a few at a time, for all destination channels in groups,
// which read them from the first-level cache; those that follow are fetched meanwhile.
// Where the cache's sets cannot hold a tile's lines, since it has too many channels or
// planes lie a power of two apart, the first group copies it for the others, which
// costs stores that compete with multiply-adds.
type pointwise struct {
	*correlation
	*pointwiseLayout
	epilogue
	backend *Backend
	kernels *pointwiseKernels
	out, in []float32
	start   []float32 // bias, or zeros, of whole groups
	weights []float32 // [groups][source channel][rows]
}

// pointwiseLayout is how a 1×1 convolution is cut.
type pointwiseLayout struct {
	tiles int // that are computed together
	pack  int // values of them that are copied, or 0
	run   int // pixels of a chunk
	runs  int // of an image
}

// pointwiseKernels serve 1×1 convolutions.
type pointwiseKernels struct {
	rows   int           // destination channels of a group
	wide   pointwiseTile // of most pixels
	narrow pointwiseTile // of few that are left
}

// pointwiseTile computes tiles of some number of pixels.
type pointwiseTile struct {
	pixels int

	// run computes tiles that follow each other along the pixels: for t < tiles, r <
	// channels and j < pixels,
	//
	//	c[r·cRow+t·pixels+j] = start[r] +
	//		Σ_k w[(r/rows·depth+k)·rows+r%rows] · src[t·srcTile+k·srcRow+j]
	//
	// over k < depth. The first group of rows copies the values of src to pack, [tiles]
	// [depth][pixels], where the others read them, unless that is empty. There is at
	// least one tile, channel and k; start and w have values for all rows of the last
	// group. The cache line of ahead[t·pixels+g·aheadStep+k·aheadRow] is fetched to the
	// second-level cache with each group g < fetching.
	run func(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, channels, tiles int, pack, ahead []float32, aheadRow, aheadStep, fetching int)
}

// genericPointwise are the plain twins.
var genericPointwise = pointwiseTwins(4, 16, 8)

// pointwiseTwins makes the kernels for tiles of any size in plain Go.
func pointwiseTwins(rows, wide, narrow int) pointwiseKernels {
	return pointwiseKernels{rows, pointwiseTwin(rows, wide), pointwiseTwin(rows, narrow)}
}

func pointwiseTwin(rows, pixels int) pointwiseTile {
	return pointwiseTile{pixels, func(c []float32, cRow int, start, src []float32, srcRow, srcTile int, w []float32, depth, channels, tiles int, pack, _ []float32, _, _, _ int) {
		for t := range tiles {
			for r := range channels {
				sums := c[r*cRow+t*pixels:][:pixels]
				for j := range sums {
					sums[j] = start[r]
				}
				for k := range depth {
					v := w[(r/rows*depth+k)*rows+r%rows]
					for j, x := range src[t*srcTile+k*srcRow:][:pixels] {
						sums[j] += v * x
					}
				}
			}
			if len(pack) > 0 {
				for k := range depth {
					copy(pack[(t*depth+k)*pixels:], src[t*srcTile+k*srcRow:][:pixels])
				}
			}
		}
	}}
}

const (
	// pointwiseFetching is the most groups of channels that share the fetching ahead.
	pointwiseFetching = 4
	// pointwiseRun is about the multiply-adds of a chunk, 40 µs.
	pointwiseRun = 1 << 21
	// pointwiseBlock is the tiles that are activated at a time.
	pointwiseBlock = 8
	// pointwiseTiles is about the source values of tiles that are computed together, a
	// third of the first-level cache.
	pointwiseTiles = 3 << 10
	// A first-level cache that is not larger than others': lines of 16 values in sets of
	// eight.
	cacheSets, cacheWays = 64, 8
)

// crowded tells whether the lines of pixels of planes that lie area values apart do not
// find room in the first-level cache together.
func crowded(channels, area, pixels int) bool {
	var lines [cacheSets]int
	for c := range channels {
		for line := c * area / alignment; line <= (c*area+pixels-1)/alignment; line++ {
			lines[line%cacheSets]++
			if lines[line%cacheSets] > cacheWays {
				return true
			}
		}
	}
	return false
}

// fetching tells how many groups of so many channels fetch the lines of the tiles that
// follow, and how many pixels apart.
func (k *pointwiseKernels) fetching(channels int) (step, groups int) {
	groups = min(ceilDiv(channels, k.rows), pointwiseFetching)
	return (k.wide.pixels - 1) / max(groups-1, 1), groups
}

// suitsPointwise tells whether g is such a convolution, of images large enough that
// a tile's last pixels, which are computed twice, do not count.
func (g *correlation) suitsPointwise(k *pointwiseKernels) bool {
	return g.isPointwise() && g.src.area() >= 2*k.wide.pixels
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

// pointwiseLayout cuts g: tiles are read as they lie where the first-level cache has
// room for their lines.
func (g *correlation) pointwiseLayout(k *pointwiseKernels) *pointwiseLayout {
	pixels, area := k.wide.pixels, g.src.area()
	l := &pointwiseLayout{tiles: min(max(pointwiseTiles/(g.src.c*pixels), 1), pointwiseBlock)}
	direct := l.tiles
	for direct > 0 && crowded(g.src.c, area, pixels*direct) {
		direct--
	}
	if direct > 0 || g.dst.c <= k.rows {
		l.tiles = max(direct, 1)
	} else {
		l.pack = l.tiles * g.src.c * pixels
	}
	tiles := ceilDiv(area, pixels)
	perRun := min(pointwiseRun/(g.src.c*g.dst.c*pixels), g.n*tiles/fewestChunks, tiles)
	l.run = max(perRun, 1) * pixels
	l.runs = ceilDiv(area-pixels+1, l.run)
	return l
}

// pointwiseConvolve runs a plan on weights packed by packPointwise.
func (b *Backend) pointwiseConvolve(p *plan, dst, src, weights []float32, e epilogue) {
	k := &b.table.pointwise
	c := &pointwise{correlation: p.correlation, pointwiseLayout: p.pointwise, epilogue: e, backend: b, kernels: k, out: dst, in: src, weights: weights}
	c.start = b.starts(ceilDiv(p.dst.c, k.rows)*k.rows, e.bias)
	b.pool.run(p.n*c.runs, c.chunk)
}

// chunk computes all channels of a run of pixels of one image.
func (p *pointwise) chunk(i int) {
	image := i / p.runs
	from, to := p.span(i%p.runs, p.src.area())
	var packed []float32
	if p.pack > 0 {
		room := p.backend.scratch(p.pack)
		defer room.release()
		packed = room.data
	}
	for from < to {
		first, end := from, min(from+pointwiseBlock*p.kernels.wide.pixels, to)
		for from < end {
			var at int
			at, from = p.together(image, from, to, packed)
			first = min(first, at)
		}
		if p.slope == 1 {
			continue
		}
		for d := range p.dst.c {
			p.activate(p.backend, p.out[image*p.dst.size()+d*p.dst.area():][first:from])
		}
	}
}

// span returns the pixels [from, to) of a run of an image of some area. Runs do not
// overlap, since each is activated where it lies: the last one takes what is too little
// for a tile.
func (l *pointwiseLayout) span(run, area int) (from, to int) {
	from, to = run*l.run, (run+1)*l.run
	if run == l.runs-1 {
		to = area
	}
	return from, to
}

// together computes the tiles of an image that the first-level cache holds, from a pixel
// on, of which a run has more up to another, and tells where they begin and end: the
// run's last one overlaps the one before rather than be cut. What follows is fetched, a
// share with each of the first groups of channels: the processor itself does not see so
// many streams coming, and what is asked for at once waits for what was asked for before.
// It is a function of its own so that the garbage collector can stop the goroutine between
// calls of assembly.
//
//go:noinline
func (p *pointwise) together(image, from, to int, packed []float32) (at, end int) {
	k, area := &p.kernels.wide, p.src.area()
	tiles := min(p.tiles, (to-from)/k.pixels)
	if tiles == 0 {
		tiles = 1
		if to-from <= p.kernels.narrow.pixels {
			k = &p.kernels.narrow
		}
	}
	at = min(from, to-k.pixels)
	step, fetching := p.kernels.fetching(p.dst.c)
	k.run(p.out[image*p.dst.size()+at:], area, p.start, p.in[image*p.src.size()+at:], area, k.pixels, p.weights,
		p.src.c, p.dst.c, tiles, packed[:min(p.pack, tiles*p.src.c*k.pixels)], p.in[p.ahead(image, at):], area, step, fetching)
	return at, at + tiles*k.pixels
}

// ahead is the place of the pixels that follow some tiles after the one at a pixel, in the
// next image after the last.
func (p *pointwise) ahead(image, at int) int {
	at += p.tiles * p.kernels.wide.pixels
	if at >= p.src.area() {
		return min((image+1)*p.src.size(), len(p.in)-1)
	}
	return image*p.src.size() + at
}
