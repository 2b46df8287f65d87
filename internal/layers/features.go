package layers

import "fmt"

// VGG lists the 3×3 layers of a VGG network with the given number of
// convolutions in each group, for images of side×side pixels.
func VGG(side int, groups ...int) Table {
	var t Table
	in := 3
	for g, convs := range groups {
		out := min(64<<g, 512)
		for i := range convs {
			t = append(t, same(fmt.Sprintf("conv%d_%d", g+1, i+1), in, out, side, 3))
			in = out
		}
		side /= 2
	}
	return t
}

// VGG16 lists VGG-16 up to conv5_3.
func VGG16(side int) Table { return VGG(side, 2, 2, 3, 3, 3) }

// VGG19 lists VGG-19 up to conv5_4, what the feature loss needs.
func VGG19(side int) Table { return VGG(side, 2, 2, 4, 4, 4) }

// AlexNet lists AlexNet's five convolutions.
func AlexNet(side int) Table {
	pool := func(side int) int { return (side-3)/2 + 1 }
	first := Layer{Name: "conv1", In: 3, Out: 64, Side: side, Kernel: 11, Stride: 4, Padding: 2}
	second := same("conv2", 64, 192, pool(first.OutSide()), 5)
	third := pool(second.OutSide())
	return Table{
		first, second,
		same("conv3", 192, 384, third, 3),
		same("conv4", 384, 256, third, 3),
		same("conv5", 256, 256, third, 3),
	}
}

// SqueezeNet lists SqueezeNet 1.1: a convolution and eight fire modules with
// three pools between them.
func SqueezeNet(side int) Table {
	pool := func(side int) int { return (side-3+1)/2 + 1 } // the last window may hang over
	first := Layer{Name: "conv1", In: 3, Out: 64, Side: side, Kernel: 3, Stride: 2}
	t := Table{first}
	side, in := first.OutSide(), 64
	for i, squeeze := range []int{16, 16, 32, 32, 48, 48, 64, 64} {
		if i%2 == 0 && i < 6 {
			side = pool(side)
		}
		expand := 4 * squeeze
		fire := fmt.Sprintf("fire%d.", i+1)
		t = append(t,
			same(fire+"squeeze", in, squeeze, side, 1),
			same(fire+"expand1x1", squeeze, expand, side, 1),
			same(fire+"expand3x3", squeeze, expand, side, 3))
		in = 2 * expand
	}
	return t
}

// Embedded lists the seven convolutions of this library's own network.
func Embedded(side int) Table {
	first := Layer{Name: "conv1", In: 3, Out: 24, Side: side, Kernel: 5, Stride: 2, Padding: 2}
	half := first.OutSide()
	return Table{
		first,
		same("conv2", 24, 48, half/2, 3),
		same("conv3_1", 48, 96, half/4, 3),
		same("conv3_2", 96, 96, half/4, 3),
		same("conv4_1", 96, 128, half/8, 3),
		same("conv4_2", 128, 128, half/8, 3),
		same("conv5", 128, 160, half/16, 3),
	}
}

// Trunk lists the layers of the perceptual distance's feature network net:
// "alex", "vgg" (VGG-16), "squeeze" or "trustmae" (the embedded one).
func Trunk(net string, side int) (Table, error) {
	switch net {
	case "alex":
		return AlexNet(side), nil
	case "vgg":
		return VGG16(side), nil
	case "squeeze":
		return SqueezeNet(side), nil
	case "trustmae":
		return Embedded(side), nil
	}
	return nil, fmt.Errorf("perceptual network %q, want alex, vgg, squeeze or trustmae", net)
}
