package autograd

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/kernels"
)

// SSIMParams are the parameters of [Tape.SSIM].
type SSIMParams struct {
	Taps   []float32 // of the window along each axis, an odd number
	C1, C2 float32   // stabilisers, above 0
}

// SSIM returns the structural similarity of a and b [...,H,W] at every pixel, same
// shape; see kernels.Windowed.
func (t *Tape) SSIM(a, b *Tensor, p SSIMParams) *Tensor {
	planes, h, w := a.planes("SSIM")
	if !slices.Equal(a.shape, b.shape) {
		panic(fmt.Sprintf("autograd.SSIM: shapes %v and %v, want equal ones", a.shape, b.shape))
	}
	if len(p.Taps)%2 == 0 || !(p.C1 > 0) || !(p.C2 > 0) {
		panic(fmt.Sprintf("autograd.SSIM: %+v, want an odd number of taps, and C1 and C2 above 0", p))
	}
	s := kernels.SSIMShape{Planes: planes, H: h, W: w, Taps: p.Taps, C1: p.C1, C2: p.C2}
	y := t.like(a)
	t.backend.SSIM(y.store.buf, a.Buffer(), b.Buffer(), s)
	inputs := []*Tensor{a, b}
	return t.record("SSIM", y, inputs, inputs, func(dy *Tensor, need []bool) []*Tensor {
		if t.GradEnabled() {
			return t.ssimRule(dy, a, b, p)
		}
		d := t.wanted(need, a, b)
		t.backend.SSIMBackward(d[0].buffer(), d[1].buffer(), dy.Buffer(), a.Buffer(), b.Buffer(), s)
		return d
	})
}

// ssimRule is the rule in operations that can be differentiated. The similarity is
// v = p·q/(u·w) of
//
//	p = 2μaμb + C1    q = 2(F(ab) − μaμb) + C2
//	u = μa² + μb² + C1    w = F(a²+b²) − μa² − μb² + C2
func (t *Tape) ssimRule(dy, a, b *Tensor, o SSIMParams) []*Tensor {
	meanA, meanB := t.FilterSeparable(a, o.Taps), t.FilterSeparable(b, o.Taps)
	meanAB, meanSquares := t.Mul(meanA, meanB), t.Add(t.Square(meanA), t.Square(meanB))
	squares := t.FilterSeparable(t.Add(t.Square(a), t.Square(b)), o.Taps)
	products := t.FilterSeparable(t.Mul(a, b), o.Taps)
	p := t.AddScalar(t.MulScalar(meanAB, 2), o.C1)
	q := t.AddScalar(t.MulScalar(t.Sub(products, meanAB), 2), o.C2)
	u := t.AddScalar(meanSquares, o.C1)
	w := t.AddScalar(t.Sub(squares, meanSquares), o.C2)

	g := t.Div(dy, t.Mul(u, w))                                      // dy/(u·w)
	byProducts := t.MulScalar(t.Mul(g, p), 2)                        // dv/dF(ab)
	bySquares := t.Neg(t.Div(t.Mul(g, t.Mul(p, q)), w))              // dv/dF(a²+b²)
	across := t.MulScalar(t.Mul(g, t.Sub(q, p)), 2)                  // dv/d(μaμb)
	along := t.MulScalar(t.Div(t.Mul(bySquares, t.Sub(w, u)), u), 2) // 2·dv/d(μa²+μb²)
	mirrored := slices.Clone(o.Taps)
	slices.Reverse(mirrored)
	bySquares, byProducts = t.FilterSeparable(bySquares, mirrored), t.FilterSeparable(byProducts, mirrored)
	gradient := func(mean, other, x, y *Tensor) *Tensor {
		byMean := t.FilterSeparable(t.Add(t.Mul(across, other), t.Mul(along, mean)), mirrored)
		return t.Add(byMean, t.Add(t.MulScalar(t.Mul(x, bySquares), 2), t.Mul(y, byProducts)))
	}
	return []*Tensor{gradient(meanA, meanB, a, b), gradient(meanB, meanA, b, a)}
}
