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
	checkConv("ConvTranspose2d", x, w, bias, 0, 1)
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
	y := t.convBackwardData(x, w, s)
	if bias == nil {
		return y
	}
	z := t.Add(y, t.Reshape(bias, 1, -1, 1, 1))
	y.Release()
	return z
}
