package cpu

// outerGrad is one backward pass of a 1×1 convolution with respect to the weights as a
// matrix product whose depth is the pixels. Its rows are the channels of the side that
// has more, the long one, read as they lie; its columns are those of the short side, of
// which a block of pixels at a time is transposed, once for all rows of a chunk. Chunks
// are (piece of the batch's blocks of pixels, slice of rows, run of panels of columns);
// the sums of the pieces are added up in order at the end.
type outerGrad struct {
	outerSides
	backend *Backend
	kernels *gemmKernels
	area    int
	out     []float32
	block   int // pixels
	blocks  int // of an image
	units   int // blocks of the batch
	pieces  int
	panels  int       // of columns
	across  int       // runs of panels
	rows    []tileRow // whole tiles; the last ones repeat a channel
	slice   int       // rows of a chunk, whole tiles
	slices  int
	gathers int // runs of rows that are collected at a time
	zeros   []float32
	sums    scratch // [pieces][panels][rows][cols]
}

// outerSides are the images and the gradient, by their number of channels.
type outerSides struct {
	long, short         []float32
	longs, shorts       int // channels
	longStep, shortStep int // distances of channels in the weights
}

func (g *correlation) outerSides(src, grad []float32) outerSides {
	if g.src.c > g.dst.c {
		return outerSides{src, grad, g.src.c, g.dst.c, g.srcChannel, g.dstChannel}
	}
	return outerSides{grad, src, g.dst.c, g.src.c, g.dstChannel, g.srcChannel}
}

const (
	// outerBlock is about the pixels of a block: a panel of them fills the first-level
	// cache, but a tile waits less often for the beginnings of rows than with half.
	outerBlock = 512
	// outerRows is about the rows that pass all panels from the second-level cache.
	outerRows = 96
	// outerSlice is the fewest rows of a chunk: it transposes the short side for them.
	outerSlice = 64
	// outerAcross is the runs of panels that read the rows for themselves, so that the
	// batch's pieces, whose sums are added up, can be fewer.
	outerAcross = 2
	// outerRun is about the rows of a panel that are collected at a time.
	outerRun = 96
	// outerPixels is the fewest pixels of an image.
	outerPixels = 32
)

// suitsOuter tells whether g is a 1×1 convolution of which one side's channels fill
// three quarters of the tiles' columns, and which has pixels enough.
func (g *correlation) suitsOuter(k *gemmKernels) bool {
	short := min(g.src.c, g.dst.c)
	return g.isPointwise() && 4*short >= 3*ceilDiv(short, k.cols)*k.cols && g.src.area() >= outerPixels
}

// outerGradient computes the gradient of g's weights.
func (b *Backend) outerGradient(g *correlation, dst, src, grad []float32) {
	p := newOuterGrad(b, g, dst, src, grad)
	p.sums = b.scratch(p.pieces * p.pieceSize())
	defer p.sums.release()
	b.pool.run(p.pieces*p.slices*p.across, p.chunk)
	b.pool.run(p.panels*p.gathers, p.collect)
}

func newOuterGrad(b *Backend, g *correlation, dst, src, grad []float32) *outerGrad {
	k := &b.table.gemm
	p := &outerGrad{outerSides: g.outerSides(src, grad), backend: b, kernels: k, area: g.src.area(), out: dst, zeros: make([]float32, k.cols)}
	p.blocks = ceilDiv(p.area, outerBlock)
	p.block = aligned(ceilDiv(p.area, p.blocks))
	p.blocks = ceilDiv(p.area, p.block)
	p.units = g.n * p.blocks
	p.panels = ceilDiv(p.shorts, k.cols)
	p.across = min(p.panels, outerAcross)
	if p.units*p.across < fewestChunks {
		p.across = min(p.panels, ceilDiv(fewestChunks, p.units))
	}
	p.pieces = min(p.units, ceilDiv(fewestChunks, p.across))
	p.rows = make([]tileRow, ceilDiv(p.longs, k.rows)*k.rows)
	for i := range p.rows {
		p.rows[i] = tileRow{int32(min(i, p.longs-1) * p.area), int32(i * k.cols)}
	}
	slices := min(ceilDiv(fewestChunks, p.pieces*p.across), max(p.longs/outerSlice, 1))
	p.slice = ceilDiv(len(p.rows), slices*k.rows) * k.rows
	p.slices = ceilDiv(len(p.rows), p.slice)
	p.gathers = ceilDiv(p.longs, outerRun)
	return p
}

// panelSize is the sums of a panel, pieceSize those of a piece.
func (p *outerGrad) panelSize() int { return len(p.rows) * p.kernels.cols }
func (p *outerGrad) pieceSize() int { return p.panels * p.panelSize() }

// chunk sums over one piece for a slice of rows and a run of panels.
func (p *outerGrad) chunk(i int) {
	run, slice, piece := i%p.across, i/p.across%p.slices, i/p.across/p.slices
	panels := span{run * p.panels / p.across, (run + 1) * p.panels / p.across}
	rows := p.rows[slice*p.slice : min((slice+1)*p.slice, len(p.rows))]
	room := p.backend.scratch((panels.to - panels.from) * p.block * p.kernels.cols)
	defer room.release()
	first, end := piece*p.units/p.pieces, (piece+1)*p.units/p.pieces
	for unit := first; unit < end; unit++ {
		p.add(piece, rows, panels, unit, unit == first, room.data)
	}
}

// add adds a block of pixels to a piece's sums of some rows and panels, which the first
// block starts.
func (p *outerGrad) add(piece int, rows []tileRow, panels span, unit int, first bool, short []float32) {
	size, most := p.block*p.kernels.cols, outerRows/p.kernels.rows*p.kernels.rows
	image, from := unit/p.blocks, unit%p.blocks*p.block
	pixels := min(p.block, p.area-from)
	for panel := panels.from; panel < panels.to; panel++ {
		p.transpose(short[(panel-panels.from)*size:], p.short[image*p.shorts*p.area+from:], panel, pixels)
	}
	var init []float32
	if first {
		init = p.zeros
	}
	long, sums := p.long[image*p.longs*p.area+from:], p.sums.data[piece*p.pieceSize():]
	for ; len(rows) > 0; rows = rows[min(most, len(rows)):] {
		for panel := panels.from; panel < panels.to; panel++ {
			p.kernels.stridedTiles(sums[panel*p.panelSize():], init, long, short[(panel-panels.from)*size:], rows[:min(most, len(rows))], pixels)
		}
	}
}

// transpose brings pixels of a panel's channels to [pixels][cols], zeros beyond the last
// channel.
func (p *outerGrad) transpose(dst, short []float32, panel, pixels int) {
	cols := p.kernels.cols
	c0 := panel * cols
	if c0+cols > p.shorts {
		clear(dst[:pixels*cols])
	}
	p.kernels.transposeAll(dst, cols, short[c0*p.area:], p.area, min(cols, p.shorts-c0), pixels)
}

// collect adds the pieces of a run of a panel's rows in order and writes its weights.
func (p *outerGrad) collect(i int) {
	panel, run, cols := i/p.gathers, i%p.gathers, p.kernels.cols
	r0, r1 := run*p.longs/p.gathers, (run+1)*p.longs/p.gathers
	from, to := panel*p.panelSize()+r0*cols, panel*p.panelSize()+r1*cols
	sums := p.sums.data[from:to]
	for piece := 1; piece < p.pieces; piece++ {
		at := piece * p.pieceSize()
		p.backend.table.vector.addScaled(sums, p.sums.data[at+from:at+to], 1)
	}
	c0 := panel * cols
	width := min(cols, p.shorts-c0)
	dst := p.out[r0*p.longStep+c0*p.shortStep:]
	if p.longStep == 1 {
		p.kernels.transposeAll(dst, p.shortStep, sums, cols, r1-r0, width)
		return
	}
	for r := range r1 - r0 {
		copy(dst[r*p.longStep:][:width], sums[r*cols:])
	}
}
