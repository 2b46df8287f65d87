package memae

import (
	"errors"
	"fmt"

	"github.com/org/trustmae/kernels"
)

// MemoryError tells that the device has too little memory for a batch, and how
// many photos it has room for.
type MemoryError struct {
	Batch int // photos that were tried
	Fits  int // the most that went through when tried afterwards; 0: not even the least
	Err   error
}

// Error says what to do.
func (e *MemoryError) Error() string {
	if e.Fits == 0 {
		return fmt.Sprintf("memae: the device's memory is too small for this model, whatever the batch: take a smaller size or width, or another device: %v", e.Err)
	}
	return fmt.Sprintf("memae: the device's memory is too small for a batch of %d photos, but %d fit: set batch to at most %d: %v", e.Batch, e.Fits, e.Fits, e.Err)
}

// Unwrap returns the device's words.
func (e *MemoryError) Unwrap() error { return e.Err }

// leastStep is how many photos a training step takes at least.
const leastStep = 2

// within does a part of training with a batch. Where the device's memory is too
// small for it the error is a [MemoryError]: smaller batches were then tried, so
// that the networks have changed and the run is over.
func (tr *trainer) within(b batch, work func() error) error {
	err := caught(work)
	if errors.Is(err, kernels.ErrOutOfMemory) {
		return &MemoryError{b.count, tr.largestStep(b), err}
	}
	return err
}

// stepWithin is step within.
func (tr *trainer) stepWithin(b batch) (r *report, err error) {
	err = tr.within(b, func() (err error) {
		r, err = tr.step(b)
		return err
	})
	return r, err
}

// caught returns what a device's failure ends work with as an error.
func caught(work func() error) (err error) {
	defer kernels.Catch(&err)
	return work()
}

// largestStep finds by bisection with how many of a batch's photos, all of which
// are too many, a step succeeds; 0 if with none. Trying is surer than reckoning:
// memory is taken in classes of sizes, and algorithms change with shapes.
func (tr *trainer) largestStep(b batch) int {
	fits, tooMany := leastStep-1, b.count
	tr.forget(tooMany) // its photos would take room from fewer ones
	for tooMany-fits > 1 {
		n := (fits + tooMany) / 2
		err := caught(func() error {
			_, err := tr.step(b.part(0, n))
			return err
		})
		switch {
		case err == nil:
			fits = n
		case errors.Is(err, kernels.ErrOutOfMemory):
			tooMany = n
			tr.forget(n)
		default:
			return 0 // something else is wrong, which the first error does not hide
		}
	}
	if fits < leastStep {
		return 0
	}
	return fits
}

// forward is reconstruct, in parts where the device's memory is too small for
// the batch; s remembers how many photos fit.
func (d *TrustMAE) forward(s *stream, b batch, used []bool) (results []Result, err error) {
	if s.most == 0 || b.count <= s.most {
		err = caught(func() error {
			results = d.reconstruct(s, b, used)
			return nil
		})
		if !errors.Is(err, kernels.ErrOutOfMemory) {
			return results, err
		}
		if b.count == 1 {
			return nil, &MemoryError{Batch: 1, Err: err}
		}
		s.most = b.count / 2
	}
	for first := 0; first < b.count; {
		n := min(s.most, b.count-first)
		part, err := d.forward(s, b.part(first, n), used)
		if err != nil {
			return nil, err
		}
		results, first = append(results, part...), first+n
	}
	return results, nil
}
