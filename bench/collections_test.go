package bench

import (
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/memae"
)

// stopLimit is the longest that a garbage collection may wait until every thread
// has come to a point where it can be stopped.
const stopLimit = 5 * time.Millisecond

// TestCollectionsDoNotWait forces collections, one after the other, during whole
// training steps and takes the times that they waited for the threads to stop.
// Assembly can not be stopped, so the kernels have to return often. In one step of
// several no collection may wait too long. Where other programs take the
// processors away, which holds up a thread in assembly as well as any other, three
// of four must be in time.
func TestCollectionsDoNotWait(t *testing.T) {
	if testing.Short() {
		t.Skip("some training steps of photos of 256×256")
	}
	c := memae.DefaultConfig()
	c.Weights, c.Batch = "random", 2
	backend := newBackend(t)
	s, err := memae.NewStepper(c, memae.Options{Backend: backend})
	require.NoError(t, err)
	data := randomPhotos(c.Batch, c.Size)
	step := func() {
		_, err := s.Step(data)
		require.NoError(t, err)
	}
	step()
	const tries = 3
	disturbed, least := true, 1.0
	var longest []time.Duration
	for range tries {
		gap := longestGap(backend.Threads(), 300*time.Millisecond)
		w := collectDuring(step)
		require.Greater(t, w.stops, uint64(20))
		t.Logf("%d collections, %d of them waited longer than %v, the longest %v; plain Go was held up for %v", w.stops, w.late, stopLimit, w.longest, gap)
		if w.late == 0 {
			return
		}
		disturbed = disturbed && gap > stopLimit/5
		least = min(least, float64(w.late)/float64(w.stops))
		longest = append(longest, w.longest)
	}
	require.Less(t, least, 0.25, "share of collections that waited longer than %v", stopLimit)
	if disturbed {
		t.Skipf("other programs take the processors away; three of four collections are in time, the longest waits are %v", longest)
	}
	t.Errorf("collections waited up to %v in %d steps, want at most %v in one of them", longest, tries, stopLimit)
}

// waits are the times that collections took to stop all threads.
type waits struct {
	stops, late uint64 // all, and those above stopLimit
	longest     time.Duration
}

// collectDuring runs f amid collections. Times are rounded down to the limits of
// the runtime's histogram.
func collectDuring(f func()) (w waits) {
	before := stopTimes()
	var done atomic.Bool
	var collector sync.WaitGroup
	collector.Go(func() {
		for !done.Load() {
			runtime.GC()
		}
	})
	f()
	done.Store(true)
	collector.Wait()
	after := stopTimes()
	for i, n := range after.Counts {
		if n -= before.Counts[i]; n == 0 {
			continue
		}
		w.stops += n
		w.longest = time.Duration(max(after.Buckets[i], 0) * float64(time.Second))
		if w.longest > stopLimit {
			w.late += n
		}
	}
	return w
}

// longestGap runs plain Go on n threads and returns the longest time that one of
// them did not run.
func longestGap(n int, d time.Duration) time.Duration {
	gaps := make([]time.Duration, n)
	var group sync.WaitGroup
	for i := range gaps {
		group.Go(func() {
			start := time.Now()
			for last := start; last.Sub(start) < d; {
				now := time.Now()
				gaps[i] = max(gaps[i], now.Sub(last))
				last = now
			}
		})
	}
	group.Wait()
	return slices.Max(gaps)
}

// stopTimes is a copy of the histogram of the times that stopping all threads took.
func stopTimes() metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}}
	metrics.Read(sample)
	h := *sample[0].Value.Float64Histogram()
	h.Counts = slices.Clone(h.Counts)
	return h
}
