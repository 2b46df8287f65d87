package cuda

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// GraphsVariable set to "off" keeps work from being recorded as CUDA graphs.
const GraphsVariable = "TRUSTMAE_CUDA_GRAPHS"

var _ kernels.Capturer = (*Backend)(nil)

// gate keeps goroutines out of the stream while one records what it queues. The
// one that records is told by its thread, which no other goroutine uses meanwhile.
type gate struct {
	mu     sync.RWMutex // read by those that queue, written by the one that records
	thread atomic.Int64 // that records; 0: none
}

// enter waits until the caller may queue work and reports whether it is being
// recorded. leave has to follow; pairs must not nest.
func (g *gate) enter() (recorded bool) {
	if g.records() {
		return true
	}
	g.mu.RLock()
	return false
}

// records tells whether the caller's work is being recorded.
func (g *gate) records() bool {
	t := g.thread.Load()
	return t != 0 && t == driver.Thread()
}

func (g *gate) leave(recorded bool) {
	if !recorded {
		g.mu.RUnlock()
	}
}

// enterDirect is enter for what cannot be recorded.
func (b *Backend) enterDirect(op string) {
	if b.gate.enter() {
		panic(fmt.Sprintf("cuda.%s: called within Capture, want no transfers and no waits there", op))
	}
}

// Capture records what f queues as a CUDA graph.
func (b *Backend) Capture(f func()) (kernels.Graph, error) {
	b.enterDirect("Capture")
	b.gate.leave(false)
	if os.Getenv(GraphsVariable) == "off" {
		return nil, fmt.Errorf("cuda: CUDA graphs are switched off by %s", GraphsVariable)
	}
	b.gate.mu.Lock()
	defer b.gate.mu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.gate.thread.Store(driver.Thread())
	defer b.gate.thread.Store(0)

	g := &recording{backend: b}
	inUse, err := g.record(f)
	if err != nil {
		g.drop()
		return nil, fmt.Errorf("cuda: recording a CUDA graph: %w", err)
	}
	if inUse > 0 {
		g.drop()
		panic(fmt.Sprintf("cuda.Capture: %d buffers allocated within are in use at the end, want none", inUse))
	}
	handle := &graph{g}
	runtime.AddCleanup(handle, (*recording).Release, g)
	return handle, nil
}

// record runs f while the stream records, and keeps what it queued and which
// memory it took. inUse is how many blocks of that are not free again.
func (g *recording) record(f func()) (inUse int, err error) {
	b := g.backend
	if err := b.stream.BeginCapture(); err != nil {
		return 0, err
	}
	b.memory.record()
	ended := false
	defer func() {
		g.blocks, inUse = b.memory.recorded()
		var failed error
		g.work, failed = b.stream.EndCapture()
		err = errors.Join(err, failed)
		if !ended { // a mistake, panicking on
			g.drop()
		}
	}()
	err = caught(f)
	ended = true
	return inUse, err
}

// caught returns a failure of the device as an error.
func caught(f func()) (err error) {
	defer kernels.Catch(&err)
	f()
	return nil
}

// graph is a recording that is given up with its handle.
type graph struct{ *recording }

// Launch queues the work if the memory that it takes is free.
func (g *graph) Launch() bool {
	defer runtime.KeepAlive(g)
	return g.launch()
}

// recording is recorded work on its backend.
type recording struct {
	backend *Backend
	work    driver.Graph
	blocks  *workingSet
	given   sync.Once
}

// launch holds the memory until the work is queued, so that who takes it then
// queues behind.
func (g *recording) launch() (done bool) {
	const op = "Graph.Launch"
	b := g.backend
	b.enterDirect(op)
	defer b.gate.leave(false)
	done, err := b.memory.whileFree(g.blocks, func() error { return b.stream.LaunchGraph(g.work) })
	b.must(op, err)
	return done
}

// Release gives up the graph. What fails is left to the operations that follow.
func (g *recording) Release() {
	g.given.Do(func() {
		b := g.backend
		b.enterDirect("Graph.Release")
		defer b.gate.leave(false)
		_ = b.stream.Sync()
		g.drop()
	})
}

// drop forgets the graph's memory and work, as far as it has got.
func (g *recording) drop() {
	if g.blocks != nil {
		g.backend.memory.forget(g.blocks)
	}
	if g.work != nil {
		_ = g.work.Close()
	}
}
