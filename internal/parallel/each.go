// Package parallel runs work that can wait on files, such as decoding photos, from
// several goroutines.
package parallel

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Each calls f(0) … f(n-1) from as many goroutines as there are processors and
// waits for them. It stops early when f fails or ctx ends. Of several errors it returns the one
// with the smallest index, so that a run reports the same error every time
// unless it was stopped before reaching it.
func Each(ctx context.Context, n int, f func(i int) error) error {
	if n != 1 {
		return each(ctx, n, f)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f(0); err != nil {
		return err
	}
	return ctx.Err()
}

// each is Each by goroutines.
func each(ctx context.Context, n int, f func(i int) error) error {
	var (
		next   atomic.Int64
		failed atomic.Bool
		mu     sync.Mutex
		first  = n
		result error
		wg     sync.WaitGroup
	)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for !failed.Load() && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(i); err != nil {
					failed.Store(true)
					mu.Lock()
					if i < first {
						first, result = i, err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if result == nil {
		return ctx.Err()
	}
	return result
}
