package cuda

import "slices"

// blockValues is how many indices of a job a block has: four for each thread.
const blockValues = 4 * threads

// A launch's jobs travel with it, as many as its 4096 bytes of arguments hold.
const (
	mostJobs  = 24
	mostSteps = 56
	mostWalks = 10
)

// plan divides steps into launches, and the steps of a launch into jobs that have
// nothing to do with one another. A thread of a job does all its steps for the same
// indices. Where a step needs more of the ones before, a barrier is before it, so that
// such a job must fit a block. What fits no job of the launch that it depends on comes
// one launch later.
type plan struct {
	steps  []step
	levels []*level
}

// level is a launch.
type level struct {
	jobs         []job
	steps, walks int
}

// job is a row of steps, in order.
type job struct {
	steps   []int
	largest int  // number of values of a step
	barrier bool // between some of them
}

func newPlan(steps []step) *plan {
	p := &plan{steps: steps}
	for i := range steps {
		p.place(i)
	}
	return p
}

// place finds the earliest launch for a step, behind all that it depends on.
func (p *plan) place(i int) {
	earliest := 0
	for k, l := range slices.Backward(p.levels) {
		if jobs, d := p.related(l, i); len(jobs) > 0 {
			if p.join(l, jobs, i, d) {
				return
			}
			earliest = k + 1
			break
		}
	}
	s := &p.steps[i]
	for ; ; earliest++ {
		if earliest == len(p.levels) {
			p.levels = append(p.levels, new(level))
		}
		if l := p.levels[earliest]; len(l.jobs) < mostJobs && l.room(s) {
			l.add(s, job{steps: []int{i}, largest: s.n})
			return
		}
	}
}

// related returns the jobs that a step depends on, and how.
func (p *plan) related(l *level, i int) (jobs []int, d dependence) {
	for k, j := range l.jobs {
		found := independent
		for _, earlier := range j.steps {
			found = max(found, p.steps[i].on(&p.steps[earlier]))
		}
		if found != independent {
			jobs, d = append(jobs, k), max(d, found)
		}
	}
	return jobs, d
}

// room tells whether a launch can take a step.
func (l *level) room(s *step) bool {
	return l.steps < mostSteps && (s.walk == nil || l.walks < mostWalks)
}

// join makes one job of some jobs and a step that depends on them, if threads can do
// that without waiting for other blocks.
func (p *plan) join(l *level, jobs []int, i int, d dependence) bool {
	joined := job{largest: p.steps[i].n, barrier: d == byAll}
	for _, k := range jobs {
		j := l.jobs[k]
		joined.steps = append(joined.steps, j.steps...)
		joined.largest = max(joined.largest, j.largest)
		joined.barrier = joined.barrier || j.barrier
	}
	if joined.barrier && joined.largest > blockValues || !l.room(&p.steps[i]) {
		return false
	}
	slices.Sort(joined.steps)
	joined.steps = append(joined.steps, i)
	for _, k := range slices.Backward(jobs) {
		l.jobs = slices.Delete(l.jobs, k, k+1)
	}
	l.add(&p.steps[i], joined)
	return true
}

// add adds a job that ends with a new step.
func (l *level) add(s *step, j job) {
	l.jobs = append(l.jobs, j)
	l.steps++
	if s.walk != nil {
		l.walks++
	}
}
