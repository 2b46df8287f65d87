// Package peak measures the ceilings that a processor sets for float32 arithmetic
// and for moving memory, and reports benchmarks against them.
package peak

import (
	"sync"
	"time"
)

// Peak is a processor's ceiling in GFLOP/s (a multiply-add counts twice).
type Peak struct {
	One float64 // of one thread
	All float64 // of all threads at once
}

// fmaLoop runs rounds of independent multiply-adds between registers.
type fmaLoop struct {
	run      func(rounds int)
	perRound int // multiply-adds, counting every lane
}

// loopOf returns the loop as wide as the registers of a kernel table (see
// cpu.List).
func loopOf(table string) fmaLoop {
	if l, ok := fmaLoops[table]; ok {
		return l
	}
	return fmaLoop{run: fmaPlain, perRound: 12}
}

type key struct {
	table   string
	threads int
}

// known remembers the measured ceilings.
var known sync.Map // key to Peak

// Of returns the ceiling of the instructions of a kernel table, measured at the
// first call.
func Of(table string, threads int) Peak {
	k := key{table, threads}
	if p, ok := known.Load(k); ok {
		return p.(Peak)
	}
	p := Measure(table, threads)
	known.Store(k, p)
	return p
}

// Measure times the multiply-adds that Of remembers.
func Measure(table string, threads int) Peak {
	l := loopOf(table)
	return Peak{One: l.rate(1), All: l.rate(threads)}
}

const (
	rounds    = 10_000 // 20 to 40 µs a call, so that collections are not held up
	calls     = 10     // a stretch that is timed
	stretches = 200
)

// rate runs the loop on n threads at once and returns the sum of their best
// stretches. Stretches are shorter than a time slice of the operating system, so
// that other programs do not count unless they slow the clock.
func (l fmaLoop) rate(n int) float64 {
	rates := make([]float64, n)
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() { rates[i] = l.best() })
	}
	done.Wait()
	sum := 0.0
	for _, r := range rates {
		sum += r
	}
	return sum
}

// best is the rate of the best stretch.
func (l fmaLoop) best() float64 {
	shortest := time.Duration(1<<63 - 1)
	for range stretches {
		start := time.Now()
		for range calls {
			l.call()
		}
		shortest = min(shortest, time.Since(start))
	}
	return 2 * float64(l.perRound) * rounds * calls / float64(shortest.Nanoseconds())
}

// call is an ordinary Go function around the assembly, which has no point where
// the collector could stop it.
//
//go:noinline
func (l fmaLoop) call() { l.run(rounds) }
