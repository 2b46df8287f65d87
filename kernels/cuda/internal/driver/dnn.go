package driver

import "github.com/org/trustmae/kernels"

// Direction is what a convolution computes from what.
type Direction int

// The directions, in the order of the C code.
const (
	Forward         Direction = iota // y from x and w
	BackwardData                     // dx from dy and w
	BackwardWeights                  // dw from x and dy
)

// String is the direction's name in kernels' names.
func (d Direction) String() string {
	return [...]string{"conv_forward", "conv_backward_data", "conv_backward_weights"}[d]
}

// DNN is cuDNN's convolutions.
type DNN interface {
	Library() Library
	// Handle makes it compute in a stream.
	Handle(c Context, s Stream) (DNNHandle, error)
}

// DNNHandle computes in one stream. It is for one goroutine at a time.
type DNNHandle interface {
	// Describe prepares convolutions of a shape; exact ones multiply in single
	// precision, others may round factors to TF32.
	Describe(s kernels.ConvShape, exact bool) (Described, error)
	Close() error
}

// Described are the convolutions of one shape.
type Described interface {
	// Workspace is how many bytes an algorithm needs, or why it cannot be used.
	Workspace(d Direction, algorithm int) (int64, error)
	// Convolve queues a convolution: the result y and the operands in the order of
	// their operation.
	Convolve(d Direction, algorithm int, y, x, w, workspace Ptr, bytes int64) error
	Close()
}
