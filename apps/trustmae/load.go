package main

import (
	"cmp"
	"context"
	"errors"
	"image"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/org/trustmae/memae/dataset"
)

// loaded is an input as read from its file.
type loaded struct {
	input
	image dataset.Image // at the model's size
	size  image.Point   // of the photo, pixels
}

// load reads inputs in batches, one batch ahead of the caller. A photo that
// cannot be read stays in its batch with its error. The sequence ends early with
// ctx.
func load(ctx context.Context, inputs []input, batch, size int) iter.Seq[[]loaded] {
	return func(yield func([]loaded) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ready := make(chan []loaded)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() {
			defer close(ready)
			for chunk := range slices.Chunk(inputs, batch) {
				out := make([]loaded, len(chunk))
				concurrently(ctx, len(chunk), func(i int) { out[i] = chunk[i].read(size) })
				select {
				case ready <- out:
				case <-ctx.Done():
					return
				}
			}
		})
		for b := range ready {
			if ctx.Err() != nil || !yield(b) {
				return
			}
		}
	}
}

// read decodes an input and resizes it to a square.
func (in input) read(size int) loaded {
	l := loaded{input: in}
	if l.err != nil {
		return l
	}
	img, err := dataset.Load(in.path)
	if err != nil {
		l.err = cmp.Or(errors.Unwrap(err), err) // the row names the path
		return l
	}
	l.size = image.Pt(img.Width, img.Height)
	l.image = dataset.Resize(img, size, size)
	return l
}

// concurrently calls f(0) … f(n-1) from as many goroutines as there are
// processors, until ctx ends.
func concurrently(ctx context.Context, n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}
