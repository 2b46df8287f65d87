package cuda

import "github.com/org/trustmae/kernels/cuda/internal/driver"

// stepArguments are those of the kernel elementwise.
type stepArguments struct {
	count, span uint32
	jobs        [mostJobs]jobArgument
	steps       [mostSteps]stepArgument
	walks       [mostWalks]operands
}

// jobArgument is steps from begin to end, done by the blocks from block on.
type jobArgument struct {
	begin, end uint16
	block      uint32
}

// stepArgument is a step. Without p or q it takes the result of the step before, and
// without y only the step behind takes its own.
type stepArgument struct {
	y, p, q          driver.Ptr
	a, b             float32
	n                uint32
	pStride, qStride uint32
	function         function
	walk             int8 // index in walks; -1: none
	barrier          bool
}

// arguments are a launch's, and the number of its blocks.
func (p *plan) arguments(l *level) (args *stepArguments, blocks int) {
	args = &stepArguments{count: uint32(len(l.jobs)), span: blockValues}
	at, walks := 0, 0
	for k, j := range l.jobs {
		args.jobs[k] = jobArgument{begin: uint16(at), end: uint16(at + len(j.steps)), block: uint32(blocks)}
		blocks += ceilDiv(j.largest, blockValues)
		for i, barrier := range p.barriers(j) {
			s := &p.steps[j.steps[i]]
			args.steps[at] = stepArgument{
				y: s.y.at, p: s.p.at, q: s.q.at, a: s.a, b: s.b, n: uint32(s.n),
				pStride: uint32(s.p.stride), qStride: uint32(s.q.stride), function: s.f, walk: -1, barrier: barrier,
			}
			if s.walk != nil {
				args.steps[at].walk = int8(walks)
				args.walks[walks] = *s.walk
				walks++
			}
			at++
		}
		p.pass(j, args.steps[at-len(j.steps):at])
	}
	return args, blocks
}

// barriers tells before which steps of a job its threads wait for one another.
func (p *plan) barriers(j job) []bool {
	list, since := make([]bool, len(j.steps)), 0
	for i := range j.steps {
		for _, earlier := range j.steps[since:i] {
			if p.steps[j.steps[i]].on(&p.steps[earlier]) == byAll {
				list[i], since = true, i
				break
			}
		}
	}
	return list
}

// pass lets results that the next step reads stay with the thread, and leaves out
// writing those that nothing else reads.
func (p *plan) pass(j job, args []stepArgument) {
	for i := 1; i < len(args); i++ {
		before, s := &p.steps[j.steps[i-1]], &p.steps[j.steps[i]]
		if before.n < s.n {
			continue
		}
		if s.p.alike(before.y) {
			args[i].p = 0
		}
		if s.q.alike(before.y) {
			args[i].q = 0
		}
		if !p.needed(j.steps[i-1], j.steps[i], args[i]) {
			args[i-1].y = 0
		}
	}
}

// needed tells whether memory has to have what a step writes: because a later one
// reads some of it, other than next, to which it may be passed, or because it is
// neither overwritten nor freed.
func (p *plan) needed(written, next int, passed stepArgument) bool {
	y := p.steps[written].y
	for i, s := range p.steps[written+1:] {
		if i += written + 1; i == next && passed.p == 0 {
			s.p = operand{}
		}
		if i == next && passed.q == 0 {
			s.q = operand{}
		}
		if s.p.meets(y) || s.q.meets(y) {
			return true
		}
		if s.y.alike(y) && s.y.end >= y.end {
			return false
		}
	}
	return !p.steps[written].freed.Load()
}
