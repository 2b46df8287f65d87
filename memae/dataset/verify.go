package dataset

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/org/trustmae/internal/parallel"
)

// MinSide is the shortest side, in pixels, of a photo that Verify lets pass:
// below, there is nothing to see.
const MinSide = 8

// Verify decodes every photo and mask and moves the samples that fail, or are
// smaller than MinSide, to Skipped. progress, if not nil, is called after each
// photo, one call at a time. The result is ctx's error, in which case f is
// unchanged, or ErrEmpty if no photo is left.
func (f *Folder) Verify(ctx context.Context, progress func(done, total int)) error {
	samples := slices.Concat(f.Train, f.Test)
	faults := make([]error, len(samples))
	var mu sync.Mutex
	done := 0
	err := parallel.Each(ctx, len(samples), func(i int) error {
		faults[i] = verifySample(samples[i])
		if progress != nil {
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done, len(samples))
		}
		return nil
	})
	if err != nil {
		return err
	}
	train, test := len(f.Train), len(f.Test)
	f.Train, f.Test = nil, nil
	for i, s := range samples {
		switch {
		case faults[i] != nil:
			f.skip(s.Path, faults[i])
		case i < train:
			f.Train = append(f.Train, s)
		default:
			f.Test = append(f.Test, s)
		}
	}
	f.sort()
	if len(f.Train) == 0 && train > 0 || len(f.Test) == 0 && test > 0 {
		return fmt.Errorf("dataset: verify %s: %w", f.Root, f.emptyError())
	}
	return nil
}

// verifySample reports why a sample cannot be used.
func verifySample(s Sample) error {
	if _, err := decodePhoto(s.Path); err != nil {
		return err
	}
	if s.Mask == "" {
		return nil
	}
	if _, err := decodeFile(s.Mask); err != nil {
		return fmt.Errorf("its mask: %w", err)
	}
	return nil
}

// decodePhoto decodes a file and refuses it below MinSide.
func decodePhoto(path string) (picture, error) {
	p, err := decodeFile(path)
	if err != nil {
		return picture{}, err
	}
	if size := p.size(); min(size.X, size.Y) < MinSide {
		return picture{}, fmt.Errorf("the photo is %d×%d pixels: each side must have at least %d", size.X, size.Y, MinSide)
	}
	return p, nil
}
