package memae

import (
	"context"
	"fmt"

	"github.com/org/trustmae/kernels"
)

// Stepper runs the steps of [TrustMAE.Fit] one at a time, for benchmarks and for
// training loops of one's own: augmentation, order, learning rate schedule and
// checkpoints are the caller's affair. It belongs to one goroutine at a time.
type Stepper struct {
	trainer *trainer
}

// NewStepper returns a stepper with fresh weights. Of the options it uses
// Backend and WeightsDir.
func NewStepper(c Config, o Options) (*Stepper, error) {
	d, err := New(c, o)
	if err != nil {
		return nil, err
	}
	return &Stepper{d.trainer}, nil
}

// Generator returns the network that the steps train.
func (s *Stepper) Generator() *Generator { return s.trainer.gen }

// Step updates generator and memory, then the discriminator, with all photos of
// the batch and returns the figures that [StepStats] logs. The first step
// initialises the memory from its batch if the configuration says so. It fails on
// fewer than two photos, on photos of another size than the configuration's, on a
// loss that is not a number ([DivergedError]) and on failures of the device, among
// them a [MemoryError].
func (s *Stepper) Step(photos Data) (figures []Figure, err error) {
	defer kernels.Catch(&err)
	tr := s.trainer
	if photos.Len() < 2 {
		return nil, fmt.Errorf("memae: a step of %d photos, want at least 2", photos.Len())
	}
	if !tr.pos.Ready {
		if err := tr.initMemory(context.Background(), photos); err != nil {
			return nil, err
		}
		tr.pos.Ready = true
	}
	for b, err := range tr.loader.batches(context.Background(), photos, [][]int{indices(photos.Len())}, nil) {
		if err != nil {
			return nil, err
		}
		r, err := tr.stepWithin(b)
		if err == nil {
			figures, err = r.figures()
		}
		if err != nil {
			return nil, tr.locate(err, 1)
		}
	}
	tr.pos.Step++
	return figures, nil
}
