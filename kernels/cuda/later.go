package cuda

import (
	"sync"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

var _ kernels.Asynchronous = (*Backend)(nil)

// landing is pinned memory that a download arrives in.
type landing struct {
	values  []float32
	arrived driver.Event
}

// landings are those not in use.
type landings struct {
	mu   sync.Mutex
	idle []*landing
}

// leastLanding is the room of a landing in values: a page.
const leastLanding = 1024

// take returns a landing with room for n values.
func (l *landings) take(c driver.Context, n int) (*landing, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, x := range l.idle {
		if len(x.values) >= n {
			l.idle[i] = l.idle[len(l.idle)-1]
			l.idle = l.idle[:len(l.idle)-1]
			return x, nil
		}
	}
	room := leastLanding
	for room < n {
		room *= 2
	}
	values, err := c.AllocPinned(room)
	if err != nil {
		return nil, err
	}
	event, err := c.NewEvent()
	return &landing{values, event}, err
}

func (l *landings) give(x *landing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle = append(l.idle, x)
}

// DownloadLater queues a copy of src, for which wait waits.
func (b *Backend) DownloadLater(dst []float32, src kernels.Buffer) (wait func()) {
	const op = "DownloadLater"
	p := b.ptr(op, src, len(dst))
	b.enterDirect(op)
	defer b.gate.leave(false)
	d := b.device
	x, err := d.landings.take(d.context, len(dst))
	b.must(op, err)
	b.must(op, b.stream.CopyOut(x.values[:len(dst)], p))
	b.must(op, b.stream.Record(x.arrived))
	return func() {
		b.must(op, x.arrived.Wait())
		copy(dst, x.values)
		d.landings.give(x)
	}
}
