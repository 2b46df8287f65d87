package cpu

// wideKernels serve convolutions with at most four destination channels, which
// would leave most of a tile's columns empty: their vectors run along the
// pixels instead.
type wideKernels [4]wideKernel // for one to four destination channels

// wideKernel computes a tile of its number of rows by pixels.
type wideKernel struct {
	pixels int

	// tile computes, for every row r and j < pixels,
	//
	//	c[r·cRow+j] = begin + Σ_k w[k·rows+r] · src[steps[k]+j]
	//
	// where begin is start[r], or the old value of c if start is empty.
	tile func(c []float32, cRow int, start, src, w []float32, steps []int32)
}

// genericWide are the plain twins.
var genericWide = wideKernels{wideTwin(1, 16), wideTwin(2, 16), wideTwin(3, 16), wideTwin(4, 16)}

// wideTwin makes the kernel of any size in plain Go.
func wideTwin(rows, pixels int) wideKernel {
	return wideKernel{pixels, func(c []float32, cRow int, start, src, w []float32, steps []int32) {
		sums := make([]float32, pixels)
		for r := range rows {
			clear(sums)
			for k, step := range steps {
				v := w[k*rows+r]
				for j, x := range src[step : int(step)+pixels] {
					sums[j] += v * x
				}
			}
			for j, sum := range sums {
				if len(start) > 0 {
					c[r*cRow+j] = start[r] + sum
				} else {
					c[r*cRow+j] += sum
				}
			}
		}
	}}
}

// suitsWide tells whether g has few destination channels and reads neighbouring
// pixels for neighbouring positions.
func (g *correlation) suitsWide() bool { return g.dst.c <= 4 && g.step == 1 }

// wideSize is the number of values that packWide fills.
func (g *correlation) wideSize() int { return g.taps() * g.src.c * g.dst.c }

// packWide brings weights to [phase][source channel][tap][destination channel].
func (g *correlation) packWide(dst, w []float32) {
	i := 0
	for _, p := range g.phases {
		for c := range g.src.c {
			for _, t := range p.taps {
				for d := range g.dst.c {
					dst[i] = w[c*g.srcChannel+d*g.dstChannel+t.weight]
					i++
				}
			}
		}
	}
}

// widePixels is about how many destination pixels a strip has: source rows that two
// strips need are copied twice, but small images are cut finer, for the threads.
func (g *correlation) widePixels() int {
	const most = 8192
	return min(max(g.n*g.dst.area()/(2*fewestChunks), most/2), most)
}

// wideConvolution is one run; chunks are (image, strip of destination rows). In
// a strip, the positions of a phase are numbered along whole source rows of
// scratch, including the columns that only pad, so that vectors run on from row
// to row; what they compute there is left out at the end.
type wideConvolution struct {
	*correlation
	*cut
	epilogue
	backend *Backend
	kernel  wideKernel
	out, in []float32
	weights []float32
	start   []float32
}

// wideConvolve runs a plan on weights packed by packWide.
func (b *Backend) wideConvolve(p *plan, dst, src, weights []float32, e epilogue) {
	w := &wideConvolution{correlation: p.correlation, cut: &p.cut, epilogue: e, backend: b, kernel: b.table.wide[p.dst.c-1], out: dst, in: src, weights: weights}
	w.start = b.starts(w.dst.c, e.bias)
	b.pool.run(w.n*w.strips, w.chunk)
}

// chunk computes one strip of one image.
func (w *wideConvolution) chunk(i int) {
	image, stripe := i/w.strips, i%w.strips
	s := w.strip(stripe)
	positions := ceilDiv(s.rows, w.spread) * s.w
	cRow := ceilDiv(positions, w.kernel.pixels) * w.kernel.pixels
	sourceSize := w.channels*s.h*s.w + cRow - positions + s.w
	phaseSize := w.dst.c * cRow
	room := w.backend.scratch(sourceSize + len(w.phases)*phaseSize + 2*w.dst.w)
	defer room.release()
	source, sums := room.data[:sourceSize], room.data[sourceSize:]
	sums, spare := sums[:len(w.phases)*phaseSize], sums[len(w.phases)*phaseSize:]
	clear(source[w.channels*s.h*s.w:])
	for c0 := 0; c0 < w.src.c; c0 += w.channels {
		c1 := min(c0+w.channels, w.src.c)
		s.fill(w.correlation, source, w.in[image*w.src.size():(image+1)*w.src.size()], stripe*w.rows, c0, c1, c0 > 0)
		weights := w.weights
		for p := range w.phases {
			taps := len(w.phases[p].taps)
			w.phase(sums[p*phaseSize:], cRow, source, weights[c0*taps*w.dst.c:], s.steps[p][:(c1-c0)*taps], c0 == 0)
			weights = weights[w.src.c*taps*w.dst.c:]
		}
	}
	w.activate(w.backend, sums)
	for c := range w.dst.c {
		plane := w.out[image*w.dst.size()+c*w.dst.area():][:w.dst.area()]
		for y := range s.rows {
			at := y%w.spread*w.spread*phaseSize + c*cRow + y/w.spread*s.w
			w.backend.interleave(plane[(stripe*w.rows+y)*w.dst.w:][:w.dst.w], sums[at:], w.spread, phaseSize, spare)
		}
	}
}

// phase computes the sums of a phase, [destination channel][cRow].
//
//go:noinline
func (w *wideConvolution) phase(sums []float32, cRow int, source, weights []float32, steps []int32, first bool) {
	var start []float32
	if first {
		start = w.start
	}
	for j := 0; j < cRow; j += w.kernel.pixels {
		w.kernel.tile(sums[j:], cRow, start, source[j:], weights, steps)
	}
}
