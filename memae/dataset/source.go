package dataset

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/org/trustmae/internal/parallel"
)

// defaultCache is 1 GiB: 1365 photos of 256×256.
const defaultCache = 1 << 30

// prefetch is how many batches wait ready-made, so that a slow photo does not
// stop the consumer.
const prefetch = 2

// Source gives photos at one size, by index. It keeps decoded photos in a
// bounded cache; photos beyond the bound are decoded again each time. It is
// safe for concurrent use.
type Source struct {
	samples       []Sample
	width, height int
	limit         int64

	mu    sync.Mutex
	cache []Image // no Pix where not cached
	used  int64
}

// Option changes a Source.
type Option func(*Source)

// CacheBytes bounds the cache; the default is 1 GiB. Zero turns it off.
func CacheBytes(n int64) Option {
	return func(s *Source) { s.limit = n }
}

// NewSource returns a source of the samples at width×height pixels. No photo is
// read before it is asked for.
func NewSource(samples []Sample, width, height int, options ...Option) *Source {
	checkSize("NewSource", width, height)
	s := &Source{
		samples: slices.Clone(samples), width: width, height: height,
		limit: defaultCache, cache: make([]Image, len(samples)),
	}
	for _, option := range options {
		option(s)
	}
	return s
}

// Len returns the number of photos.
func (s *Source) Len() int { return len(s.samples) }

// Sample returns the sample at index i.
func (s *Source) Sample(i int) Sample { return s.samples[i] }

// Image returns photo i, resized. It may be shared with other callers: do not
// modify its pixels.
func (s *Source) Image(i int) (Image, error) {
	s.mu.Lock()
	img := s.cache[i]
	s.mu.Unlock()
	if img.Pix != nil {
		return img, nil
	}
	img, err := LoadResized(s.samples[i].Path, s.width, s.height)
	if err != nil {
		return Image{}, err
	}
	size := 4 * int64(len(img.Pix))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cache[i].Pix == nil && s.used+size <= s.limit {
		s.cache[i] = img
		s.used += size
	}
	return img, nil
}

// Batch is a run of photos. Images[k] is photo Indices[k] of the source.
type Batch struct {
	Indices []int
	Images  []Image
}

// Batches cuts order, a list of indices, into batches of the given size (the
// last may be smaller) and yields them in turn. Photos are decoded, and passed
// through the transforms, from several goroutines while the caller works on
// earlier batches; results do not depend on their number. A transform gets the
// photo's index and must not modify its argument.
//
// The first error ends the sequence: that of a photo, with an empty Batch, or
// ctx's. Breaking out of the loop stops the goroutines. It panics if batch is
// below one or an index is out of range.
func (s *Source) Batches(ctx context.Context, order []int, batch int, transforms ...func(index int, img Image) Image) iter.Seq2[Batch, error] {
	if batch < 1 {
		panic(fmt.Sprintf("dataset.Batches: batch is %d, want at least 1", batch))
	}
	for _, i := range order {
		if i < 0 || i >= len(s.samples) {
			panic(fmt.Sprintf("dataset.Batches: order has index %d, want 0 to %d", i, len(s.samples)-1))
		}
	}
	lists := slices.Collect(slices.Chunk(order, batch))
	return parallel.Ahead(ctx, len(lists), prefetch, func(ctx context.Context, i int) (Batch, error) {
		return s.load(ctx, lists[i], transforms)
	})
}

// load decodes one batch in parallel.
func (s *Source) load(ctx context.Context, indices []int, transforms []func(int, Image) Image) (Batch, error) {
	b := Batch{Indices: slices.Clone(indices), Images: make([]Image, len(indices))}
	err := parallel.Each(ctx, len(indices), func(k int) error {
		img, err := s.Image(indices[k])
		if err != nil {
			return err
		}
		for _, transform := range transforms {
			img = transform(indices[k], img)
		}
		b.Images[k] = img
		return nil
	})
	if err != nil {
		return Batch{}, err
	}
	return b, nil
}
