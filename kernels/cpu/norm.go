package cpu

import (
	"math"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// normChannel holds a channel's constants, in the order in which assembly reads
// them.
type normChannel struct {
	mean, scale, beta float32 // scale = gamma/sqrt(variance+eps)
	slope             float32 // of the activation
	factor, offset    float32 // of x−mean and 1 in the gradient
}

// Norm computes mean and biased variance of every channel, and normalises by
// them.
func (b *Backend) Norm(y, mean, variance, x, gamma, beta kernels.Buffer, s kernels.NormShape) {
	const op = "Norm"
	src := b.in(op, x, shape.CheckNorm("cpu."+op, s))
	means, variances := b.out(op, mean, s.C), b.out(op, variance, s.C)
	b.statistics(means, variances, src, s)
	b.normalise(b.out(op, y, len(src)), src, b.channels(means, variances, b.optional(op, gamma, s.C), b.optional(op, beta, s.C), s), s)
}

// statistics computes means and variances [C]. Sums are taken in float64 of
// differences to the channel's first value, so that a large mean costs no accuracy.
func (b *Backend) statistics(means, variances, src []float32, s kernels.NormShape) {
	shift := func(c int) float32 {
		if v := src[c*s.HW]; v-v == 0 {
			return v
		}
		return 0 // not finite
	}
	sums := b.foldRuns(kernels.Sum, s.C, s.N, s.HW, func(acc *[2]float64, c, n, lo, hi int) {
		base := (n*s.C + c) * s.HW
		b.table.vector.moments(acc, src[base+lo:base+hi], shift(c))
	})
	count := float64(s.N * s.HW)
	b.serial(func() {
		for c, sum := range sums {
			m := sum[0] / count
			v := sum[1]/count - m*m
			if v < 0 {
				v = 0 // rounding
			}
			means[c], variances[c] = float32(float64(shift(c))+m), float32(v)
		}
	})
}

// channels gathers the channels' constants. gamma and beta may be nil.
func (b *Backend) channels(mean, variance, gamma, beta []float32, s kernels.NormShape) []normChannel {
	list := make([]normChannel, s.C)
	b.serial(func() {
		for c := range list {
			scale := 1 / math.Sqrt(float64(variance[c])+float64(s.Eps))
			list[c] = normChannel{mean: mean[c], scale: float32(scale), slope: s.Slope}
			if gamma != nil {
				list[c].scale = float32(float64(gamma[c]) * scale)
			}
			if beta != nil {
				list[c].beta = beta[c]
			}
		}
	})
	return list
}

// NormApply normalises, scales, shifts and activates.
func (b *Backend) NormApply(y, x, mean, variance, gamma, beta kernels.Buffer, s kernels.NormShape) {
	const op = "NormApply"
	src := b.in(op, x, shape.CheckNorm("cpu."+op, s))
	list := b.channels(b.in(op, mean, s.C), b.in(op, variance, s.C), b.optional(op, gamma, s.C), b.optional(op, beta, s.C), s)
	b.normalise(b.out(op, y, len(src)), src, list, s)
}

// normalise computes dst of src with the constants of channels.
func (b *Backend) normalise(dst, src []float32, list []normChannel, s kernels.NormShape) {
	b.spreadRows(s.N*s.C, s.HW, func(row, lo, hi int) {
		lo, hi = row*s.HW+lo, row*s.HW+hi
		b.table.vector.normApply(dst[lo:hi], src[lo:hi], &list[row%s.C])
	})
}

// NormBackward computes the gradients of a norm on the batch's own statistics:
//
//	dβ = Σdz    dγ = Σdz·x̂    dx = γ/σ·(dz − dβ/M − x̂·dγ/M)
//
// where dz is dy after the activation's backward rule, x̂ the normalised value
// and M = N·HW.
func (b *Backend) NormBackward(dx, dgamma, dbeta, dy, x, mean, variance, gamma, beta kernels.Buffer, s kernels.NormShape) {
	const op = "NormBackward"
	src := b.in(op, x, shape.CheckNorm("cpu."+op, s))
	grad := b.in(op, dy, len(src))
	variances, gammas := b.in(op, variance, s.C), b.optional(op, gamma, s.C)
	list := b.channels(b.in(op, mean, s.C), variances, gammas, b.optional(op, beta, s.C), s)
	k := &b.table.vector
	sums := b.foldRuns(kernels.Sum, s.C, s.N, s.HW, func(acc *[2]float64, c, n, lo, hi int) {
		base := (n*s.C + c) * s.HW
		k.normSums(acc, grad[base+lo:base+hi], src[base+lo:base+hi], &list[c])
	})
	count := float64(s.N * s.HW)
	outGamma, outBeta := b.optionalOut(op, dgamma, s.C), b.optionalOut(op, dbeta, s.C)
	b.serial(func() {
		for c, sum := range sums {
			inverse := 1 / (float64(variances[c]) + float64(s.Eps))
			scale := math.Sqrt(inverse)
			if outGamma != nil {
				outGamma[c] = float32(sum[1] / math.Sqrt(float64(variances[c])+float64(s.Eps)))
			}
			if outBeta != nil {
				outBeta[c] = float32(sum[0])
			}
			if gammas != nil {
				scale *= float64(gammas[c])
			}
			list[c].factor = float32(-scale * inverse * sum[1] / count)
			list[c].offset = float32(-scale * sum[0] / count)
		}
	})
	dst := b.out(op, dx, len(src))
	b.spreadRows(s.N*s.C, s.HW, func(row, lo, hi int) {
		lo, hi = row*s.HW+lo, row*s.HW+hi
		k.normGrad(dst[lo:hi], grad[lo:hi], src[lo:hi], &list[row%s.C])
	})
}
