package cuda

import (
	"errors"
	"sync"
	"unsafe"

	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// queue is a stream that gathers operations on values one by one, so that those
// which follow one another become few launches. Whatever else is queued, recorded or
// waited for comes behind them, and so does everything that other streams do after
// an event of this one.
type queue struct {
	stream driver.Stream
	kernel driver.Function

	mu      sync.Mutex
	waiting []step
}

var _ driver.Stream = (*queue)(nil)

// mostWaiting is how many operations wait at most: more than follow one another in a
// training step.
const mostWaiting = 256

// add queues an operation.
func (q *queue) add(s step) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, s)
	if len(q.waiting) < mostWaiting {
		return nil
	}
	return q.launchWaiting()
}

// flush launches what waits. Work that goes to the stream by other ways than this
// type's methods has to call it first, once it has all the memory that it needs: that
// may have been freed by others while an operation on it waits.
func (q *queue) flush() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.launchWaiting()
}

// launchWaiting is flush under the lock. After a failure nothing waits: the device is
// lost.
func (q *queue) launchWaiting() error {
	if len(q.waiting) == 0 {
		return nil
	}
	p := newPlan(q.waiting)
	var err error
	for _, l := range p.levels {
		args, blocks := p.arguments(l)
		grid := driver.Launch{X: blocks, Y: 1, Z: 1, Threads: threads}
		if err = q.stream.Launch(q.kernel, grid, unsafe.Pointer(args), argumentBytes[stepArguments]()); err != nil {
			break
		}
	}
	clear(q.waiting)
	q.waiting = q.waiting[:0]
	return err
}

// after flushes, then queues other work.
func (q *queue) after(work func() error) error {
	if err := q.flush(); err != nil {
		return err
	}
	return work()
}

// The methods of [driver.Stream] queue behind what waits.

func (q *queue) CopyIn(dst driver.Ptr, src []float32) error {
	return q.after(func() error { return q.stream.CopyIn(dst, src) })
}

func (q *queue) CopyOut(dst []float32, src driver.Ptr) error {
	return q.after(func() error { return q.stream.CopyOut(dst, src) })
}

func (q *queue) Launch(f driver.Function, l driver.Launch, args unsafe.Pointer, size uintptr) error {
	return q.after(func() error { return q.stream.Launch(f, l, args, size) })
}

func (q *queue) Record(e driver.Event) error {
	return q.after(func() error { return q.stream.Record(e) })
}

func (q *queue) WaitFor(e driver.Event) error {
	return q.after(func() error { return q.stream.WaitFor(e) })
}

func (q *queue) Sync() error { return q.after(q.stream.Sync) }

func (q *queue) Close() error { return q.after(q.stream.Close) }

func (q *queue) BeginCapture() error { return q.after(q.stream.BeginCapture) }

func (q *queue) LaunchGraph(g driver.Graph) error {
	return q.after(func() error { return q.stream.LaunchGraph(g) })
}

// EndCapture ends the recording in any case.
func (q *queue) EndCapture() (driver.Graph, error) {
	failed := q.flush()
	g, err := q.stream.EndCapture()
	return g, errors.Join(failed, err)
}
