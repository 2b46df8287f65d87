package dataset

import (
	"context"
	"fmt"
	"image"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// makeSource writes n photos of increasing brightness; photo i has shade 10·i.
func makeSource(t testing.TB, n int, options ...Option) *Source {
	root := t.TempDir()
	for i := range n {
		img := image.NewGray(image.Rect(0, 0, 20, 16))
		for k := range img.Pix {
			img.Pix[k] = uint8(10 * i)
		}
		write(t, root, fmt.Sprintf("%02d.png", i), encodePNG(t, img))
	}
	f, err := Open(root)
	require.NoError(t, err)
	return NewSource(f.Train, 10, 8, options...)
}

// shade tells which photo of makeSource an image is.
func shade(img Image) int { return int(img.Pix[0]*25.5 + 0.5) }

func TestBatches(t *testing.T) {
	s := makeSource(t, 11)
	require.Equal(t, 11, s.Len())
	order := []int{3, 1, 4, 1, 5, 9, 2, 6, 10, 0}
	var seen, sizes []int
	for b, err := range s.Batches(context.Background(), order, 4) {
		require.NoError(t, err)
		sizes = append(sizes, len(b.Images))
		for k, img := range b.Images {
			require.Equal(t, []int{10, 8, 3 * 10 * 8}, []int{img.Width, img.Height, len(img.Pix)})
			require.Equal(t, b.Indices[k], shade(img))
			seen = append(seen, shade(img))
		}
	}
	require.Equal(t, order, seen)
	require.Equal(t, []int{4, 4, 2}, sizes)
	for range s.Batches(context.Background(), nil, 4) {
		require.Fail(t, "a batch of nothing")
	}
}

func TestBatchesTransform(t *testing.T) {
	s := makeSource(t, 5)
	double := func(index int, img Image) Image {
		out := NewImage(img.Width, img.Height)
		out.Pix[0] = float32(2*index) / 25.5
		return out
	}
	for b, err := range s.Batches(context.Background(), []int{4, 2}, 1, double) {
		require.NoError(t, err)
		require.Equal(t, 2*b.Indices[0], shade(b.Images[0]))
	}
}

func TestBatchesBreakAndCancel(t *testing.T) {
	s := makeSource(t, 9)
	order := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}
	for b, err := range s.Batches(context.Background(), order, 2) {
		require.NoError(t, err)
		require.Equal(t, []int{0, 1}, b.Indices)
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	n := 0
	for _, err := range s.Batches(ctx, order, 1) {
		cancel()
		n, last = n+1, err
	}
	require.ErrorIs(t, last, context.Canceled)
	require.Less(t, n, 9)
}

func TestBatchesError(t *testing.T) {
	s := makeSource(t, 6, CacheBytes(0))
	require.NoError(t, os.WriteFile(s.Sample(3).Path, []byte("gone bad"), 0o644))
	var errs []error
	var seen []int
	for b, err := range s.Batches(context.Background(), []int{0, 1, 2, 3, 4, 5}, 2) {
		errs = append(errs, err)
		seen = append(seen, b.Indices...)
	}
	require.Equal(t, []int{0, 1}, seen)
	require.Len(t, errs, 2)
	require.ErrorContains(t, errs[1], "03.png: the file is no image")
}

func TestBatchesPanics(t *testing.T) {
	s := makeSource(t, 2)
	require.PanicsWithValue(t, "dataset.Batches: batch is 0, want at least 1", func() { s.Batches(context.Background(), nil, 0) })
	require.PanicsWithValue(t, "dataset.Batches: order has index 2, want 0 to 1", func() { s.Batches(context.Background(), []int{2}, 1) })
}

func TestSourceCacheIsBounded(t *testing.T) {
	const size = 4 * 3 * 10 * 8
	s := makeSource(t, 6, CacheBytes(2*size+1))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range s.Len() {
				img, err := s.Image(i)
				if err != nil || shade(img) != i {
					t.Errorf("photo %d: shade %d, error %v", i, shade(img), err)
				}
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, s.used, s.limit)
	// Two photos survive the loss of their files.
	cached := 0
	for i := range s.Len() {
		require.NoError(t, os.Remove(s.Sample(i).Path))
		if _, err := s.Image(i); err == nil {
			cached++
		}
	}
	require.Equal(t, 2, cached)
}
