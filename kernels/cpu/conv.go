package cpu

import "github.com/org/trustmae/kernels"

// Sizes of what a chunk of a convolution keeps in the second-level cache, in
// values, and the fewest chunks that a layer should have so that threads share
// it evenly.
const (
	sumsTarget   = 64 << 10
	stripTarget  = 64 << 10
	depthTarget  = 640
	fewestChunks = 8
	// Images are computed together that have at most so many destination pixels, for at
	// least so many weights.
	togetherPixels  = 256
	togetherWeights = 128 << 10
)

// epilogue is what a convolution does to its sums before it stores them.
type epilogue struct {
	bias  []float32 // of the destination's channels; nil: none
	slope float32   // of the activation: 1 none, 0 ReLU, else LeakyReLU
}

// activate applies the activation to sums that are still in the cache.
func (e epilogue) activate(b *Backend, sums []float32) {
	if e.slope != 1 {
		b.table.vector.unary[kernels.LeakyReLU](sums, sums, e.slope, 0)
	}
}

// Conv2d computes the cross-correlation of x with w, plus bias, activated.
func (b *Backend) Conv2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	src := b.in("Conv2d", x, s.XLen())
	b.in("Conv2d", w, s.WLen())
	add := b.optional("Conv2d", bias, s.OutC)
	dst := b.out("Conv2d", y, s.YLen())
	b.convolve(forward, dst, src, w.(*buffer), epilogue{add, slope}, s)
}

// ConvTranspose2d computes the transposed convolution of x with w, plus bias,
// activated.
func (b *Backend) ConvTranspose2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	b.convTranspose("ConvTranspose2d", y, x, w, bias, s, slope)
}

// Conv2dBackwardData computes the gradient of Conv2d's input.
func (b *Backend) Conv2dBackwardData(dx, dy, w kernels.Buffer, s kernels.ConvShape) {
	b.convTranspose("Conv2dBackwardData", dx, dy, w, nil, s, 1)
}

func (b *Backend) convTranspose(op string, y, x, w, bias kernels.Buffer, s kernels.ConvShape, slope float32) {
	src := b.in(op, x, s.YLen())
	b.in(op, w, s.WLen())
	add := b.optional(op, bias, s.InC)
	dst := b.out(op, y, s.XLen())
	b.convolve(backward, dst, src, w.(*buffer), epilogue{add, slope}, s)
}

// convolve runs a pass with weights packed once per version.
func (b *Backend) convolve(pass pass, dst, src []float32, w *buffer, e epilogue, s kernels.ConvShape) {
	p := b.plan(pass, s)
	g, cols := p.correlation, b.table.gemm.cols
	var u packedUse
	switch p.method {
	case byWinograd:
		u = b.packedForm(w, p.form, p.winograd.weightSize(cols), func(dst, src []float32) { p.winograd.pack(b, dst, src) })
		b.winogradConvolve(p.winograd, dst, src, u.data, e)
	case wide:
		u = b.packedForm(w, p.form, g.wideSize(), b.serially(g.packWide))
		b.wideConvolve(p, dst, src, u.data, e)
	case byPointwise:
		rows := b.table.pointwise.rows
		u = b.packedForm(w, p.form, g.pointwiseSize(rows), b.serially(func(dst, src []float32) { g.packPointwise(dst, src, rows) }))
		b.pointwiseConvolve(p, dst, src, u.data, e)
	case byTaps:
		rows := b.table.pointwise.rows
		u = b.packedForm(w, p.form, g.tapSize(p.taps, rows), b.serially(func(dst, src []float32) { g.packTaps(p.taps, dst, src, rows) }))
		b.tapConvolve(p, dst, src, u.data, e)
	case byShallow:
		u = b.packedForm(w, p.form, g.shallowSize(), b.serially(g.packShallow))
		b.shallowConvolve(p, dst, src, u.data, e)
	default:
		u = b.packedForm(w, p.form, g.panelSize(cols), func(dst, src []float32) { g.panels(b, dst, src) })
		c := newConvolution(b, p, dst, src, u.data, e)
		b.pool.run(g.n/c.images*c.strips*c.groups, c.chunk)
	}
	u.release()
}

// serially returns pack as a part of an operation.
func (b *Backend) serially(pack func(dst, src []float32)) func(dst, src []float32) {
	return func(dst, src []float32) { b.serial(func() { pack(dst, src) }) }
}

// convolution is one run of a correlation: chunks are (images, strip of destination
// rows, group of destination channels).
type convolution struct {
	*correlation
	*cut
	epilogue
	backend *Backend
	kernels *gemmKernels
	out, in []float32
	panels  []float32
	start   []float32 // bias, or zeros: the start of every sum, [blocks][cols]
	blocks  int       // blocks of cols destination channels
	group   int       // blocks of a chunk
	groups  int
}

func newConvolution(b *Backend, p *plan, dst, src, panels []float32, e epilogue) *convolution {
	k := &b.table.gemm
	c := &convolution{correlation: p.correlation, cut: &p.cut, epilogue: e, backend: b, kernels: k, out: dst, in: src, panels: panels}
	c.blocks = ceilDiv(c.dst.c, k.cols)
	c.start = b.starts(c.blocks*k.cols, e.bias)
	c.groups = 1
	for c.n/c.images*c.strips*c.groups < fewestChunks && c.groups < c.blocks {
		c.groups *= 2
	}
	c.group = ceilDiv(c.blocks, c.groups)
	c.groups = ceilDiv(c.blocks, c.group)
	return c
}

// starts returns n values: bias, and zeros.
func (b *Backend) starts(n int, bias []float32) []float32 {
	start := make([]float32, n)
	b.serial(func() { copy(start, bias) })
	return start
}

// stripRows chooses the destination rows of a strip, a multiple of g.spread, so
// that its sums over the given number of channels stay near sumsTarget, and
// tells how many strips there are.
func (g *correlation) stripRows(channels int) (rows, strips int) {
	rows = min(max(sumsTarget/(g.dst.w*channels), 1), g.dst.h)
	strips = ceilDiv(g.dst.h, ceilDiv(rows, g.spread)*g.spread)
	rows = ceilDiv(ceilDiv(g.dst.h, strips), g.spread) * g.spread
	return min(rows, g.dst.h), ceilDiv(g.dst.h, rows)
}

// passChannels chooses how many source channels pass through a strip of the
// given destination rows of some images at a time.
func (g *correlation) passChannels(rows, images int) int {
	h := (ceilDiv(rows, g.spread)-1)*g.step + 1 + g.bottom - g.top
	w := (ceilDiv(g.dst.w, g.spread)-1)*g.step + 1 + g.right - g.left
	taps := 1
	for _, p := range g.phases {
		taps = max(taps, len(p.taps))
	}
	most := max(min(stripTarget/(h*w*images), depthTarget/taps), 1)
	return ceilDiv(g.src.c, ceilDiv(g.src.c, most))
}

// together chooses how many images' strips are one, a divisor of their number: few
// pixels for weights that the second-level cache does not hold would have every image
// read all weights from memory. channels are those of the destination, whole blocks.
func (g *correlation) together(channels int) int {
	if g.taps()*g.src.c*channels < togetherWeights {
		return 1
	}
	return g.divisor(min(togetherPixels, 2*sumsTarget/channels))
}

// divisor is the largest divisor of the number of images that have at most so many
// destination pixels together, or 1.
func (g *correlation) divisor(pixels int) int {
	for n := min(g.n, pixels/g.dst.area()); n > 1; n-- {
		if g.n%n == 0 {
			return n
		}
	}
	return 1
}

// chunk computes one strip of some images for a group of channel blocks.
func (c *convolution) chunk(i int) {
	group, stripe, first := i%c.groups, i/c.groups%c.strips, i/c.groups/c.strips*c.images
	s, size := c.strip(stripe), c.src.size()
	b0 := group * c.group
	b1 := min(b0+c.group, c.blocks)
	perImage := c.channels * s.h * s.w
	room := c.backend.scratch(c.images*perImage + (b1-b0)*c.sumsSize(s))
	defer room.release()
	source, sums := room.data[:c.images*perImage], room.data[c.images*perImage:]
	for c0 := 0; c0 < c.src.c; c0 += c.channels {
		c1 := min(c0+c.channels, c.src.c)
		for image := range c.images {
			s.fill(c.correlation, source[image*perImage:], c.in[(first+image)*size:][:size], stripe*c.rows, c0, c1, c0 > 0)
		}
		for block := b0; block < b1; block++ {
			c.block(s, sums[(block-b0)*c.sumsSize(s):], source, block, c0, c1)
		}
	}
	for block := b0; block < b1; block++ {
		c.store(s, sums[(block-b0)*c.sumsSize(s):], block, first, stripe)
	}
}

// sumsSize is the size of a block's values, [images][pixels][cols] and one spare row.
func (c *convolution) sumsSize(s *strip) int { return (c.images*s.pixels + 1) * c.kernels.cols }

// store activates a block's values and brings them to their images, of which first is
// the first.
func (c *convolution) store(s *strip, sums []float32, block, first, stripe int) {
	cols, d0 := c.kernels.cols, block*c.kernels.cols
	c.activate(c.backend, sums[:c.images*s.pixels*cols])
	for image := range c.images {
		at := ((first+image)*c.dst.c+d0)*c.dst.area() + stripe*c.rows*c.dst.w
		c.kernels.transposeAll(c.out[at:], c.dst.area(), sums[image*s.pixels*cols:], cols, s.pixels, min(cols, c.dst.c-d0))
	}
}

// block adds source channels [c0, c1) to a strip of one block of channels.
func (c *convolution) block(s *strip, sums, source []float32, block, c0, c1 int) {
	cols := c.kernels.cols
	var start []float32
	if c0 == 0 {
		start = c.start[block*cols : (block+1)*cols]
	}
	panels := c.panels
	for p := range c.phases {
		taps := len(c.phases[p].taps)
		size := c.src.c * taps * cols
		c.kernels.tiles(sums, start, source, panels[block*size+c0*taps*cols:], s.tiles[p], s.steps[p][:(c1-c0)*taps])
		panels = panels[c.blocks*size:]
	}
}
