package nn

import "github.com/org/trustmae/autograd"

// MaxPool2d takes the largest value of every Kernel×Kernel window; padding
// counts as -Inf.
type MaxPool2d struct {
	stateless
	Kernel   int
	Stride   int // 0: Kernel
	Padding  int
	CeilMode bool // round the output size up, so that no value is left out
}

// Forward maps x [N,C,H,W] to [N,C,H',W'],
// H' = floor((H + 2·Padding − Kernel)/Stride) + 1.
func (m MaxPool2d) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	stride := m.Stride
	if stride == 0 {
		stride = m.Kernel
	}
	return t.MaxPool2d(x, autograd.MaxPool2dParams{Kernel: m.Kernel, Stride: stride, Padding: m.Padding, CeilMode: m.CeilMode})
}
