package cpu

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// BenchmarkLine times a cache line's way from one thread to another and back. It
// tells how near to each other the processors are that a virtual machine runs on at
// the moment: a tenth of a microsecond where they share a cache, several tenths where
// they do not. Layers whose threads read each other's results depend on it.
func BenchmarkLine(b *testing.B) {
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("wants two threads")
	}
	var turn atomic.Int64 // odd: the other thread's, negative: the end
	go func() {
		for v := turn.Load(); v >= 0; v = turn.Load() {
			if v%2 == 1 {
				turn.Store(v + 1)
			}
		}
	}()
	for b.Loop() {
		next := turn.Load() + 2
		turn.Store(next - 1)
		for turn.Load() != next {
		}
	}
	turn.Store(-1)
}
