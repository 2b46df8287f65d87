package parallel

import (
	"context"
	"iter"
	"sync"
)

// Ahead yields produce(0) … produce(n-1) in turn. They are made one after the
// other in a goroutine of their own; up to depth of them wait ready-made, and one
// more is in the making, while the caller works.
//
// The first error ends the sequence: that of produce, or ctx's, which is the
// argument of produce and ends with the loop. Breaking out waits for the call of
// produce that is under way.
func Ahead[T any](ctx context.Context, n, depth int, produce func(ctx context.Context, i int) (T, error)) iter.Seq2[T, error] {
	type item struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		var wg sync.WaitGroup
		defer wg.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		ready := make(chan item, depth)
		wg.Go(func() {
			defer close(ready)
			for i := range n {
				value, err := produce(ctx, i)
				select {
				case ready <- item{value, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		})
		for it := range ready {
			if ctx.Err() != nil {
				break
			}
			if !yield(it.value, it.err) || it.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			var none T
			yield(none, err)
		}
	}
}
