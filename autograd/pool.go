package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// MaxPool2dParams describe pooling, the same along both axes. Zero stride means
// the kernel's size.
type MaxPool2dParams struct {
	Kernel, Stride, Padding int
	CeilMode                bool // also windows that the input does not fill
}

// MaxPool2d takes the largest value of every window of x [N,C,H,W]. With
// CeilMode the last window must start inside the input or the padding before
// it, as in PyTorch. The gradient goes to the first largest value of a window;
// it can not be differentiated again.
func (t *Tape) MaxPool2d(x *Tensor, p MaxPool2dParams) *Tensor {
	if len(x.shape) != 4 {
		panic(fmt.Sprintf("autograd.MaxPool2d: input %v, want [N,C,H,W]", x.shape))
	}
	if p.Stride == 0 {
		p.Stride = p.Kernel
	}
	if p.Kernel < 1 || p.Stride < 1 || p.Padding < 0 || 2*p.Padding > p.Kernel {
		panic(fmt.Sprintf("autograd.MaxPool2d: kernel %d, stride %d, padding %d, want a padding of at most half the kernel", p.Kernel, p.Stride, p.Padding))
	}
	s := kernels.PoolShape{
		Planes: x.shape[0] * x.shape[1], InH: x.shape[2], InW: x.shape[3],
		OutH: p.outSize(x.shape[2]), OutW: p.outSize(x.shape[3]),
		Kernel: p.Kernel, Stride: p.Stride, Pad: p.Padding,
	}
	if s.OutH < 1 || s.OutW < 1 {
		panic(fmt.Sprintf("autograd.MaxPool2d: input %v is smaller than the kernel %d with padding %d", x.shape, p.Kernel, p.Padding))
	}
	y := t.alloc("MaxPool2d", x.shape[0], x.shape[1], s.OutH, s.OutW)
	t.backend.MaxPool2d(y.store.buf, x.Buffer(), s)
	return t.record("MaxPool2d", y, []*Tensor{x}, []*Tensor{x}, func(dy *Tensor, need []bool) []*Tensor {
		dx := t.like(x)
		t.backend.MaxPool2dBackward(dx.store.buf, dy.Buffer(), x.Buffer(), s)
		return []*Tensor{t.record("MaxPool2dBackward", dx, []*Tensor{dy}, nil, func(*Tensor, []bool) []*Tensor {
			panic("autograd.MaxPool2d: its gradient can not be differentiated")
		})}
	})
}

// outSize is the number of windows along an axis of the given size.
func (p MaxPool2dParams) outSize(size int) int {
	span := size + 2*p.Padding - p.Kernel
	if !p.CeilMode {
		if span < 0 {
			return 0
		}
		return span/p.Stride + 1
	}
	span = max(span, 1-p.Stride) // a window larger than the input still counts
	n := (span+p.Stride-1)/p.Stride + 1
	if (n-1)*p.Stride >= size+p.Padding {
		n--
	}
	return n
}
