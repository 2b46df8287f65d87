package memae

import (
	"fmt"

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
