//go:build !linux || !cgo || nocuda

package driver

// Open returns ErrNotBuilt.
func Open() (Driver, error) { return nil, ErrNotBuilt }

// OpenCompiler returns ErrNotBuilt.
func OpenCompiler() (Compiler, error) { return nil, ErrNotBuilt }

// OpenDNN returns ErrNotBuilt.
func OpenDNN() (DNN, error) { return nil, ErrNotBuilt }

// Thread is 0: there is nothing to tell apart.
func Thread() int64 { return 0 }

// OpenBLAS returns ErrNotBuilt.
func OpenBLAS() (BLAS, error) { return nil, ErrNotBuilt }
