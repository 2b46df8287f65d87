// Package layers lists the convolutions of the project's networks, for counting
// their operations and for timing them one by one.
package layers

import "fmt"

// Layer is a convolution, direct or transposed, of square images, or a matrix
// product over their positions (a 1×1 convolution).
type Layer struct {
	Name       string `json:"name"`
	In         int    `json:"in"`     // channels
	Out        int    `json:"out"`    // channels
	Side       int    `json:"side"`   // of the input, pixels
	Kernel     int    `json:"kernel"` // side
	Stride     int    `json:"stride"`
	Padding    int    `json:"padding"` // on every side, zeros
	Transposed bool   `json:"transposed"`
}

// OutSide is the side of the output.
func (l Layer) OutSide() int {
	if l.Transposed {
		return (l.Side-1)*l.Stride - 2*l.Padding + l.Kernel
	}
	return (l.Side+2*l.Padding-l.Kernel)/l.Stride + 1
}

// Weights is the number of weights, biases left out.
func (l Layer) Weights() int64 { return int64(l.In) * int64(l.Out) * int64(l.Kernel*l.Kernel) }

// MACs is the number of multiply-adds for one image; taps on the padding count.
func (l Layer) MACs() int64 {
	side := l.OutSide()
	if l.Transposed {
		side = l.Side
	}
	return l.Weights() * int64(side*side)
}

// String tells everything but the name: "3x3,s1,p1,64-128@32", kernel, stride,
// padding, channels and input side; a transposed convolution begins with T.
func (l Layer) String() string {
	s := fmt.Sprintf("%dx%d,s%d,p%d,%d-%d@%d", l.Kernel, l.Kernel, l.Stride, l.Padding, l.In, l.Out, l.Side)
	if l.Transposed {
		s = "T" + s
	}
	return s
}

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

// same is a convolution that keeps the size of its input.
func same(name string, in, out, side, kernel int) Layer {
	return Layer{Name: name, In: in, Out: out, Side: side, Kernel: kernel, Stride: 1, Padding: kernel / 2}
}
