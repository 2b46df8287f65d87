package memae

import (
	"context"
	"fmt"
	"iter"

	"github.com/org/trustmae/memae/dataset"
)

// Data is a set of training photos, all of the size that the configuration
// names. It must be safe for concurrent use and give the same photo for the same
// index every time.
type Data interface {
	// Len is the number of photos.
	Len() int
	// Image returns photo i; its pixels are not written to.
	Image(i int) (dataset.Image, error)
	// Class tells which product photo i shows, from 0; always 0 with one product.
	Class(i int) int
}

// FromSource makes the photos of one product training data.
func FromSource(s *dataset.Source) Data { return single{s} }

type single struct{ *dataset.Source }

// Class is 0: there is one product.
func (single) Class(int) int { return 0 }

// Join makes one set of several products, each a class of its own, for
// Config.Scope "joint".
func Join(products ...Data) Data { return joined(products) }

type joined []Data

// Len is the number of photos of all products.
func (j joined) Len() int {
	n := 0
	for _, d := range j {
		n += d.Len()
	}
	return n
}

// Image returns photo i, products one after the other.
func (j joined) Image(i int) (dataset.Image, error) {
	class, i := j.find(i)
	return j[class].Image(i)
}

// Class is the product's position.
func (j joined) Class(i int) int {
	class, _ := j.find(i)
	return class
}

func (j joined) find(i int) (class, index int) {
	for class, d := range j {
		if i < d.Len() {
			return class, i
		}
		i -= d.Len()
	}
	panic(fmt.Sprintf("memae.Join: photo %d, want below %d", i, j.Len()))
}

// batch is a step's photos.
type batch struct {
	pixels  []float32 // [N,3,S,S], in [-1,1]
	count   int
	indices []int
	classes []int
}

// tensor values of a photo run from -1 to 1, its pixels from 0 to 1.
func toSigned(dst, pixels []float32) {
	for i, v := range pixels {
		dst[i] = 2*v - 1
	}
}

// toUnit is toSigned's inverse.
func toUnit(dst, values []float32) {
	for i, v := range values {
		dst[i] = (v + 1) / 2
	}
}

// batches yields the photos of the given lists in turn, the next one being made
// while the caller works. change alters a photo (augmentation) and may be nil.
// The first error ends the sequence.
func batches(ctx context.Context, data Data, size int, lists [][]int, change func(i int, img dataset.Image) dataset.Image) iter.Seq2[batch, error] {
	type item struct {
		b   batch
		err error
	}
	return func(yield func(batch, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ready := make(chan item, 1)
		done := make(chan struct{})
		defer func() { cancel(); <-done }()
		go func() {
			defer close(done)
			defer close(ready)
			for _, list := range lists {
				b, err := loadBatch(data, size, list, change)
				select {
				case ready <- item{b, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		}()
		for it := range ready {
			if !yield(it.b, it.err) || it.err != nil {
				return
			}
		}
	}
}

func loadBatch(data Data, size int, list []int, change func(i int, img dataset.Image) dataset.Image) (batch, error) {
	n := 3 * size * size
	b := batch{pixels: make([]float32, n*len(list)), count: len(list), indices: list}
	for k, i := range list {
		img, err := data.Image(i)
		if err != nil {
			return batch{}, fmt.Errorf("memae: training photo %d: %w", i, err)
		}
		if img.Width != size || img.Height != size {
			return batch{}, fmt.Errorf("memae: training photo %d is %d×%d, want %d×%d; resize the data or set size", i, img.Width, img.Height, size, size)
		}
		if change != nil {
			img = change(i, img)
		}
		toSigned(b.pixels[k*n:(k+1)*n], img.Pix)
		b.classes = append(b.classes, data.Class(i))
	}
	return b, nil
}
