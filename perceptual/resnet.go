package perceptual

import (
	"fmt"
	"strings"

	"github.com/org/trustmae/autograd"
)

// resnetLayers returns the table of a residual network (He et al. 2016): a 7×7
// convolution, a pool and four stages with the given numbers of blocks. inner is
// the channels inside the bottlenecks of the first stage, which leave 256
// channels; 0 makes basic blocks, which leave 64. Every stage doubles both. As
// in torchvision the stride of a bottleneck is in its 3×3 convolution.
//
// Batch norms are no layers: they are folded into the convolutions before them.
func resnetLayers(inner int, blocks ...int) []layer {
	table := []layer{
		{kind: convLayer, name: "conv1", in: 3, out: 64, kernel: 7, stride: 2, padding: 3},
		{kind: reluLayer},
		{kind: poolLayer, kernel: 3, stride: 2, padding: 1},
	}
	in, out := 64, 64
	if inner > 0 {
		out = 256
	}
	for i, n := range blocks {
		stage := layer{kind: stageLayer, name: fmt.Sprintf("layer%d", i+1), in: in, out: out << i, squeeze: inner << i,
			blocks: n, kernel: 3, stride: 2, padding: 1}
		if i == 0 {
			stage.stride = 1
		}
		table = append(table, stage)
		in = stage.out
	}
	return table
}

// residualConv is a convolution of a residual block, padded by half its kernel.
type residualConv struct {
	name                    string // torchvision's
	in, out, kernel, stride int
}

// block lists the convolutions of a stage's block: the branch, and the shortcut
// beside it unless that passes its input on.
func (l layer) block(index int) (branch []residualConv, shortcut *residualConv) {
	in, stride := l.in, l.stride
	if index > 0 {
		in, stride = l.out, 1
	}
	name := func(part string) string { return fmt.Sprintf("%s.%d.%s", l.name, index, part) }
	if l.squeeze == 0 {
		branch = []residualConv{
			{name("conv1"), in, l.out, 3, stride},
			{name("conv2"), l.out, l.out, 3, 1},
		}
	} else {
		branch = []residualConv{
			{name("conv1"), in, l.squeeze, 1, 1},
			{name("conv2"), l.squeeze, l.squeeze, 3, stride},
			{name("conv3"), l.squeeze, l.out, 1, 1},
		}
	}
	if in != l.out || stride != 1 {
		shortcut = &residualConv{name("downsample.0"), in, l.out, 1, stride}
	}
	return branch, shortcut
}

// normOf names the batch norm that follows a convolution.
func normOf(conv string) string {
	if module, ok := strings.CutSuffix(conv, "downsample.0"); ok {
		return module + "downsample.1"
	}
	at := strings.LastIndex(conv, "conv")
	return conv[:at] + "bn" + conv[at+len("conv"):]
}

// stage computes the blocks of a row one after the other.
func (f *Features) stage(t *autograd.Tape, l layer, x *autograd.Tensor) *autograd.Tensor {
	for i := range l.blocks {
		y := scoped(t, func() *autograd.Tensor { return f.block(t, l, i, x) })
		if i > 0 {
			x.Release()
		}
		x = y
	}
	return x
}

// block computes relu(branch(x) + shortcut(x)).
func (f *Features) block(t *autograd.Tape, l layer, index int, x *autograd.Tensor) *autograd.Tensor {
	params := func(c residualConv) autograd.Conv2dParams {
		return autograd.Conv2dParams{Stride: c.stride, Padding: c.kernel / 2}
	}
	branch, shortcut := l.block(index)
	last := len(branch) - 1
	y := x
	for _, c := range branch[:last] {
		y = f.convReLU(t, c.name, y, params(c))
	}
	y = f.conv(t, branch[last].name, y, params(branch[last]))
	if shortcut != nil {
		x = f.conv(t, shortcut.name, x, params(*shortcut))
	}
	return t.ReLU(t.Add(y, x))
}
