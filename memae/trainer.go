package memae

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// Hooks are told how training goes on; each may be nil. They run between steps,
// on the training goroutine. Where a device works by itself, Step is told of a step
// while the next is at work; at the end of an epoch and before a checkpoint all
// have been told.
type Hooks struct {
	Step    func(StepStats)
	Epoch   func(EpochStats)
	Message func(text string) // something the user should know
}

// StepStats is one step's log.
type StepStats struct {
	Epoch, Epochs int // from 1
	Step, Steps   int // within the epoch, from 1
	Photos        int // in the step's batch
	Figures       []Figure
	Seconds       float64
}

// EpochStats is one epoch's log: means over its steps.
type EpochStats struct {
	Epoch, Epochs int // from 1
	Steps         int
	Figures       []Figure
	Seconds       float64
}

// position is how far training has come.
type position struct {
	Epoch   int       `json:"epoch"` // finished epochs
	Step    int       `json:"step"`  // finished steps of the next one
	Sums    []Figure  `json:"sums"`  // of the figures of those steps
	Seconds float64   `json:"seconds"`
	Ready   bool      `json:"ready"` // the memory has been initialised
	History []history `json:"history"`
}

type history struct {
	Epoch   int      `json:"epoch"`
	Figures []Figure `json:"figures"`
}

// trainer runs generator and discriminator in turn.
type trainer struct {
	config   Config
	backend  kernels.Backend
	tape     *autograd.Tape
	loader   *loader
	gen      *Generator
	disc     *Discriminator
	features *perceptual.FeatureLoss // nil without the VGG term
	digest   string                  // of its weights, once asked for

	weightsAdam, memoryAdam, discAdam *nn.Adam
	average                           *average // nil without EMA
	pos                               position

	later      kernels.Asynchronous // the backend, if steps are queued; nil: they are done when they return
	capturer   kernels.Capturer     // the backend, if steps can be recorded, else nil
	workplaces map[int]*workplace   // by batch size
	message    func(text string)    // may be nil
}

// random streams of a run; each is a PCG of the seed and its number.
const (
	streamWeights = iota + 1
	streamMemory
	streamOrder
)

func (c Config) stream(kind uint64, index int) *rand.Rand {
	return rand.New(rand.NewPCG(c.Seed, kind<<32|uint64(index)))
}

// newTrainer makes fresh networks.
func newTrainer(c Config, b kernels.Backend, features *perceptual.FeatureLoss) *trainer {
	rng := c.stream(streamWeights, 0)
	tr := &trainer{
		config: c, backend: b, tape: autograd.NewTape(b), loader: newLoader(b, c.Size), features: features,
		workplaces: make(map[int]*workplace),
	}
	tr.later, _ = b.(kernels.Asynchronous)
	tr.capturer, _ = b.(kernels.Capturer)
	tr.gen = NewGenerator(b, c, rng)
	tr.disc = NewDiscriminator(b, c, rng)
	o := c.Optimizer
	adam := func(params []*autograd.Tensor, lr float64) *nn.Adam {
		return nn.NewAdam(params, nn.AdamOptions{LR: lr, Beta1: o.Betas[0], Beta2: o.Betas[1], Eps: o.Eps})
	}
	tr.weightsAdam = adam(tr.gen.weights(), o.LR)
	tr.memoryAdam = adam([]*autograd.Tensor{tr.gen.Memory.Slots}, o.LR*c.Memory.LRMult)
	tr.discAdam = adam(tr.disc.parameters(), o.DiscriminatorLR)
	if o.EMA > 0 {
		tr.average = newAverage(tr.generatorParameters(), o.EMA)
	}
	return tr
}

func (tr *trainer) generatorParameters() []*autograd.Tensor {
	return append(tr.gen.weights(), tr.gen.Memory.Slots)
}

// adversarial tells whether the discriminator takes part.
func (tr *trainer) adversarial() bool { return tr.config.Loss.GAN != 0 || tr.config.Loss.Feature != 0 }

// run trains until the last epoch. save is called after every epoch and, when
// ctx ends or a photo cannot be read any more, before that error is returned.
func (tr *trainer) run(ctx context.Context, data Data, hooks Hooks, save func() error) error {
	if err := tr.config.checkClasses(data); err != nil {
		return err
	}
	tr.message = hooks.Message
	defer tr.releaseGraphs()
	defer tr.tape.Reset()
	if !tr.pos.Ready {
		if err := tr.initMemory(ctx, data); err != nil {
			return err
		}
		tr.pos.Ready = true
	}
	for tr.pos.Epoch < tr.config.Epochs {
		err := tr.epoch(ctx, data, hooks)
		var unread *PhotoError
		if err != nil && !errors.Is(err, ctx.Err()) && !errors.As(err, &unread) {
			return err // of a step, which may be half done
		}
		if failed := save(); failed != nil {
			return errors.Join(fmt.Errorf("memae: checkpoint: %w", failed), err)
		}
		if err != nil {
			return fmt.Errorf("memae: training stopped in epoch %d of %d: %w", tr.pos.Epoch+1, tr.config.Epochs, err)
		}
	}
	return nil
}

// order returns the photos of every step of an epoch: a seeded permutation, and
// further ones where the configuration asks for more steps than it gives.
func (c Config) order(photos, epoch int) [][]int {
	rng := c.stream(streamOrder, epoch)
	var lists [][]int
	for len(lists) == 0 || len(lists) < c.MinUpdates {
		perm := rng.Perm(photos)
		for at := 0; at < photos; at += c.Batch {
			list := perm[at:min(at+c.Batch, photos)]
			whole := len(list) == c.Batch || photos < c.Batch
			if len(list) >= 2 && (whole || !c.DropLast) {
				lists = append(lists, list)
			}
		}
	}
	return lists
}

// setRates sets the learning rates of the current epoch: constant, then falling
// linearly to 0 over the last DecayEpochs.
func (tr *trainer) setRates() {
	o, scale := tr.config.Optimizer, 1.0
	if left := tr.config.Epochs - tr.pos.Epoch; left <= o.DecayEpochs {
		scale = float64(left) / float64(o.DecayEpochs+1)
	}
	tr.weightsAdam.SetLR(o.LR * scale)
	tr.memoryAdam.SetLR(o.LR * tr.config.Memory.LRMult * scale)
	tr.discAdam.SetLR(o.DiscriminatorLR * scale)
}

// initMemory sets the slots from latents of the first photos, passed in training
// mode, if the configuration says so.
func (tr *trainer) initMemory(ctx context.Context, data Data) error {
	if tr.config.Memory.Init != "data" {
		return nil
	}
	tr.gen.SetTraining(true)
	t := tr.tape
	dim := tr.config.latentDim()
	var latents []float32
	for b, err := range tr.loader.batches(ctx, data, tr.config.order(data.Len(), 0), nil) {
		if err != nil {
			return fmt.Errorf("memae: before the first step: %w", err)
		}
		err := tr.within(b, func() error {
			defer t.Reset()
			latents = append(latents, tr.latents(b)...)
			return nil
		})
		if err != nil {
			return err
		}
		if len(latents)/dim >= 4*tr.config.Memory.Slots {
			break
		}
	}
	tr.gen.Memory.SetSlots(latents, tr.config.stream(streamMemory, 0))
	return nil
}

// latents are what the encoder makes of a batch, one after the other.
func (tr *trainer) latents(b batch) (z []float32) {
	t := tr.tape
	t.NoGrad(func() {
		tr.gen.SetClasses(b.classes)
		x := b.input(t, tr.config.Size)
		z = t.Permute(tr.gen.Encoder.Forward(t, x), 0, 2, 3, 1).Data()
	})
	return z
}
