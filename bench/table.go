package bench

import (
	"fmt"

	"github.com/org/trustmae/memae"
)

// Layer is a convolution, direct or transposed, or a matrix product over
// positions (a 1×1 convolution).
type Layer struct {
	Name      string
	In, Out   int // channels
	Kernel    int // side
	Positions int // where the kernel is applied in one image: output pixels, input pixels of a transposed one
}

// Weights is the number of weights, biases left out.
func (l Layer) Weights() int64 { return int64(l.In) * int64(l.Out) * int64(l.Kernel*l.Kernel) }

// MACs is the number of multiply-adds for one image; taps on the padding count.
func (l Layer) MACs() int64 { return l.Weights() * int64(l.Positions) }

// Table lists a network's layers in order.
type Table []Layer

// Weights is the number of weights of all layers, biases left out.
func (t Table) Weights() int64 {
	sum := int64(0)
	for _, l := range t {
		sum += l.Weights()
	}
	return sum
}

// MACs is the number of multiply-adds for one image.
func (t Table) MACs() int64 {
	sum := int64(0)
	for _, l := range t {
		sum += l.MACs()
	}
	return sum
}

// Generator lists the layers of TrustMAE's generator for photos of c.Size
// pixels: encoder, memory, decoder.
func Generator(c memae.Config) Table {
	return append(append(Encoder(c), memory(c)...), Decoder(c)...)
}

// stages returns the channels behind each stride-2 convolution; the last are Z.
func stages(c memae.Config) []int {
	w := c.Generator.Width
	if c.Generator.Stages == 3 {
		return []int{2 * w, 4 * w, c.Generator.Z3}
	}
	return []int{2 * w, 4 * w, 8 * w, 16 * w, c.Memory.Dim}
}

// Encoder lists the layers before the memory.
func Encoder(c memae.Config) Table {
	side, in := c.Size, c.Generator.Width
	t := Table{{"7x7", 3, in, 7, side * side}}
	for _, out := range stages(c) {
		side /= 2
		t = append(t, Layer{"down", in, out, 3, side * side})
		in = out
	}
	return append(t, residuals(c, in, side)...)
}

// Decoder lists the layers behind the memory.
func Decoder(c memae.Config) Table {
	widths := append([]int{c.Generator.Width}, stages(c)...)
	last := len(widths) - 1
	side := c.Size >> last
	t := residuals(c, widths[last], side)
	for i := last; i > 0; i-- {
		t = append(t, Layer{"up", widths[i], widths[i-1], 4, side * side})
		side *= 2
	}
	return append(t, Layer{"7x7", widths[0], 3, 7, side * side})
}

// residuals lists three residual blocks.
func residuals(c memae.Config, channels, side int) Table {
	convs := 3
	if c.Generator.Block == "double" {
		convs = 6
	}
	var t Table
	for range convs {
		t = append(t, Layer{"residual", channels, channels, 3, side * side})
	}
	return t
}

// memory lists the two matrix products of a read: distances, and the mixture of
// the slots.
func memory(c memae.Config) Table {
	widths := stages(c)
	side := c.Size >> len(widths)
	z := widths[len(widths)-1]
	return Table{{"distances", z, c.Memory.Slots, 1, side * side}, {"mixture", c.Memory.Slots, z, 1, side * side}}
}

// Discriminator lists the discriminator's layers.
func Discriminator(c memae.Config) Table {
	var t Table
	side, in, out := c.Size, 3, c.Discriminator.Width
	for range 6 {
		side /= 2
		t = append(t, Layer{"4x4", in, out, 4, side * side})
		in, out = out, 2*out
	}
	return append(t, Layer{"last", in, 1, 3, side * side})
}

// VGG lists the 3×3 layers of a VGG network with the given number of
// convolutions in each group, for images of size×size pixels.
func VGG(size int, groups ...int) Table {
	var t Table
	in := 3
	for g, convs := range groups {
		out := min(64<<g, 512)
		for i := range convs {
			t = append(t, Layer{fmt.Sprintf("conv%d_%d", g+1, i+1), in, out, 3, size * size})
			in = out
		}
		size /= 2
	}
	return t
}

// VGG19 lists VGG-19 up to conv5_4, what the feature loss needs.
func VGG19(size int) Table { return VGG(size, 2, 2, 4, 4, 4) }

// alexNet lists AlexNet's five convolutions.
func alexNet(size int) Table {
	first := (size+2*2-11)/4 + 1
	second := (first-3)/2 + 1
	third := (second-3)/2 + 1
	return Table{
		{"conv1", 3, 64, 11, first * first},
		{"conv2", 64, 192, 5, second * second},
		{"conv3", 192, 384, 3, third * third},
		{"conv4", 384, 256, 3, third * third},
		{"conv5", 256, 256, 3, third * third},
	}
}

// squeezeNet lists SqueezeNet 1.1: a convolution and eight fire modules with
// three pools between them.
func squeezeNet(size int) Table {
	pool := func(side int) int { return (side-3+1)/2 + 1 } // the last window may hang over
	side := (size-3)/2 + 1
	t := Table{{"conv1", 3, 64, 3, side * side}}
	in := 64
	for i, squeeze := range []int{16, 16, 32, 32, 48, 48, 64, 64} {
		if i%2 == 0 && i < 6 {
			side = pool(side)
		}
		expand := 4 * squeeze
		t = append(t,
			Layer{fmt.Sprintf("fire%d.squeeze", i+1), in, squeeze, 1, side * side},
			Layer{fmt.Sprintf("fire%d.expand1x1", i+1), squeeze, expand, 1, side * side},
			Layer{fmt.Sprintf("fire%d.expand3x3", i+1), squeeze, expand, 3, side * side})
		in = 2 * expand
	}
	return t
}

// Trunk lists the layers of LPIPS' feature network net, named as in
// [memae.ScoreConfig.Net]: "alex", "vgg" or "squeeze".
func Trunk(net string, size int) (Table, error) {
	switch net {
	case "alex":
		return alexNet(size), nil
	case "vgg":
		return VGG(size, 2, 2, 3, 3, 3), nil
	case "squeeze":
		return squeezeNet(size), nil
	}
	return nil, fmt.Errorf("bench: perceptual network %q, want alex, vgg or squeeze", net)
}
