package autograd

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/kernels"
)

// tinySquare keeps the gradient of a vector's length finite at 0. It changes no
// length above 1e-12.
const tinySquare = 1e-30

// UnitDistance returns the weighted squared distance [N,1,H,W] between the
// channel vectors of p and q [N,C,H,W] after each is scaled to length 1, with
// weights w [1,C,1,1]:
//
//	Σ_c w_c·(p_c/(‖p‖ + eps) − q_c/(‖q‖ + eps))²
func (t *Tape) UnitDistance(p, q, w *Tensor, eps float32) *Tensor {
	checkUnit(p, q, w)
	n, c, h, wd := p.shape[0], p.shape[1], p.shape[2], p.shape[3]
	y := t.alloc("UnitDistance", n, 1, h, wd)
	t.backend.UnitDistance(y.store.buf, p.Buffer(), q.Buffer(), w.Buffer(), kernels.UnitShape{N: n, C: c, HW: h * wd, Eps: eps})
	inputs := []*Tensor{p, q, w}
	return t.record("UnitDistance", y, inputs, inputs, func(dy *Tensor, need []bool) []*Tensor {
		d := make([]*Tensor, 3)
		gap := t.Sub(t.UnitLength(p, eps), t.UnitLength(q, eps))
		g := t.MulScalar(t.Mul(t.Mul(dy, w), gap), 2)
		if need[0] {
			d[0] = t.unitRule(p, g, eps)
		}
		if need[1] {
			d[1] = t.unitRule(q, t.Neg(g), eps)
		}
		if need[2] {
			d[2] = t.Sum(t.Mul(t.Square(gap), dy), 0, 2, 3)
		}
		return d
	})
}

// checkUnit checks the arguments of UnitDistance.
func checkUnit(p, q, w *Tensor) {
	if len(p.shape) != 4 || !slices.Equal(p.shape, q.shape) {
		panic(fmt.Sprintf("autograd.UnitDistance: shapes %v and %v, want [N,C,H,W] both", p.shape, q.shape))
	}
	if !slices.Equal(w.shape, []int{1, p.shape[1], 1, 1}) {
		panic(fmt.Sprintf("autograd.UnitDistance: weights of shape %v, want [1 %d 1 1] (input %v)", w.shape, p.shape[1], p.shape))
	}
}

// channelLength returns ‖x‖ [N,1,H,W] over the channels of x.
func (t *Tape) channelLength(x *Tensor) *Tensor {
	return t.Sqrt(t.AddScalar(t.Sum(t.Square(x), 1), tinySquare))
}

// UnitLength scales the channel vectors of x [N,C,H,W] to length 1: x/(‖x‖ + eps).
func (t *Tape) UnitLength(x *Tensor, eps float32) *Tensor {
	return t.Scope(func() []*Tensor { return []*Tensor{t.Div(x, t.AddScalar(t.channelLength(x), eps))} })[0]
}

// unitRule takes the gradient g of UnitLength(x) back to x: with l = ‖x‖,
//
//	(g − x·(Σ x·g)/(l·(l + eps)))/(l + eps)
func (t *Tape) unitRule(x, g *Tensor, eps float32) *Tensor {
	length := t.channelLength(x)
	lifted := t.AddScalar(length, eps)
	along := t.Div(t.Sum(t.Mul(x, g), 1), t.Mul(length, lifted))
	return t.Div(t.Sub(g, t.Mul(x, along)), lifted)
}
