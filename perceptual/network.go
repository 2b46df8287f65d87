package perceptual

import (
	"fmt"
	"slices"
)

// Network names a feature network. Layers are numbered as in torchvision's
// `features` module; those of a residual network are 0 conv1, 1 relu, 2 maxpool
// and 3 to 6 layer1 to layer4.
type Network string

// The networks whose features can be computed.
const (
	VGG19      Network = "vgg19"
	VGG16      Network = "vgg16"
	AlexNet    Network = "alexnet"
	SqueezeNet Network = "squeezenet1_1"

	ResNet18     Network = "resnet18"
	ResNet50     Network = "resnet50"
	WideResNet50 Network = "wide_resnet50_2" // twice the channels inside its bottlenecks

	Embedded Network = "trustmae" // this library's own, part of the program; see apps/pretrain
)

// networks lists them all.
var networks = []Network{VGG19, VGG16, AlexNet, SqueezeNet, ResNet18, ResNet50, WideResNet50, Embedded}

// layerKind says what a layer computes.
type layerKind int

const (
	convLayer layerKind = iota
	reluLayer
	poolLayer
	fireLayer
	stageLayer
)

// layer is one row of a network's table; convolutions have a bias.
type layer struct {
	kind    layerKind
	name    string // of its weights; "": its number
	in, out int    // channels of convolutions, fire modules and stages
	squeeze int    // channels inside a fire module or a bottleneck
	blocks  int    // residual blocks of a stage
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
	case ResNet18:
		return resnetLayers(0, 2, 2, 2, 2)
	case ResNet50:
		return resnetLayers(64, 3, 4, 6, 3)
	case WideResNet50:
		return resnetLayers(128, 3, 4, 6, 3)
	case Embedded:
		return embeddedLayers
	}
	panic(fmt.Sprintf("perceptual: network %q, want one of %v", string(n), networks))
}

// label is what the weights of the layer with the given number are called.
func (l layer) label(index int) string {
	if l.name != "" {
		return l.name
	}
	return fmt.Sprint(index)
}

// Stages returns the numbers of the last layer at each resolution, finest first:
// the features that detectors build on. A pool at the end does not count.
func (n Network) Stages() []int {
	table := n.layers()
	var stages []int
	for i := range table {
		last := i == len(table)-1
		if last && table[i].kind != poolLayer || !last && table[i+1].stride > 1 {
			stages = append(stages, i)
		}
	}
	return stages
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
		if l.kind == reluLayer || l.kind == fireLayer {
			continue // they keep it
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
