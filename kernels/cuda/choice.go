package cuda

import (
	"math"
	"sync"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// Choices of this package's kernels instead of an algorithm of cuDNN, whose numbers
// count from 0: those that every device has, and those by instructions of a warpgroup.
const (
	own        = -1
	warpgroups = -2
)

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
	library   bool // cuDNN was asked, too
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

// run computes a convolution by what is fastest for its shape. Where that fails, the
// own kernel does it from then on.
func (b *Backend) run(op string, c convolution) {
	best := own
	if list := b.candidates(c); len(list) > 1 {
		key := choiceKey{c.direction, c.shape, b.precision, b.dnn.takes(c)}
		best = b.choose(op, key, c, list)
		if b.compute(op, c, best) == nil {
			return
		}
		b.device.choices.set(key, own)
	}
	b.multiply(op, c, own)
}

// candidates are what can compute a convolution, the own kernel first. Runs that are to
// be the same have no other.
func (b *Backend) candidates(c convolution) []int {
	list := []int{own}
	if b.deterministic {
		return list
	}
	if b.precision != F32 && b.device.functions[c.tensorKernel(b.precision, warpgroups)] != nil {
		list = append(list, warpgroups)
	}
	if b.dnn.takes(c) {
		list = append(list, algorithms[c.direction]...)
	}
	return list
}

// compute computes a convolution by what was chosen; only cuDNN fails.
func (b *Backend) compute(op string, c convolution, choice int) error {
	if choice == own || choice == warpgroups {
		b.multiply(op, c, choice)
		return nil
	}
	return b.convolve(op, c, choice)
}

// choose returns which candidate computes a convolution fastest, after timing them
// where its shape is new. While work is recorded nothing can be timed: the own kernel
// does what is new then.
func (b *Backend) choose(op string, key choiceKey, c convolution, candidates []int) int {
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
	best, least := own, float32(math.Inf(1))
	for _, a := range candidates {
		if ms := b.time(op, func() error { return b.compute(op, c, a) }); ms >= 0 && ms < least {
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
