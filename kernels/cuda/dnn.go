package cuda

import (
	"errors"
	"sync"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// dnn is a backend's use of cuDNN.
type dnn struct {
	library driver.Library
	handle  driver.DNNHandle // nil where cuDNN is not used
	without error            // why not

	exact bool // no factors rounded

	mu        sync.Mutex // a handle is for one goroutine at a time
	described map[kernels.ConvShape]driver.Described
	failed    error // the first convolution's that failed
}

// Why cuDNN is not used though it may be there.
var (
	errDeterministic = errors.New("runs are to be the same")
	errPrecision     = errors.New("cuDNN rounds no single precision to bf16")
)

// newDNN makes cuDNN ready, or keeps why it is not used: convolutions need it not.
func newDNN(c driver.Context, s driver.Stream, o Options) *dnn {
	d := &dnn{exact: o.Precision == F32, described: make(map[kernels.ConvShape]driver.Described)}
	switch {
	case o.Deterministic:
		d.without = errDeterministic
	case o.Precision == BF16:
		d.without = errPrecision
	default:
		d.handle, d.without = openDNN(c, s, &d.library)
	}
	return d
}

func openDNN(c driver.Context, s driver.Stream, l *driver.Library) (driver.DNNHandle, error) {
	library, err := driver.OpenDNN()
	if err != nil {
		return nil, err
	}
	*l = library.Library()
	return library.Handle(c, s)
}

// close gives back what cuDNN holds; nobody is left to hear of errors.
func (d *dnn) close() {
	for _, c := range d.described {
		c.Close()
	}
	if d.handle != nil {
		_ = d.handle.Close()
	}
}

// Convolutions says what computes them: the version of cuDNN, and why it does not
// or where it has failed so far.
func (b *Backend) Convolutions() string {
	d := b.dnn
	if d.handle == nil {
		return "own kernels; " + d.without.Error()
	}
	text := "own kernels, or cuDNN " + d.library.Version + " where that is faster"
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed != nil {
		text += "; it has failed: " + d.failed.Error()
	}
	return text
}

// algorithms are cuDNN's, by their numbers, that sum up products in an order that
// is always the same. Those by Fourier's and Winograd's transformations are left
// out: their errors are larger than the precision promises.
var algorithms = map[driver.Direction][]int{
	driver.Forward:         {1, 0, 2}, // IMPLICIT_PRECOMP_GEMM, IMPLICIT_GEMM, GEMM
	driver.BackwardData:    {1},       // ALGO_1
	driver.BackwardWeights: {1},       // ALGO_1
}

// alignment is what cuDNN's vectors need, in bytes.
const alignment = 16

// takes tells whether cuDNN can compute a convolution.
func (d *dnn) takes(c convolution) bool { return d.handle != nil && (c.y|c.x|c.w)%alignment == 0 }

// mostWorkspace is what an algorithm may need beside its operands, in bytes.
const mostWorkspace = 512 << 20

var errWorkspace = errors.New("the algorithm needs too much memory")

// convolve computes a convolution by an algorithm of cuDNN.
func (b *Backend) convolve(op string, c convolution, algorithm int) error {
	recorded := b.gate.enter()
	err := b.dnn.convolve(b.memory, b.stream, c, algorithm)
	b.gate.leave(recorded)
	if err != nil {
		return err
	}
	if c.bias != 0 || c.slope != 1 {
		b.finish(op, c, c.y, 1)
	}
	return nil
}

func (d *dnn) convolve(m *memory, q *queue, c convolution, algorithm int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	described, err := d.describe(c.shape)
	if err != nil {
		return err
	}
	bytes, err := described.Workspace(c.direction, algorithm)
	if err != nil {
		return err
	}
	if bytes > mostWorkspace {
		return errWorkspace
	}
	var workspace driver.Ptr
	if bytes > 0 {
		if workspace, err = m.take(bytes, passing); err != nil {
			return err
		}
		defer m.give(workspace, bytes)
	}
	if err = q.flush(); err != nil {
		return err
	}
	err = described.Convolve(c.direction, algorithm, c.y, c.x, c.w, workspace, bytes)
	if d.failed == nil {
		d.failed = err
	}
	return err
}

// describe returns the description of a shape, made once.
func (d *dnn) describe(s kernels.ConvShape) (driver.Described, error) {
	if c := d.described[s]; c != nil {
		return c, nil
	}
	c, err := d.handle.Describe(s, d.exact)
	if err != nil {
		return nil, err
	}
	d.described[s] = c
	return c, nil
}
