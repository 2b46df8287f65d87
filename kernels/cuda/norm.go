package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// normSizes are what the kernels that sum over channels need.
type normSizes struct{ channels, area, count, segment uint32 }

// A norm is one launch where every channel is one block's, which pays for small
// channels, and for larger ones where there are enough of them for a whole device.
// Which it is depends on shapes only, as sums do.
const (
	smallChannel = 1 << 14 // values
	largeChannel = 1 << 17 // values
	manyChannels = 256
)

func oneLaunch(s kernels.NormShape) bool {
	count := s.N * s.HW
	return count <= smallChannel || count <= largeChannel && s.C >= manyChannels
}

// mostSegments is how many parts a channel's sums have, since every block of the
// second launch sums them up.
const mostSegments = 64

// normWork is how a norm is cut.
type normWork struct {
	sizes    normSizes
	whole    driver.Launch // a block for each channel; none (X = 0) where it takes two launches
	sums     driver.Launch // a block for each segment
	segments int
}

func newNormWork(s kernels.NormShape) normWork {
	count := s.N * s.HW
	w := normWork{sizes: normSizes{uint32(s.C), uint32(s.HW), uint32(count), uint32(count)}}
	if oneLaunch(s) {
		const perThread, most = 8, 1024
		w.whole = driver.Launch{X: s.C, Y: 1, Z: 1, Threads: min(ceilDiv(count, perThread*32)*32, most)}
		return w
	}
	segment := max(segmentTerms, ceilDiv(count, mostSegments))
	w.sizes.segment, w.segments = uint32(segment), ceilDiv(count, segment)
	w.sums = driver.Launch{X: s.C, Y: w.segments, Z: 1, Threads: threads}
	return w
}

// planes is a grid over every channel of every image.
func planes(s kernels.NormShape) driver.Launch {
	const perThread = 8 // values
	return driver.Launch{X: s.N * s.C, Y: min(ceilDiv(s.HW, perThread*threads), 1024), Z: 1, Threads: min(ceilDiv(s.HW, 32)*32, threads)}
}

// Norm computes mean and biased variance of every channel, normalises by them,
// scales, shifts and activates.
func (b *Backend) Norm(y, mean, variance, x, gamma, beta kernels.Buffer, s kernels.NormShape) {
	const op = "Norm"
	n := shape.CheckNorm("cuda."+op, s)
	dst, src := b.ptr(op, y, n), b.ptr(op, x, n)
	means, variances := b.ptr(op, mean, s.C), b.ptr(op, variance, s.C)
	gammas, betas := b.optional(op, gamma, s.C), b.optional(op, beta, s.C)
	w := newNormWork(s)
	if w.whole.X > 0 {
		launch(b, op, "norm_whole", w.whole, struct {
			y, mean, variance, x, gamma, beta driver.Ptr
			s                                 normSizes
			eps, slope                        float32
		}{dst, means, variances, src, gammas, betas, w.sizes, s.Eps, s.Slope})
		return
	}
	partial, release := b.scratch(op, 4*s.C*w.segments, true) // two float64 each
	defer release()
	launch(b, op, "norm_sums", w.sums, struct {
		partial, x driver.Ptr
		s          normSizes
	}{partial, src, w.sizes})
	launch(b, op, "norm_finish", planes(s), struct {
		y, mean, variance, partial, x, gamma, beta driver.Ptr
		s                                          normSizes
		eps, slope                                 float32
		segments                                   uint32
	}{dst, means, variances, partial, src, gammas, betas, w.sizes, s.Eps, s.Slope, uint32(w.segments)})
}

// NormApply normalises, scales, shifts and activates.
func (b *Backend) NormApply(y, x, mean, variance, gamma, beta kernels.Buffer, s kernels.NormShape) {
	const op = "NormApply"
	n := shape.CheckNorm("cuda."+op, s)
	launch(b, op, "norm_apply", planes(s), struct {
		y, x, mean, variance, gamma, beta driver.Ptr
		channels, area                    uint32
		eps, slope                        float32
	}{
		b.ptr(op, y, n), b.ptr(op, x, n), b.ptr(op, mean, s.C), b.ptr(op, variance, s.C), b.optional(op, gamma, s.C), b.optional(op, beta, s.C),
		uint32(s.C), uint32(s.HW), s.Eps, s.Slope,
	})
}

// normGradient is a norm as its backward kernels take it.
type normGradient struct {
	dy, x, mean, variance, gamma, beta driver.Ptr
	s                                  normSizes
	eps, slope                         float32
}

// NormBackward computes the gradients of a norm on the batch's own statistics.
func (b *Backend) NormBackward(dx, dgamma, dbeta, dy, x, mean, variance, gamma, beta kernels.Buffer, s kernels.NormShape) {
	const op = "NormBackward"
	n := shape.CheckNorm("cuda."+op, s)
	dst := b.ptr(op, dx, n)
	dgammas, dbetas := b.optional(op, dgamma, s.C), b.optional(op, dbeta, s.C)
	w := newNormWork(s)
	norm := normGradient{
		b.ptr(op, dy, n), b.ptr(op, x, n), b.ptr(op, mean, s.C), b.ptr(op, variance, s.C), b.optional(op, gamma, s.C), b.optional(op, beta, s.C),
		w.sizes, s.Eps, s.Slope,
	}
	if w.whole.X > 0 {
		launch(b, op, "norm_grad_whole", w.whole, struct {
			dx, dgamma, dbeta driver.Ptr
			n                 normGradient
		}{dst, dgammas, dbetas, norm})
		return
	}
	partial, release := b.scratch(op, 4*s.C*w.segments, true) // two float64 each
	defer release()
	launch(b, op, "norm_grad_sums", w.sums, struct {
		partial driver.Ptr
		n       normGradient
	}{partial, norm})
	launch(b, op, "norm_grad_finish", planes(s), struct {
		dx, dgamma, dbeta, partial driver.Ptr
		n                          normGradient
		segments                   uint32
	}{dst, dgammas, dbetas, partial, norm, uint32(w.segments)})
}
