package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPoolRunsEveryChunkOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		p := newPool(threads)
		for _, chunks := range []int{0, 1, 2, 3, 100} {
			counts := make([]atomic.Int32, chunks)
			p.run(chunks, func(c int) { counts[c].Add(1) })
			for c := range counts {
				require.EqualValues(t, 1, counts[c].Load(), "threads %d, chunk %d of %d", threads, c, chunks)
			}
		}
	}
}

// TestPoolBeginsWithItsShare: a thread goes through neighbouring chunks, the same in
// every job, and then through what others have left.
func TestPoolBeginsWithItsShare(t *testing.T) {
	for thread, want := range [][]int{{0, 1, 2, 3, 4, 5, 6, 7}, {2, 3, 4, 5, 6, 7, 0, 1}, {5, 6, 7, 0, 1, 2, 3, 4}} {
		var got []int
		j := newJob()
		j.set(8, 3, func(c int) { got = append(got, c) })
		j.help(thread)
		require.Equal(t, want, got, "thread %d", thread)
	}
}

func TestPoolNestedAndConcurrent(t *testing.T) {
	p := newPool(3)
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				p.run(5, func(int) {
					p.run(3, func(int) { total.Add(1) })
				})
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 4*50*5*3, total.Load())
}

func TestPoolPanicReachesCaller(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		p := newPool(threads)
		for bad := range 8 {
			require.PanicsWithValue(t, "boom", func() {
				p.run(8, func(c int) {
					if c == bad {
						panic("boom")
					}
					time.Sleep(10 * time.Microsecond)
				})
			})
		}
		var n atomic.Int64
		p.run(10, func(int) { n.Add(1) })
		require.EqualValues(t, 10, n.Load(), "pool works after a panic")
	}
}

func TestPoolEndsItsWorkers(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		newPool(4).run(8, func(int) {})
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before+3 && time.Now().Before(deadline) {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before+3)
}

func BenchmarkPoolRun(b *testing.B) {
	p := newPool(2)
	for b.Loop() {
		p.run(2, func(int) {})
	}
}
