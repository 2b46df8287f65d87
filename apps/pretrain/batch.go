package main

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"github.com/org/trustmae/apps/pretrain/textures"
	"github.com/org/trustmae/autograd"
)

// batch is some pairs of pictures, pixels in [-1,1].
type batch struct {
	pixels []float32 // [2N,3,S,S], the photos, then their references
	defect []float32 // [N,1,S,S], 1 on defects
	far    []float32 // [N,1,S,S], 1 far from defects
	count  int       // N
	size   int       // S
}

// heldOut is the stream of pictures that nothing is learnt from.
const heldOut = 1 << 32

// newBatch draws count pairs from the given index of a seed's stream on.
func newBatch(size, count int, seed, first uint64) batch {
	return drawBatch(size, count, func(i int) textures.Pair { return textures.NewPair(size, seed, first+uint64(i)) })
}

// drawBatch puts count pairs together. They are drawn beside one another.
func drawBatch(size, count int, pair func(i int) textures.Pair) batch {
	n := size * size
	b := batch{
		pixels: make([]float32, 2*count*3*n), count: count, size: size,
		defect: make([]float32, count*n), far: make([]float32, count*n),
	}
	put := func(at int, m *textures.Image) {
		for i, v := range m.Pix {
			b.pixels[at*3*n+i] = 2*v - 1
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range count {
		slots <- struct{}{}
		wg.Go(func() {
			p := pair(i)
			put(i, p.Photo)
			put(count+i, p.Reference)
			copy(b.defect[i*n:], p.Defect)
			copy(b.far[i*n:], p.Far)
			<-slots
		})
	}
	wg.Wait()
	return b
}

// batches draws the steps [from,to) of a run, one batch ahead of its consumer.
func batches(ctx context.Context, s settings, from, to int) iter.Seq[batch] {
	return func(yield func(batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		ready, pool := make(chan batch), newPool(s)
		go func() {
			defer close(ready)
			for step := from; step < to; step++ {
				first := uint64(step) * uint64(s.Batch)
				b := drawBatch(s.Size, s.Batch, func(i int) textures.Pair { return pool.pair(first + uint64(i)) })
				select {
				case ready <- b:
				case <-ctx.Done():
					return
				}
			}
		}()
		for b := range ready {
			if ctx.Err() != nil || !yield(b) {
				return
			}
		}
	}
}

// input puts the pictures on the tape's backend, [2N,3,S,S].
func (b batch) input(t *autograd.Tape) *autograd.Tensor {
	return t.Input(b.pixels, 2*b.count, 3, b.size, b.size)
}
