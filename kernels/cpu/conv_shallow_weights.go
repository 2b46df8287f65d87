package cpu

// shallowTaps is the weights of a channel that the gradient's kernel sums up in a
// pass over the pixels.
const shallowTaps = 3

// shallowGradientTwin makes the gradient's kernel for any vector in plain Go.
func shallowGradientTwin(lanes int) func(sums, grad []float32, gradPlane, gradRow int, src []float32, steps []int32, srcRow, rows, n int, next, ahead []float32) {
	return func(sums, grad []float32, gradPlane, gradRow int, src []float32, steps []int32, srcRow, rows, n int, _, _ []float32) {
		first := n % lanes // pixels ahead of the whole vectors
		for k, step := range steps {
			for channel := range shallowGroup {
				sum := make([]float32, lanes)
				for y := range rows {
					g, x := grad[channel*gradPlane+y*gradRow:][:n], src[int(step)+y*srcRow:][:n]
					for j, v := range g {
						if j < first {
							sum[j] += v * x[j]
						} else {
							sum[(j-first)%lanes] += v * x[j]
						}
					}
				}
				out := sums[(k*shallowGroup+channel)*lanes:][:lanes]
				for i, v := range sum {
					out[i] += v
				}
			}
		}
	}
}

// shallowRun is about how many destination pixels a strip has: four channels of
// their gradient stay in the first-level cache while all weights pass.
const shallowRun = 1024

// shallowGrad is one backward pass of a shallow convolution with respect to the
// weights. Chunks are pieces of the batch's strips, whose sums are added up in
// order at the end.
type shallowGrad struct {
	*correlation
	*shallowLayout
	backend  *Backend
	kernels  *shallowKernels
	in, grad []float32
	depth    int     // weights of a destination channel
	steps    []int32 // of the layout, filled up to whole passes
	pieces   int
	partial  []float32 // [pieces][destination channel][source channel, tap]
}

// shallowGradient computes dw for the convolution that g describes.
func (b *Backend) shallowGradient(g *correlation, dst, src, grad []float32) {
	s := &shallowGrad{
		correlation: g, shallowLayout: g.shallowLayout(max(shallowRun/g.dst.w, 1)),
		backend: b, kernels: &b.table.shallow, in: src, grad: grad,
	}
	s.depth, s.steps = len(s.shallowLayout.steps), s.shallowLayout.steps
	for len(s.steps)%shallowTaps != 0 {
		s.steps = append(s.steps, s.steps[0])
	}
	s.pieces = min(g.n*s.strips, fewestChunks)
	room := b.scratch(s.pieces * len(dst))
	defer room.release()
	s.partial = room.data
	b.pool.run(s.pieces, s.chunk)
	copy(dst, s.partial)
	for p := 1; p < s.pieces; p++ {
		b.table.vector.addScaled(dst, s.partial[p*len(dst):(p+1)*len(dst)], 1)
	}
}

// chunk sums over one piece.
func (s *shallowGrad) chunk(piece int) {
	groups := ceilDiv(s.dst.c, shallowGroup)
	size := len(s.steps) * shallowGroup * s.kernels.lanes
	room := s.backend.scratch(groups*size + s.size(s.correlation))
	defer room.release()
	sums, source := room.data[:groups*size], room.data[groups*size:]
	clear(sums)
	all := s.n * s.strips
	for at := piece * all / s.pieces; at < (piece+1)*all/s.pieces; at++ {
		image, y := at/s.strips, at%s.strips*s.rows
		s.fill(s.correlation, &s.backend.table.split, source, s.in[image*s.src.size():][:s.src.size()], y)
		for group := range groups {
			next := s.gradient(at, group+1)
			if group == groups-1 {
				next = s.gradient(min(at+1, all-1), 0)
			}
			ahead := s.following(s.correlation, s.in, at+1, group)
			s.group(sums[group*size:(group+1)*size], s.gradient(at, group), source, min(s.rows, s.dst.h-y), next, ahead)
		}
	}
	for group := range groups {
		s.reduce(s.partial[(piece*s.dst.c+s.shallowFirst(group))*s.depth:], sums[group*size:])
	}
}

// gradient is a group of channels of a strip of the destination.
func (s *shallowGrad) gradient(strip, group int) []float32 {
	image, y := strip/s.strips, strip%s.strips*s.rows
	return s.grad[image*s.dst.size()+s.shallowFirst(group)*s.dst.area()+y*s.dst.w:]
}

// reduce adds up the lanes of a group's sums.
func (s *shallowGrad) reduce(out, sums []float32) {
	lanes := s.kernels.lanes
	for channel := range shallowGroup {
		for k := range s.depth {
			sum := float32(0)
			for _, v := range sums[(k*shallowGroup+channel)*lanes:][:lanes] {
				sum += v
			}
			out[channel*s.depth+k] = sum
		}
	}
}

// group sums up a strip for a group of channels. It is a function of its own so
// that the garbage collector can stop the goroutine between calls of assembly.
//
//go:noinline
func (s *shallowGrad) group(sums, grad, source []float32, rows int, next, ahead []float32) {
	s.kernels.gradient(sums, grad, s.dst.area(), s.dst.w, source, s.steps, s.step*s.step*s.cols, rows, s.dst.w, next, ahead)
}
