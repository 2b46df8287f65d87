package cpu

import (
	"cmp"
	"fmt"
	"slices"
)

// tapwise is one run of a convolution from many channels to few whose destination has
// several phases: the gradient of a strided first layer's data. The kernels for few
// channels would go through all source channels once for each phase, with a few taps
// each. The products of a source pixel with the weights of all taps of all phases are a
// 1×1 convolution instead, which reads the images as they lie; a destination pixel is
// then the sum of the products of its taps, which are few against the channels. Chunks
// are (image, strip of positions of the phases).
type tapwise struct {
	*correlation
	*tapLayout
	epilogue
	backend *Backend
	kernels *pointwiseKernels
	out, in []float32
	weights []float32
	start   []float32 // zeros
}

// tapLayout is how a tapwise convolution is cut.
type tapLayout struct {
	rows, strips int // of positions
	w            int // positions of a row
	bundles      []*tapBundle
	products     int // of a bundle at most, whole groups
	most         int // values of the products of a bundle
}

// tapBundle is taps whose products are in scratch at the same time, [product]
// [source row][column], the products of each tap those of all destination channels.
type tapBundle struct {
	taps        []phaseTap // by source row
	top, bottom int        // source rows of the taps
	row         int        // distance of the products
	weights     int        // where those of the bundle begin
	sums        []tapSum
}

// phaseTap is a tap with the number of its phase.
type phaseTap struct {
	tap
	phase int
}

// tapSum is products of taps of one column that rows of sums add up: those of position
// j are at steps + j - from for the positions [from, to), where the column is inside the
// source.
type tapSum struct {
	phase, channel int
	steps          []int32
	from, to       int
}

const (
	// tapChannels is the fewest source channels for which adding up products is little
	// against making them.
	tapChannels = 32
	// tapProducts is about the most products in scratch. More than the second-level
	// cache holds are no harm: they are written once and read once, from end to end.
	tapProducts = 192 << 10
	// tapRows is about the rows of positions of a strip: rows that belong to a strip with
	// some of their taps only come on top.
	tapRows = 16
	// tapBlock is about the source values of tiles that are copied at a time, half the
	// first-level cache.
	tapBlock = 6 << 10
)

// suitsTaps tells whether g is such a convolution, with rows that fill a tile.
func (g *correlation) suitsTaps(k *pointwiseKernels) bool {
	return g.step == 1 && g.spread > 1 && g.dst.c <= 4 && g.src.c >= tapChannels && g.src.w >= k.wide.pixels
}

// tapLayout cuts g.
func (g *correlation) tapLayout(k *pointwiseKernels) *tapLayout {
	h := ceilDiv(g.dst.h, g.spread)
	l := &tapLayout{rows: max(min(tapRows, h, g.n*h/fewestChunks), 1), w: ceilDiv(g.dst.w, g.spread)}
	l.strips = ceilDiv(h, l.rows)
	l.rows = ceilDiv(h, l.strips)
	l.strips = ceilDiv(h, l.rows)
	var taps []phaseTap
	for p := range g.phases {
		for _, t := range g.phases[p].taps {
			taps = append(taps, phaseTap{t, p})
		}
	}
	slices.SortStableFunc(taps, func(a, b phaseTap) int { return cmp.Compare(a.y, b.y) })
	weights := 0
	for len(taps) > 0 {
		b := g.tapBundle(l, k, taps)
		b.weights = weights
		products := ceilDiv(len(b.taps)*g.dst.c, k.rows) * k.rows
		weights += products * g.src.c
		l.products, l.most = max(l.products, products), max(l.most, products*b.row)
		l.bundles = append(l.bundles, b)
		taps = taps[len(b.taps):]
	}
	return l
}

// tapBundle takes as many source rows of taps as fit.
func (g *correlation) tapBundle(l *tapLayout, k *pointwiseKernels, taps []phaseTap) *tapBundle {
	b := &tapBundle{top: taps[0].y}
	for n := 0; n < len(taps); {
		bottom := taps[n].y
		for n < len(taps) && taps[n].y == bottom {
			n++
		}
		size := (l.rows + bottom - b.top) * g.src.w
		if b.taps != nil && n*g.dst.c*size > tapProducts {
			break
		}
		// An odd number of cache lines, lest all products of a pixel fall into the same
		// sets of the caches.
		b.taps, b.bottom, b.row = taps[:n], bottom, ceilDiv(size, 2*alignment)*2*alignment+alignment
	}
	for phase := range g.phases {
		for d := range g.dst.c {
			for x := g.left; x <= g.right; x++ {
				b.addSum(g, l, tapSum{phase: phase, channel: d, from: max(-x, 0), to: min(l.w, g.src.w-x)}, x)
			}
		}
	}
	return b
}

// addSum lists the products of the taps of a column, if there are any for some position.
func (b *tapBundle) addSum(g *correlation, l *tapLayout, s tapSum, column int) {
	for i, t := range b.taps {
		if t.phase == s.phase && t.x == column {
			s.steps = append(s.steps, int32((i*g.dst.c+s.channel)*b.row+(t.y-b.top)*g.src.w+t.x+s.from))
		}
	}
	if len(s.steps) > 0 && s.from < s.to {
		b.sums = append(b.sums, s)
	}
}

// tapSize is the number of values that packTaps fills.
func (g *correlation) tapSize(l *tapLayout, rows int) int {
	last := l.bundles[len(l.bundles)-1]
	return last.weights + ceilDiv(len(last.taps)*g.dst.c, rows)*rows*g.src.c
}

// form tells packed weights apart: bundles depend on the size of the images.
func (l *tapLayout) form() string {
	var sizes []int
	for _, b := range l.bundles {
		sizes = append(sizes, len(b.taps))
	}
	return fmt.Sprint(sizes)
}

// packTaps brings weights to [bundle][group of products][source channel][rows], zeros
// beyond the last product.
func (g *correlation) packTaps(l *tapLayout, dst, w []float32, rows int) {
	clear(dst)
	for _, b := range l.bundles {
		for i, t := range b.taps {
			for d := range g.dst.c {
				product := i*g.dst.c + d
				for c := range g.src.c {
					dst[b.weights+(product/rows*g.src.c+c)*rows+product%rows] = w[c*g.srcChannel+d*g.dstChannel+t.weight]
				}
			}
		}
	}
}

// addRowsKernel adds rows of src to each row of dst: for r < rows and j < n,
//
//	dst[r·dstRow+j] += Σ_k src[r·srcRow+steps[k]+j]
//
// There is at least one row and one step.
type addRowsKernel func(dst []float32, dstRow int, src []float32, srcRow int, steps []int32, n, rows int)

func addRowsTwin(dst []float32, dstRow int, src []float32, srcRow int, steps []int32, n, rows int) {
	for r := range rows {
		out, in := dst[r*dstRow:][:n], src[r*srcRow:]
		for j, sum := range out {
			for _, step := range steps {
				sum += in[int(step)+j]
			}
			out[j] = sum
		}
	}
}

// tapConvolve runs a plan on weights packed by packTaps.
func (b *Backend) tapConvolve(p *plan, dst, src, weights []float32, e epilogue) {
	t := &tapwise{correlation: p.correlation, tapLayout: p.taps, epilogue: e, backend: b, kernels: &b.table.pointwise, out: dst, in: src, weights: weights}
	t.start = make([]float32, t.products)
	b.pool.run(t.n*t.strips, t.chunk)
}

// chunk computes one strip of one image.
func (t *tapwise) chunk(i int) {
	image, i0 := i/t.strips, i%t.strips*t.rows
	rows := min(t.rows, ceilDiv(t.dst.h, t.spread)-i0)
	plane := rows * t.w // sums of a phase and a channel
	block := t.block() * t.src.c * t.kernels.wide.pixels
	room := t.backend.scratch(block + t.most + len(t.phases)*t.dst.c*plane + 2*t.dst.w)
	defer room.release()
	packed, products := room.data[:block], room.data[block:][:t.most]
	sums := room.data[block+t.most:][:len(t.phases)*t.dst.c*plane]
	for s := range len(t.phases) * t.dst.c {
		v := float32(0)
		if t.bias != nil {
			v = t.bias[s%t.dst.c]
		}
		t.backend.table.vector.fill(sums[s*plane:(s+1)*plane], v)
	}
	source := t.in[image*t.src.size():][:t.src.size()]
	for _, b := range t.bundles {
		t.multiply(b, products, packed, source, i0, rows)
		for i := range b.sums {
			s := &b.sums[i]
			t.add(s, sums[(s.phase*t.dst.c+s.channel)*plane:], products, rows)
		}
	}
	t.activate(t.backend, sums)
	t.store(sums, room.data[len(room.data)-2*t.dst.w:], image, i0, rows)
}

// store puts the rows of an image together from the sums of the phases.
func (t *tapwise) store(sums, spare []float32, image, i0, rows int) {
	plane := rows * t.w
	for d := range t.dst.c {
		out := t.out[image*t.dst.size()+d*t.dst.area():][:t.dst.area()]
		for y := i0 * t.spread; y < min((i0+rows)*t.spread, t.dst.h); y++ {
			at := (y%t.spread*t.spread*t.dst.c+d)*plane + (y/t.spread-i0)*t.w
			t.backend.interleave(out[y*t.dst.w:][:t.dst.w], sums[at:], t.spread, t.dst.c*plane, spare)
		}
	}
}

// multiply computes the products of a bundle for the rows of positions from i0 on.
// Those of source rows outside the image are zeros.
func (t *tapwise) multiply(b *tapBundle, products, packed, source []float32, i0, rows int) {
	first, end := i0+b.top, i0+rows+b.bottom
	from, to := max(first, 0), min(end, t.src.h)
	for p := range len(b.taps) * t.dst.c {
		plane := products[p*b.row:][:(end-first)*t.src.w]
		clear(plane[:min(max(-first, 0), end-first)*t.src.w])
		clear(plane[max(to-first, 0)*t.src.w:])
	}
	for r := from; r < to; {
		needed, next := b.needed(r-i0, rows), r+1
		for next < to && b.needed(next-i0, rows) == needed {
			next++
		}
		if needed.from < needed.to {
			groups := span{needed.from * t.dst.c / t.kernels.rows, ceilDiv(needed.to*t.dst.c, t.kernels.rows)}
			t.run(b, products[(r-first)*t.src.w:], packed, source[r*t.src.w:], (next-r)*t.src.w, groups)
		}
		r = next
	}
}

// needed is the taps with which some of the rows of positions read source row r,
// counted from the first row of positions.
func (b *tapBundle) needed(r, rows int) span {
	var s span
	for s.from < len(b.taps) && b.taps[s.from].y <= r-rows {
		s.from++
	}
	for s.to = s.from; s.to < len(b.taps) && b.taps[s.to].y <= r; s.to++ {
	}
	return s
}

// run computes groups of products of n pixels that follow each other.
func (t *tapwise) run(b *tapBundle, products, packed, source []float32, n int, groups span) {
	for from := 0; from < n; {
		from = t.together(b, products, packed, source, from, n, groups)
	}
}

// block is the tiles of pixels that are copied at a time.
func (t *tapwise) block() int { return max(tapBlock/(t.src.c*t.kernels.wide.pixels), 2) }

// together computes groups of products of some tiles of n pixels from a pixel on, and
// fetches the pixels that follow, see [pointwise.together].
//
//go:noinline
func (t *tapwise) together(b *tapBundle, products, packed, source []float32, from, n int, groups span) (end int) {
	k, area, at := &t.kernels.wide, t.src.area(), groups.from*t.kernels.rows
	tiles := min(t.block(), (n-from)/k.pixels)
	if tiles == 0 {
		tiles = 1
		if n-from <= t.kernels.narrow.pixels {
			k = &t.kernels.narrow
		}
	}
	from = min(from, n-k.pixels) // the last one overlaps the one before rather than be cut
	channels := (groups.to - groups.from) * t.kernels.rows
	step, fetching := t.kernels.fetching(channels)
	k.run(products[at*b.row+from:], b.row, t.start, source[from:], area, k.pixels, t.weights[b.weights+at*t.src.c:],
		t.src.c, channels, tiles, packed[:tiles*t.src.c*k.pixels], source[from+tiles*k.pixels:], area, step, fetching)
	return from + tiles*k.pixels
}

// add adds products to the rows of sums of their phase and channel. It is a function of
// its own so that the garbage collector can stop the goroutine between calls of assembly.
//
//go:noinline
func (t *tapwise) add(s *tapSum, sums, products []float32, rows int) {
	t.backend.table.addRows(sums[s.from:], t.w, products, t.src.w, s.steps, s.to-s.from, rows)
}
