package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// ConvTranspose2dParams describe a transposed convolution, the same along both
// axes. Zero stride and dilation mean 1.
type ConvTranspose2dParams struct {
	Stride, Padding, OutputPadding, Dilation int
}

// ConvTranspose2d returns the transposed convolution y [N,OutC,OutH,OutW] of
// x [N,InC,H,W] with w [InC,OutC,KH,KW], plus bias [OutC] unless that is nil.
// OutH is (H−1)·stride − 2·padding + dilation·(KH−1) + outputPadding + 1.
// OutputPadding must be smaller than stride (PyTorch also allows it to reach
// the dilation).
func (t *Tape) ConvTranspose2d(x, w, bias *Tensor, p ConvTranspose2dParams) *Tensor {
	return t.ConvTranspose2dLeakyReLU(x, w, bias, 1, p)
}

// ConvTranspose2dLeakyReLU is ConvTranspose2d followed by LeakyReLU in the same
// pass over memory; slope 0 is ReLU, 1 none.
func (t *Tape) ConvTranspose2dLeakyReLU(x, w, bias *Tensor, slope float32, p ConvTranspose2dParams) *Tensor {
	checkConv("ConvTranspose2d", x, w, bias, 0, 1)
	checkSlope("ConvTranspose2d", slope)
	stride, dil := orOne(p.Stride), orOne(p.Dilation)
	if p.OutputPadding < 0 || p.OutputPadding >= stride {
		panic(fmt.Sprintf("autograd.ConvTranspose2d: output padding %d, want it from 0 to below the stride %d", p.OutputPadding, stride))
	}
	kh, kw := w.shape[2], w.shape[3]
	outH := (x.shape[2]-1)*stride - 2*p.Padding + dil*(kh-1) + p.OutputPadding + 1
	outW := (x.shape[3]-1)*stride - 2*p.Padding + dil*(kw-1) + p.OutputPadding + 1
	if outH < 1 || outW < 1 {
		panic(fmt.Sprintf("autograd.ConvTranspose2d: output of %d×%d, want at least 1×1 (input %v, weights %v, %+v)", outH, outW, x.shape, w.shape, p))
	}
	// The convolution that would lead from the output back to the input.
	s := kernels.NewConvShape(x.shape[0], w.shape[1], outH, outW, w.shape[0], kh, kw, stride, p.Padding, dil)
	return t.convTranspose(x, w, bias, slope, s)
}

// convTranspose is the kernel from x, of the shape of s' output, to y, of the
// shape of its input, with bias and activation.
func (t *Tape) convTranspose(x, w, bias *Tensor, slope float32, s kernels.ConvShape) *Tensor {
	y := t.alloc("ConvTranspose2d", s.N, s.InC, s.InH, s.InW)
	t.backend.ConvTranspose2d(y.store.buf, x.Buffer(), w.Buffer(), bias.buffer(), s, slope)
	saved := []*Tensor{keepIf(w.requiresGrad, x), keepIf(x.requiresGrad, w), keepIf(slope != 1, y)}
	return t.record("ConvTranspose2d", y, []*Tensor{x, w, bias}, saved, func(dy *Tensor, need []bool) []*Tensor {
		if slope != 1 {
			dy = t.leakyReLUGrad(y, dy, slope)
		}
		g := make([]*Tensor, 3)
		if need[0] {
			g[0] = t.conv(dy, w, nil, 1, s)
		}
		if need[1] {
			g[1] = t.convBackwardWeights(dy, x, s)
		}
		if need[2] {
			g[2] = t.Reshape(t.Sum(dy, 0, 2, 3), s.InC)
		}
		return g
	})
}
