// Package cpu is the processor's implementation of kernels.Backend: Go assembly
// for AVX-512 and AVX2+FMA, chosen at run time, and for NEON, and plain Go twins
// that define what is correct and serve every other processor.
package cpu

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/org/trustmae/kernels"
)

// Options configure a backend. The zero value is the fastest one.
type Options struct {
	// Threads is the number of threads to compute with; 0 takes
	// runtime.GOMAXPROCS. Results do not depend on it.
	Threads int
	// Table names the kernel table ("avx512", "avx2", "neon", "generic"); empty takes
	// TRUSTMAE_KERNELS from the environment or else the best that the processor
	// has. See [List].
	Table string
	// Direct makes every convolution follow its definition. Otherwise 3×3
	// ones, and 3×3 and 4×4 ones of stride 2, use Winograd's algorithm where it is
	// faster, up to three times, with errors of a few 1e-6 of the largest value.
	Direct bool
}

// Backend computes on the processor. It may be used from several goroutines.
type Backend struct {
	*device
	pool *pool // the device's workers
}

// device is what a backend shares with its streams.
type device struct {
	table   *table
	threads int
	direct  bool
	arena   arena
	plans   plans
}

var _ kernels.Backend = (*Backend)(nil)

// New returns a backend. It fails where the table named by o or the environment
// does not exist or this processor lacks its instructions.
func New(o Options) (*Backend, error) {
	t, err := chooseTable(o.Table)
	if err != nil {
		return nil, err
	}
	if o.Threads < 0 {
		return nil, fmt.Errorf("cpu: %d threads, want 0 (all) or more", o.Threads)
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return &Backend{&device{table: t, threads: o.Threads, direct: o.Direct}, newPool(o.Threads)}, nil
}

var shared = sync.OnceValues(func() (*Backend, error) { return New(Options{}) })

// Default returns a backend with all threads that the whole process shares.
func Default() (*Backend, error) { return shared() }

// Name is "cpu/" and the kernel table.
func (b *Backend) Name() string { return "cpu/" + b.table.name }

// Threads is the number of threads that compute.
func (b *Backend) Threads() int { return b.threads }

// Sync returns at once: operations finish before they return.
func (b *Backend) Sync() { b.pool.recorder.forbid("Sync") }
