package memae

import (
	"context"
	"fmt"
	"iter"

	"github.com/org/trustmae/internal/parallel"
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
	classes []int
}

// part is n photos of the batch from the first on.
func (b batch) part(first, n int) batch {
	size := len(b.pixels) / b.count
	return batch{pixels: b.pixels[first*size : (first+n)*size], count: n, classes: b.classes[first : first+n]}
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

// PhotoError tells that a training photo could not be read or has another size
// than the configuration's.
type PhotoError struct {
	Index int
	Err   error
}

func (e *PhotoError) Error() string { return fmt.Sprintf("training photo %d: %v", e.Index, e.Err) }
func (e *PhotoError) Unwrap() error { return e.Err }

// augmenter changes training photo i without writing to its argument.
type augmenter func(i int, img dataset.Image) dataset.Image

// batches yields the photos of the given lists in turn, the next ones being read
// and changed while the caller works. augment may be nil. The first error, that of
// a photo (PhotoError) or ctx's, ends the sequence.
func batches(ctx context.Context, data Data, size int, lists [][]int, augment augmenter) iter.Seq2[batch, error] {
	return parallel.Ahead(ctx, len(lists), 1, func(ctx context.Context, i int) (batch, error) {
		return loadBatch(ctx, data, size, lists[i], augment)
	})
}

// loadBatch reads and changes photos in parallel.
func loadBatch(ctx context.Context, data Data, size int, list []int, augment augmenter) (batch, error) {
	n := 3 * size * size
	b := batch{pixels: make([]float32, n*len(list)), count: len(list), classes: make([]int, len(list))}
	err := parallel.Each(ctx, len(list), func(k int) error {
		i := list[k]
		img, err := data.Image(i)
		if err != nil {
			return &PhotoError{i, err}
		}
		if img.Width != size || img.Height != size {
			return &PhotoError{i, fmt.Errorf("%d×%d pixels, want %d×%d; resize the data or set size", img.Width, img.Height, size, size)}
		}
		if augment != nil {
			img = augment(i, img)
		}
		toSigned(b.pixels[k*n:(k+1)*n], img.Pix)
		b.classes[k] = data.Class(i)
		return nil
	})
	return b, err
}
