package peak

import (
	"sync"
	"time"
)

// copies remembers the measured rate of copying by the number of threads.
var copies sync.Map // int to float64

// Copy is the rate at which threads copy memory that no cache holds, in bytes
// read and written in a second: the ceiling of work that computes little. It is
// measured at the first call.
func Copy(threads int) float64 {
	if rate, ok := copies.Load(threads); ok {
		return rate.(float64)
	}
	rate := measureCopy(threads)
	copies.Store(threads, rate)
	return rate
}

const (
	copied = 64 << 20 // bytes of all threads: more than the caches of most processors
	tries  = 20
)

func measureCopy(threads int) float64 {
	from, to := make([]byte, copied), make([]byte, copied)
	for i := range from {
		from[i] = byte(i) // untouched pages are all the same one
	}
	shortest := time.Duration(1<<63 - 1)
	for range tries {
		start := time.Now()
		var done sync.WaitGroup
		for i := range threads {
			lo, hi := i*copied/threads, (i+1)*copied/threads
			done.Go(func() { copy(to[lo:hi], from[lo:hi]) })
		}
		done.Wait()
		shortest = min(shortest, time.Since(start))
	}
	return 2 * copied / shortest.Seconds()
}
