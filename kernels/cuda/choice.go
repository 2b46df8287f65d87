package cuda

import (
	"sync"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// own is the choice of this package's kernel instead of an algorithm of cuDNN.
const own = -1

// choices are, for a device, what computes convolutions fastest: found out when a
// shape is first met, and remembered for the process.
type choices struct {
	mu         sync.Mutex
	algorithms map[choiceKey]int

	timing sync.Mutex // held while candidates are timed
}

type choiceKey struct {
	direction driver.Direction
	shape     kernels.ConvShape
	precision Precision
}

// get returns a choice, if it was made.
func (c *choices) get(key choiceKey) (algorithm int, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	algorithm, known = c.algorithms[key]
	return algorithm, known
}

// set remembers a choice.
func (c *choices) set(key choiceKey, algorithm int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.algorithms == nil {
		c.algorithms = make(map[choiceKey]int)
	}
	c.algorithms[key] = algorithm
}

// run computes a convolution by what is fastest for its shape. Where cuDNN fails at
// it, the own kernel does it from then on.
func (b *Backend) run(op string, c convolution) {
	if b.dnn.takes(c) {
		key := choiceKey{c.direction, c.shape, b.precision}
		if a := b.choose(op, key, c); a != own {
			if b.convolve(op, c, a) == nil {
				return
			}
			b.device.choices.set(key, own)
		}
	}
	b.multiply(op, c)
}

// choose returns what computes a convolution fastest, after timing it where its
// shape is new. While work is recorded nothing can be timed: the own kernel does
// what is new then.
func (b *Backend) choose(op string, key choiceKey, c convolution) int {
	known := &b.device.choices
	if a, ok := known.get(key); ok {
		return a
	}
	if b.gate.records() {
		return own
	}
	known.timing.Lock()
	defer known.timing.Unlock()
	if a, ok := known.get(key); ok {
		return a // another goroutine's
	}
	best, least := own, b.time(op, func() error {
		b.multiply(op, c)
		return nil
	})
	for _, a := range algorithms[c.direction] {
		if ms := b.time(op, func() error { return b.convolve(op, c, a) }); ms >= 0 && ms < least {
			best, least = a, ms
		}
	}
	known.set(key, best)
	return best
}

// timings is how often a candidate is timed; the shortest time counts.
const timings = 3

// time runs work on the device and returns the milliseconds that it takes, after a
// first time that may prepare something; -1 where it fails.
func (b *Backend) time(op string, work func() error) float32 {
	best := float32(-1)
	for i := range 1 + timings {
		b.mark(op, 0)
		if work() != nil {
			return -1
		}
		b.mark(op, 1)
		b.must(op, b.device.timer[1].Wait())
		ms, err := b.device.timer[1].Since(b.device.timer[0])
		b.must(op, err)
		if i == 1 || i > 1 && ms < best {
			best = ms
		}
	}
	return best
}

// mark records one of the device's timers.
func (b *Backend) mark(op string, timer int) {
	b.enterDirect(op)
	defer b.gate.leave(false)
	b.must(op, b.stream.Record(b.device.timer[timer]))
}
