package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// Conv2dParams describe a convolution, the same along both axes. Zero stride and
// dilation mean 1.
type Conv2dParams struct {
	Stride, Padding, Dilation int
}

// Conv2d returns the cross-correlation y [N,OutC,OutH,OutW] of x [N,InC,H,W]
// with w [OutC,InC,KH,KW], plus bias [OutC] unless that is nil. OutH is
// floor((H + 2·padding − dilation·(KH−1) − 1)/stride) + 1.
func (t *Tape) Conv2d(x, w, bias *Tensor, p Conv2dParams) *Tensor {
	return t.Conv2dLeakyReLU(x, w, bias, 1, p)
}

// Conv2dLeakyReLU is Conv2d followed by LeakyReLU in the same pass over memory;
// slope 0 is ReLU, 1 none.
func (t *Tape) Conv2dLeakyReLU(x, w, bias *Tensor, slope float32, p Conv2dParams) *Tensor {
	checkConv("Conv2d", x, w, bias, 1, 0)
	checkSlope("Conv2d", slope)
	n, h, wd := x.shape[0], x.shape[2], x.shape[3]
	return t.conv(x, w, bias, slope, kernels.NewConvShape(n, w.shape[1], h, wd, w.shape[0],
		w.shape[2], w.shape[3], orOne(p.Stride), p.Padding, orOne(p.Dilation)))
}

// orOne fills in a parameter that was left out.
func orOne(v int) int {
	if v == 0 {
		return 1
	}
	return v
}

// checkConv checks images against weights, whose axes inAxis and outAxis count
// input and output channels.
func checkConv(op string, x, w, bias *Tensor, inAxis, outAxis int) {
	if len(x.shape) != 4 || len(w.shape) != 4 {
		panic(fmt.Sprintf("autograd.%s: input %v and weights %v, want four axes each", op, x.shape, w.shape))
	}
	if x.shape[1] != w.shape[inAxis] {
		panic(fmt.Sprintf("autograd.%s: input has %d channels, want %d (input %v, weights %v)", op, x.shape[1], w.shape[inAxis], x.shape, w.shape))
	}
	if bias != nil && (len(bias.shape) != 1 || bias.shape[0] != w.shape[outAxis]) {
		panic(fmt.Sprintf("autograd.%s: bias of shape %v, want [%d] (weights %v)", op, bias.shape, w.shape[outAxis], w.shape))
	}
}

// The three convolution kernels are bilinear, and the gradients of each are the
// other two. As operations they can be differentiated any number of times.

// conv is the forward kernel: y of x and w, with bias and activation.
func (t *Tape) conv(x, w, bias *Tensor, slope float32, s kernels.ConvShape) *Tensor {
	y := t.alloc("Conv2d", s.N, s.OutC, s.OutH, s.OutW)
	t.backend.Conv2d(y.store.buf, x.Buffer(), w.Buffer(), bias.buffer(), s, slope)
	saved := []*Tensor{keepIf(w.requiresGrad, x), keepIf(x.requiresGrad, w), keepIf(slope != 1, y)}
	return t.record("Conv2d", y, []*Tensor{x, w, bias}, saved, func(dy *Tensor, need []bool) []*Tensor {
		if slope != 1 {
			dy = t.leakyReLUGrad(y, dy, slope)
		}
		g := make([]*Tensor, 3)
		if need[0] {
			g[0] = t.convBackwardData(dy, w, s)
		}
		if need[1] {
			g[1] = t.convBackwardWeights(x, dy, s)
		}
		if need[2] {
			g[2] = t.Reshape(t.Sum(dy, 0, 2, 3), s.OutC)
		}
		return g
	})
}

// convBackwardData is the kernel from the gradient of y to that of x.
func (t *Tape) convBackwardData(dy, w *Tensor, s kernels.ConvShape) *Tensor {
	dx := t.alloc("Conv2dBackwardData", s.N, s.InC, s.InH, s.InW)
	t.backend.Conv2dBackwardData(dx.store.buf, dy.Buffer(), w.Buffer(), s)
	saved := []*Tensor{keepIf(w.requiresGrad, dy), keepIf(dy.requiresGrad, w)}
	return t.record("Conv2dBackwardData", dx, []*Tensor{dy, w}, saved, func(g *Tensor, need []bool) []*Tensor {
		d := make([]*Tensor, 2)
		if need[0] {
			d[0] = t.conv(g, w, nil, 1, s)
		}
		if need[1] {
			d[1] = t.convBackwardWeights(g, dy, s)
		}
		return d
	})
}

// convBackwardWeights is the kernel from x and the gradient of y to that of w.
func (t *Tape) convBackwardWeights(x, dy *Tensor, s kernels.ConvShape) *Tensor {
	dw := t.alloc("Conv2dBackwardWeights", s.OutC, s.InC, s.KH, s.KW)
	t.backend.Conv2dBackwardWeights(dw.store.buf, x.Buffer(), dy.Buffer(), s)
	saved := []*Tensor{keepIf(dy.requiresGrad, x), keepIf(x.requiresGrad, dy)}
	return t.record("Conv2dBackwardWeights", dw, []*Tensor{x, dy}, saved, func(g *Tensor, need []bool) []*Tensor {
		d := make([]*Tensor, 2)
		if need[0] {
			d[0] = t.convBackwardData(dy, g, s)
		}
		if need[1] {
			d[1] = t.conv(x, g, nil, 1, s)
		}
		return d
	})
}
