package cpu

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/org/trustmae/kernels"
)

// Stream is a backend for one goroutine at a time which can record what it is asked to
// do. It shares workers, buffers and packed weights with the backend that it comes from
// and with that one's other streams. What recorded work takes for intermediate results
// is the stream's own, the same memory for all its graphs.
type Stream struct{ Backend }

var (
	_ kernels.Streams = (*Backend)(nil)
	_ kernels.Stream  = (*Stream)(nil)
)

// Stream returns a new stream.
func (b *Backend) Stream() kernels.Stream {
	p := *b.pool
	p.origin = b.pool
	p.recorder = &recorder{arena: &arena{lender: &b.arena}}
	s := &Stream{Backend{b.device, &p}}
	runtime.AddCleanup(s, (*arena).end, p.recorder.arena)
	return s
}

// Capture records what f does. Launches allocate nothing, unless weights have changed.
func (s *Stream) Capture(f func()) (kernels.Graph, error) {
	r := s.pool.recorder
	r.forbid("Capture")
	r.begin()
	defer r.end()
	f()
	if left := r.arena.inUse; left > 0 {
		panic(fmt.Sprintf("cpu.Capture: %d bytes allocated within are in use at the end, want none", left))
	}
	return &graph{stream: s, steps: r.steps}, nil
}

// kept returns an argument's values as they are now, for work that is done later.
func (b *Backend) kept(values []float32) []float32 {
	if b.pool.recorder.recording() {
		return slices.Clone(values)
	}
	return values
}

// recorder notes what a stream would run.
type recorder struct {
	on    bool
	steps []step
	arena *arena // of what recorded work takes
}

// step is one call of the pool's run.
type step struct {
	chunks int
	body   func(chunk int)
}

// recording tells whether work is noted instead of done. r may be nil.
func (r *recorder) recording() bool { return r != nil && r.on }

// forbid panics while work is noted.
func (r *recorder) forbid(op string) {
	if r.recording() {
		panic(fmt.Sprintf("cpu.%s: called within Capture, want no transfers and no waits there", op))
	}
}

func (r *recorder) note(chunks int, body func(chunk int)) {
	r.steps = append(r.steps, step{chunks, body})
}

// owns tells whether x is memory that only recorded work uses.
func (r *recorder) owns(x block) bool { return x.region != nil && x.region.arena == r.arena }

func (r *recorder) begin() { r.on, r.arena.inUse = true, 0 }

func (r *recorder) end() { r.on, r.steps = false, nil }

// graph is recorded work.
type graph struct {
	stream *Stream // which keeps the memory
	steps  []step
}

// Launch does the work and reports true.
func (g *graph) Launch() bool {
	if g.stream == nil {
		panic("cpu.Graph.Launch: called after Release")
	}
	g.stream.pool.recorder.forbid("Graph.Launch")
	for _, s := range g.steps {
		g.stream.pool.run(s.chunks, s.body)
	}
	return true
}

// Release gives up the graph.
func (g *graph) Release() { *g = graph{} }
