package cpu

// shallowKernels serve convolutions with few source channels, whose sums are so
// short that gathering their pixels and transposing their results would take as
// long as the sums. Vectors run along the pixels instead, which are read and
// written as they lie in their rows.
type shallowKernels struct {
	pixels int // the fewest of a row
	lanes  int // of a vector

	// strip computes rows of n pixels of four destination channels: for r < 4, y < rows
	// and j < n,
	//
	//	c[r·plane+y·n+j] = max(sum, slope·sum), sum = start[r] + Σ_k w[4k+r] · src[steps[k]+y·srcRow+j]
	//
	// where slope is 0 to 1, so that this is LeakyReLU or, with slope 1, the sum.
	// n is at least pixels, and there are shallowTerms steps or more. Pixels may be
	// computed twice. Meanwhile ahead may be fetched to the second-level cache.
	strip func(c []float32, plane int, start, src []float32, srcRow int, w []float32, steps []int32, n, rows int, slope float32, ahead []float32)

	// gradient sums up products of four channels' gradients with source pixels, in
	// lanes: for every k < len(steps), a multiple of shallowTaps, and r < 4,
	//
	//	sums[(4k+r)·lanes+l] += Σ grad[r·gradPlane+y·gradRow+j] · src[steps[k]+y·srcRow+j]
	//
	// over y < rows and the j < n that belong to lane l: place j for the n mod lanes
	// first ones, then in turn. The sum starts from zero. n is at least lanes. Meanwhile
	// four channels of next, which lie like grad's, and ahead may be fetched to the
	// second-level cache.
	gradient func(sums, grad []float32, gradPlane, gradRow int, src []float32, steps []int32, srcRow, rows, n int, next, ahead []float32)
}

const (
	shallowGroup = 4 // destination channels that a kernel computes
	shallowTerms = 5 // the fewest terms of a sum
)

// genericShallow are the plain twins.
var genericShallow = shallowTwins(24, 8)

func shallowTwins(pixels, lanes int) shallowKernels {
	return shallowKernels{pixels: pixels, lanes: lanes, strip: shallowStripTwin, gradient: shallowGradientTwin(lanes)}
}

func shallowStripTwin(c []float32, plane int, start, src []float32, srcRow int, w []float32, steps []int32, n, rows int, slope float32, _ []float32) {
	for r := range shallowGroup {
		for y := range rows {
			out := c[r*plane+y*n:][:n]
			clear(out)
			for k, step := range steps {
				v := w[shallowGroup*k+r]
				for j, x := range src[int(step)+y*srcRow:][:n] {
					out[j] += v * x
				}
			}
			for j, sum := range out {
				out[j] = activate(sum+start[r], slope)
			}
		}
	}
}

// shallowLayout is how strips of a shallow convolution's source lie in scratch: a
// row's columns are divided by their remainders by the step, each padded with zeros
// on both sides, [source channel][row][remainder][column], so that neighbouring
// positions of a tap are neighbours.
type shallowLayout struct {
	rows, strips int // destination rows of a strip
	h, cols      int // source rows of a strip, columns of a remainder, a multiple of shallowAlign
	steps        []int32
}

// shallowAlign spares most loads a second cache line.
const shallowAlign = 8

// suitsShallow tells whether g has few source channels for many of the destination,
// and rows and sums that are long enough for the kernel.
func (g *correlation) suitsShallow(k *shallowKernels) bool {
	return g.src.c <= 4 && g.dst.c > 4 && g.step <= 2 && g.spread == 1 && g.dst.w >= k.pixels && g.src.c*g.taps() >= shallowTerms
}

// shallowPixels is about how many pixels of a destination channel a strip has, times
// the stride: with less than two pages of memory in a run, stores wait longer for their
// lines, and with more there is less room for the source.
const shallowPixels = 4096

// shallowRows is the destination rows of a strip of the forward pass.
func (g *correlation) shallowRows() int {
	return max(min(shallowPixels/(g.step*g.dst.w), g.n*g.dst.h/fewestChunks), 1)
}

// shallowLayout cuts g into strips of about the given number of destination rows.
func (g *correlation) shallowLayout(rows int) *shallowLayout {
	l := &shallowLayout{strips: ceilDiv(g.dst.h, rows)}
	l.rows = ceilDiv(g.dst.h, l.strips)
	l.strips = ceilDiv(g.dst.h, l.rows)
	l.h = (l.rows-1)*g.step + 1 + g.bottom - g.top
	l.cols = ceilDiv(ceilDiv((g.dst.w-1)*g.step+1+g.right-g.left, g.step), shallowAlign) * shallowAlign
	for c := range g.src.c {
		for _, t := range g.phases[0].taps {
			y, x := t.y-g.top, t.x-g.left
			l.steps = append(l.steps, int32(((c*l.h+y)*g.step+x%g.step)*l.cols+x/g.step))
		}
	}
	return l
}

// size is the number of values of a strip.
func (l *shallowLayout) size(g *correlation) int { return g.src.c * l.h * g.step * l.cols }

// fill brings the source rows of the strip that starts at destination row y to
// scratch.
func (l *shallowLayout) fill(g *correlation, k *splitKernels, dst, image []float32, y int) {
	top := y*g.step + g.top
	for c := range g.src.c {
		for r := range l.h {
			row := dst[(c*l.h+r)*g.step*l.cols:][:g.step*l.cols]
			if top+r < 0 || top+r >= g.src.h {
				clear(row)
				continue
			}
			l.fillRow(g, k, row, image[(c*g.src.h+top+r)*g.src.w:][:g.src.w])
		}
	}
}

// following is a group of channels' share in the source rows of a strip, to be fetched
// before it comes: the groups share out the rows of each channel.
func (l *shallowLayout) following(g *correlation, in []float32, strip, group int) []float32 {
	parts := max(ceilDiv(g.dst.c, shallowGroup)/g.src.c, 1)
	channel, part := group/parts, group%parts
	if strip == g.n*l.strips || channel >= g.src.c {
		return nil
	}
	image, y := strip/l.strips, strip%l.strips*l.rows*g.step
	from := min(y, g.src.h) * g.src.w
	to := min(y+l.rows*g.step, g.src.h) * g.src.w
	plane := in[image*g.src.size()+channel*g.src.area():]
	return plane[from+part*(to-from)/parts : from+(part+1)*(to-from)/parts]
}

// fillRow divides one row. Column x of src is column x-g.left of scratch.
func (l *shallowLayout) fillRow(g *correlation, k *splitKernels, dst, src []float32) {
	first := -g.left
	if first < 0 {
		src, first = src[min(-first, len(src)):], 0
	}
	src = src[:max(min(len(src), g.step*l.cols-first), 0)]
	if g.step == 1 {
		clear(dst[:first])
		copy(dst[first:], src)
		clear(dst[first+len(src):])
		return
	}
	n := len(src) / 2
	lanes := [2][]float32{dst[:l.cols], dst[l.cols:]}
	one, two := lanes[first%2], lanes[(first+1)%2] // of the first pixel and of the second
	at1, at2 := first/2, (first+1)/2
	clear(one[:at1])
	clear(two[:at2])
	k.split(one[at1:], two[at2:], src, n)
	at1, at2 = at1+n, at2+n
	if len(src)%2 == 1 {
		one[at1] = src[2*n]
		at1++
	}
	clear(one[at1:])
	clear(two[at2:])
}

// shallowSize is the number of values that packShallow fills.
func (g *correlation) shallowSize() int {
	return ceilDiv(g.dst.c, shallowGroup) * shallowGroup * g.src.c * len(g.phases[0].taps)
}

// shallowFirst is the first channel of a group of destination channels. The last
// group overlaps the one before rather than be cut.
func (g *correlation) shallowFirst(group int) int {
	return min(group*shallowGroup, g.dst.c-shallowGroup)
}

// packShallow brings weights to [group][source channel][tap][channel of the group].
func (g *correlation) packShallow(dst, w []float32) {
	i := 0
	for group := range ceilDiv(g.dst.c, shallowGroup) {
		d0 := g.shallowFirst(group)
		for c := range g.src.c {
			for _, t := range g.phases[0].taps {
				for d := d0; d < d0+shallowGroup; d++ {
					dst[i] = w[c*g.srcChannel+d*g.dstChannel+t.weight]
					i++
				}
			}
		}
	}
}

// shallow is one run of a shallow convolution; chunks are (image, strip of
// destination rows).
type shallow struct {
	*correlation
	*shallowLayout
	epilogue
	backend *Backend
	kernels *shallowKernels
	out, in []float32
	weights []float32
	start   []float32 // bias, or zeros
}

// shallowConvolve runs a plan on weights packed by packShallow.
func (b *Backend) shallowConvolve(p *plan, dst, src, weights []float32, e epilogue) {
	s := &shallow{correlation: p.correlation, shallowLayout: p.shallow, epilogue: e, backend: b, kernels: &b.table.shallow, out: dst, in: src, weights: weights}
	s.start = b.starts(s.dst.c, e.bias)
	b.pool.run(s.n*s.strips, s.chunk)
}

// chunk computes one strip of one image.
func (s *shallow) chunk(i int) {
	image, y := i/s.strips, i%s.strips*s.rows
	rows := min(s.rows, s.dst.h-y)
	room := s.backend.scratch(s.size(s.correlation))
	defer room.release()
	s.fill(s.correlation, &s.backend.table.split, room.data, s.in[image*s.src.size():][:s.src.size()], y)
	inside := s.slope >= 0 && s.slope <= 1 // what the kernel can do
	slope := s.slope
	if !inside {
		slope = 1
	}
	out := s.out[image*s.dst.size()+y*s.dst.w:]
	for group := range ceilDiv(s.dst.c, shallowGroup) {
		s.group(out, room.data, group, rows, slope, s.following(s.correlation, s.in, i+1, group))
	}
	for c := 0; c < s.dst.c && !inside; c++ {
		s.activate(s.backend, out[c*s.dst.area():][:rows*s.dst.w])
	}
}

// group computes rows of a group of channels. It is a function of its own so that
// the garbage collector can stop the goroutine between calls of assembly.
//
//go:noinline
func (s *shallow) group(out, source []float32, group, rows int, slope float32, ahead []float32) {
	d0, depth := s.shallowFirst(group), len(s.steps)*shallowGroup
	start, weights := s.start[d0:d0+shallowGroup], s.weights[group*depth:(group+1)*depth]
	s.kernels.strip(out[d0*s.dst.area():], s.dst.area(), start, source, s.step*s.step*s.cols, weights, s.steps, s.dst.w, rows, slope, ahead)
}
