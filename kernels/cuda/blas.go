package cuda

import (
	"sync"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// blas is a backend's use of cuBLASLt.
type blas struct {
	library driver.Library
	handle  driver.BLASHandle // nil where cuBLASLt is not used
	without error             // why not

	mu    sync.Mutex
	plans map[productKey]driver.Planned // nil: the own kernel multiplies
}

// productKey is what an algorithm is chosen for.
type productKey struct {
	shape     kernels.MatMulShape
	alignment int // bytes
}

// productWorkspace is what an algorithm may need beside its operands, in bytes:
// what the vendor's own library gives it on this kind of device.
const productWorkspace = 32 << 20

// newBLAS makes cuBLASLt ready, or keeps why it is not used: products need it not.
func newBLAS(c driver.Context, o Options) *blas {
	l := &blas{plans: make(map[productKey]driver.Planned)}
	if o.Deterministic {
		l.without = errDeterministic
		return l
	}
	library, err := driver.OpenBLAS()
	if err != nil {
		l.without = err
		return l
	}
	l.library = library.Library()
	l.handle, l.without = library.Handle(c)
	return l
}

// close gives back what cuBLASLt holds; nobody is left to hear of errors.
func (l *blas) close() {
	for _, p := range l.plans {
		if p != nil {
			p.Close()
		}
	}
	if l.handle != nil {
		_ = l.handle.Close()
	}
}

// Products says what computes matrix products: the version of cuBLASLt, or why it
// does not.
func (b *Backend) Products() string {
	if b.blas.handle == nil {
		return "own kernels; " + b.blas.without.Error()
	}
	return "cuBLASLt " + b.blas.library.Version
}

// plan returns the algorithm for a product, chosen once; nil where there is none.
func (l *blas) plan(key productKey) driver.Planned {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, known := l.plans[key]
	if !known {
		if made, err := l.handle.Plan(key.shape, key.alignment, productWorkspace); err == nil {
			p = made
		}
		l.plans[key] = p
	}
	return p
}

// drop has the own kernel compute a product from now on.
func (l *blas) drop(key productKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plans[key] = nil
}

// multiplyByLibrary queues a product by cuBLASLt and reports whether that took it.
func (b *Backend) multiplyByLibrary(op string, y, a, right driver.Ptr, s kernels.MatMulShape) bool {
	if b.blas.handle == nil || s.K == 0 {
		return false
	}
	key := productKey{s, valueBytes}
	if (y|a|right)%alignment == 0 {
		key.alignment = alignment
	}
	p := b.blas.plan(key)
	if p == nil {
		return false
	}
	workspace, release := b.scratch(op, ceilDiv(int(p.Workspace()), valueBytes), p.Workspace() > 0)
	defer release()
	recorded := b.gate.enter()
	defer b.gate.leave(recorded)
	b.must(op, b.stream.flush())
	if p.Multiply(b.stream.stream, y, a, right, workspace) != nil {
		b.blas.drop(key)
		return false
	}
	return true
}
