package driver

import "github.com/org/trustmae/kernels"

// BLAS is cuBLASLt's matrix products.
type BLAS interface {
	Library() Library
	Handle(c Context) (BLASHandle, error)
}

// BLASHandle multiplies on one device.
type BLASHandle interface {
	// Plan chooses an algorithm for row-major products in single precision whose
	// operands lie at multiples of alignment bytes, and which needs at most so many
	// bytes of workspace.
	Plan(s kernels.MatMulShape, alignment int, mostWorkspace int64) (Planned, error)
	Close() error
}

// Planned are products of one shape.
type Planned interface {
	Workspace() int64
	// Multiply queues y = op(a)·op(b), plus the old y where the shape accumulates.
	Multiply(s Stream, y, a, b, workspace Ptr) error
	Close()
}
