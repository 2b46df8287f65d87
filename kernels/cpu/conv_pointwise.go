package cpu

// pointwise is one run of a 1×1 convolution of step 1 without padding: a matrix
// product of weights with the pixels as they lie there. Vectors run along the pixels,
// so that nothing is gathered or transposed. Chunks are (image, block of pixels); a
// block's source stays near the first-level cache while all destination channels
// pass.
type pointwise struct {
	*correlation
	epilogue
	backend *Backend
	kernels *wideKernels
	out, in []float32
	weights []float32 // [groups][source channel][channels of a group]
	start   []float32 // bias, or zeros
	steps   []int32   // of the source channels
	block   int       // pixels
	blocks  int       // of an image
}

const (
	// pointwiseGroup is the destination channels that a kernel computes.
	pointwiseGroup = 4
	// pointwiseBlock is about the source values of a block.
	pointwiseBlock = 16 << 10
)

// suitsPointwise tells whether g is such a convolution, of images large enough that
// the kernel's last pixels, which are computed twice, do not count.
func (g *correlation) suitsPointwise(k *wideKernels) bool {
	return g.step == 1 && g.spread == 1 && len(g.phases[0].taps) == 1 && g.src == planes{g.src.c, g.dst.h, g.dst.w} &&
		g.top == 0 && g.left == 0 && g.src.area() >= 2*k.pixels
}

// packPointwise brings weights to groups of destination channels, the last one of
// those that are left.
func (g *correlation) packPointwise(dst, w []float32) {
	i := 0
	for d0 := 0; d0 < g.dst.c; d0 += pointwiseGroup {
		for c := range g.src.c {
			for d := d0; d < min(d0+pointwiseGroup, g.dst.c); d++ {
				dst[i] = w[c*g.srcChannel+d*g.dstChannel]
				i++
			}
		}
	}
}

// pointwiseConvolve runs g on weights packed by packPointwise.
func (b *Backend) pointwiseConvolve(g *correlation, dst, src, weights []float32, e epilogue) {
	p := b.newPointwise(g, dst, src, weights, e)
	b.pool.run(g.n*p.blocks, p.chunk)
}

func (b *Backend) newPointwise(g *correlation, dst, src, weights []float32, e epilogue) *pointwise {
	p := &pointwise{correlation: g, epilogue: e, backend: b, kernels: &b.table.wide, out: dst, in: src, weights: weights}
	p.start = make([]float32, g.dst.c)
	copy(p.start, e.bias)
	p.steps = make([]int32, g.src.c)
	for c := range p.steps {
		p.steps[c] = int32(c * g.src.area())
	}
	tiles := ceilDiv(g.src.area(), p.kernels.pixels)
	perBlock := min(pointwiseBlock/(g.src.c*p.kernels.pixels), g.n*tiles/fewestChunks)
	p.block = max(perBlock, 1) * p.kernels.pixels
	p.blocks = ceilDiv(g.src.area()-p.kernels.pixels+1, p.block)
	return p
}

// chunk computes all channels of a block of pixels of one image.
func (p *pointwise) chunk(i int) {
	image, area := i/p.blocks, p.src.area()
	from, to := p.span(i % p.blocks)
	source, out := p.in[image*p.src.size():][:p.src.size()], p.out[image*p.dst.size():][:p.dst.size()]
	for d := 0; d < p.dst.c; d += pointwiseGroup {
		rows := min(pointwiseGroup, p.dst.c-d)
		p.group(out[d*area:], source, p.weights[d*p.src.c:][:rows*p.src.c], p.start[d:d+rows], from, to)
		if p.slope != 1 {
			for r := range rows {
				p.activate(p.backend, out[(d+r)*area+from:(d+r)*area+to])
			}
		}
	}
}

// span returns the pixels [from, to) of a block of an image. Blocks do not overlap,
// since each is activated where it lies: the last one takes what is too little for a
// kernel.
func (p *pointwise) span(block int) (from, to int) {
	from, to = block*p.block, (block+1)*p.block
	if block == p.blocks-1 {
		to = p.src.area()
	}
	return from, to
}

// group computes the pixels [from, to) of a group of channels. It is a function of
// its own so that the garbage collector can stop the goroutine between calls of
// assembly.
//
//go:noinline
func (p *pointwise) group(out, source, weights, start []float32, from, to int) {
	kernel, pixels := p.kernels.rows[len(start)-1], p.kernels.pixels
	for j := from; j < to; j += pixels {
		j := min(j, to-pixels) // the last pixels overlap rather than be cut
		kernel(out[j:], p.src.area(), start, source[j:], weights, p.steps)
	}
}
