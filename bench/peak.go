package bench

import (
	"strings"
	"sync"
	"time"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
)

// Peak is the ceiling that a processor sets for float32 arithmetic, in GFLOP/s
// (a multiply-add counts twice).
type Peak struct {
	One float64 // of one thread
	All float64 // of all the backend's threads at once
	How string  // what was timed
}

// peaks remembers the measured ceilings by what they were measured with.
var peaks sync.Map

type peakKey struct {
	backend string
	threads int
}

// MeasurePeak times multiply-adds between registers of the width that the
// backend's kernels use, at the first call for a kind of backend. Where the backend has no assembly, the ceiling
// is the rate of a matrix product in the second-level cache.
func MeasurePeak(b *cpu.Backend) (Peak, error) {
	key := peakKey{b.Name(), b.Threads()}
	if known, ok := peaks.Load(key); ok {
		return known.(Peak), nil
	}
	p, err := measurePeak(b)
	if err == nil {
		peaks.Store(key, p)
	}
	return p, err
}

func measurePeak(b *cpu.Backend) (Peak, error) {
	if loop := fmaLoopOf(b.Name()); loop.run != nil {
		return Peak{One: loop.rate(1), All: loop.rate(b.Threads()), How: "multiply-adds between registers"}, nil
	}
	_, table, _ := strings.Cut(b.Name(), "/")
	single, err := cpu.New(cpu.Options{Threads: 1, Table: table})
	if err != nil {
		return Peak{}, err
	}
	return Peak{One: matMulRate(single), All: matMulRate(b), How: "matrix product in cache"}, nil
}

// fmaLoop is an assembly loop of independent multiply-adds.
type fmaLoop struct {
	run   func(rounds int)
	lanes int // values in a register
}

const (
	fmaPerRound  = 12
	fmaRounds    = 10_000 // 20 to 40 µs a call, so that collections are not held up
	fmaCalls     = 10     // a stretch that is timed
	fmaStretches = 200
)

// rate runs the loop on n threads at once and returns the sum of their best
// stretches in GFLOP/s. Stretches are shorter than a time slice of the operating
// system, so that other programs do not count unless they slow the clock.
func (l fmaLoop) rate(n int) float64 {
	rates := make([]float64, n)
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			operations := 2 * float64(l.lanes) * fmaPerRound * fmaRounds * fmaCalls
			rates[i] = bestRate(fmaStretches, operations, func() {
				for range fmaCalls {
					l.chunk()
				}
			})
		})
	}
	done.Wait()
	sum := 0.0
	for _, r := range rates {
		sum += r
	}
	return sum
}

// chunk is an ordinary Go function around the assembly, which has no point where
// the collector could stop it.
//
//go:noinline
func (l fmaLoop) chunk() { l.run(fmaRounds) }

// matMulRate times a product whose three matrices have 256 KB each.
func matMulRate(b *cpu.Backend) float64 {
	const side, tries = 256, 30
	n := side * side
	y, p, q := b.Alloc(n), b.Alloc(n), b.Alloc(n)
	defer func() { b.Free(y); b.Free(p); b.Free(q) }()
	b.Fill(p, 0.5)
	b.Fill(q, 0.5)
	return bestRate(tries, 2*side*float64(n), func() {
		b.MatMul(y, p, q, kernels.MatMulShape{M: side, N: side, K: side})
	})
}

// bestRate is the highest rate of several runs, GFLOP/s: other programs can only
// slow a run down.
func bestRate(tries int, operations float64, run func()) float64 {
	best := 0.0
	for range tries {
		start := time.Now()
		run()
		best = max(best, operations/time.Since(start).Seconds()/1e9)
	}
	return best
}
