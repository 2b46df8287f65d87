package perceptual

import (
	"fmt"
	"slices"
)

// Network names a feature network. Layers are numbered as in torchvision's
// `features` module.
type Network string

// The networks whose features can be computed.
const (
	VGG19      Network = "vgg19"
	VGG16      Network = "vgg16"
	AlexNet    Network = "alexnet"
	SqueezeNet Network = "squeezenet1_1"
)

// layerKind says what a layer computes.
type layerKind int

const (
	convLayer layerKind = iota
	reluLayer
	poolLayer
	fireLayer
)

// layer is one row of a network's table; convolutions have a bias.
type layer struct {
	kind    layerKind
	in, out int // channels of convolutions and fire modules
	squeeze int // channels inside a fire module
	kernel  int
	stride  int
	padding int
	ceil    bool // pools: the last window may hang over the edge
}

// layers returns the network's table, whose index is torchvision's number.
func (n Network) layers() []layer {
	switch n {
	case VGG19:
		return vggLayers(2, 2, 4, 4, 4)
	case VGG16:
		return vggLayers(2, 2, 3, 3, 3)
	case AlexNet:
		return alexnetLayers
	case SqueezeNet:
		return squeezenetLayers
	}
	panic(fmt.Sprintf("perceptual: network %q, want one of %v", string(n), []Network{VGG19, VGG16, AlexNet, SqueezeNet}))
}

// MinSize returns the smallest side, in pixels, of images on which the network
// can be computed up to and including layer last.
func (n Network) MinSize(last int) int {
	for side := 1; ; side++ {
		if n.outSize(side, last) > 0 {
			return side
		}
	}
}

// outSize returns the side of layer last's output for images of the given
// side, 0 where a window does not fit.
func (n Network) outSize(side, last int) int {
	for _, l := range n.layers()[:last+1] {
		if l.kind != convLayer && l.kind != poolLayer {
			continue
		}
		room := side + 2*l.padding - l.kernel
		if l.ceil {
			room += l.stride - 1
		}
		if room < 0 {
			return 0
		}
		side = room/l.stride + 1
	}
	return side
}

// channels returns the number of channels after layer index.
func (n Network) channels(index int) int {
	table := n.layers()[:index+1]
	for _, l := range slices.Backward(table) {
		if l.out > 0 {
			return l.out
		}
	}
	return 3
}
