package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// normSizes are what the kernels that sum over channels need.
type normSizes struct{ channels, area, count, segment uint32 }

// sums is a grid that sums every channel in segments, with room for their results,
// two float64 each.
func (b *Backend) sums(op string, s kernels.NormShape) (sizes normSizes, l driver.Launch, partial driver.Ptr, release func()) {
	count := s.N * s.HW
	sizes = normSizes{uint32(s.C), uint32(s.HW), uint32(count), segmentTerms}
	l = driver.Launch{X: s.C, Y: ceilDiv(count, segmentTerms), Z: 1, Threads: threads}
	partial, release = b.scratch(op, 4*l.X*l.Y, true)
	return sizes, l, partial, release
}

// planes is a grid over every channel of every image.
func planes(s kernels.NormShape) driver.Launch {
	const perThread = 4 // values
	return driver.Launch{X: s.N * s.C, Y: min(ceilDiv(s.HW, perThread*threads), 1024), Z: 1, Threads: min(ceilDiv(s.HW, 32)*32, threads)}
}

// NormStats computes mean and biased variance of every channel.
func (b *Backend) NormStats(mean, variance, x kernels.Buffer, s kernels.NormShape) {
	const op = "NormStats"
	src := b.ptr(op, x, shape.CheckNorm("cuda."+op, s))
	means, variances := b.ptr(op, mean, s.C), b.ptr(op, variance, s.C)
	sizes, grid, partial, release := b.sums(op, s)
	defer release()
	launch(b, op, "norm_sums", grid, struct {
		partial, x driver.Ptr
		s          normSizes
	}{partial, src, sizes})
	launch(b, op, "norm_stats", b.flat(s.C), struct {
		mean, variance, partial, x driver.Ptr
		s                          normSizes
		segments                   uint32
	}{means, variances, partial, src, sizes, uint32(grid.Y)})
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

// NormBackward computes the gradients of a norm on the batch's own statistics.
func (b *Backend) NormBackward(dx, dgamma, dbeta, dy, x, mean, variance, gamma, beta kernels.Buffer, s kernels.NormShape) {
	const op = "NormBackward"
	n := shape.CheckNorm("cuda."+op, s)
	src, grad, dst := b.ptr(op, x, n), b.ptr(op, dy, n), b.ptr(op, dx, n)
	means, variances := b.ptr(op, mean, s.C), b.ptr(op, variance, s.C)
	gammas, betas := b.optional(op, gamma, s.C), b.optional(op, beta, s.C)
	dgammas, dbetas := b.optional(op, dgamma, s.C), b.optional(op, dbeta, s.C)
	sizes, grid, partial, release := b.sums(op, s)
	defer release()
	factors, releaseFactors := b.scratch(op, 2*s.C, true)
	defer releaseFactors()
	launch(b, op, "norm_grad_sums", grid, struct {
		partial, dy, x, mean, variance, gamma, beta driver.Ptr
		s                                           normSizes
		eps, slope                                  float32
	}{partial, grad, src, means, variances, gammas, betas, sizes, s.Eps, s.Slope})
	launch(b, op, "norm_grad_stats", b.flat(s.C), struct {
		dgamma, dbeta, factors, partial, variance, gamma driver.Ptr
		s                                                normSizes
		eps                                              float32
		segments                                         uint32
	}{dgammas, dbetas, factors, partial, variances, gammas, sizes, s.Eps, uint32(grid.Y)})
	launch(b, op, "norm_grad_apply", planes(s), struct {
		dx, dy, x, factors, mean, variance, gamma, beta driver.Ptr
		channels, area                                  uint32
		eps, slope                                      float32
	}{dst, grad, src, factors, means, variances, gammas, betas, uint32(s.C), uint32(s.HW), s.Eps, s.Slope})
}
