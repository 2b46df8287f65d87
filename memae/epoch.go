package memae

import (
	"context"
	"errors"
	"time"

	"github.com/org/trustmae/memae/dataset"
)

// epoch runs the steps of one epoch that are not done yet.
func (tr *trainer) epoch(ctx context.Context, data Data, hooks Hooks) error {
	c := tr.config
	epoch := tr.pos.Epoch + 1
	lists := c.order(data.Len(), epoch)
	augment := func(i int) dataset.Turn { return c.augment().Draw(dataset.Rand(c.Seed, epoch, i), true) }
	tr.setRates()
	run := epochRun{trainer: tr, hooks: hooks, epoch: epoch, steps: len(lists)}
	for b, err := range tr.loader.batches(ctx, data, lists[tr.pos.Step:], augment) {
		if err == nil {
			err = run.step(b)
		} else if failed := run.settle(0); failed != nil {
			err = failed // of a step, after which nothing may be saved
		}
		if err != nil {
			return err
		}
	}
	if err := run.settle(0); err != nil {
		return err
	}
	means := scaleFigures(tr.pos.Sums, 1/float64(len(lists)))
	if hooks.Epoch != nil {
		hooks.Epoch(EpochStats{epoch, c.Epochs, len(lists), means, tr.pos.Seconds})
	}
	tr.pos = position{Epoch: epoch, Ready: true, History: append(tr.pos.History, history{epoch, means})}
	return nil
}

// epochRun takes the steps of an epoch and reads their figures, each while the
// next step is at work where the backend queues work.
type epochRun struct {
	*trainer
	hooks        Hooks
	epoch, steps int
	reports      []*report // of steps that were taken but not yet told
	last         time.Time // when the figures of the last one were read
}

// step takes a step with a batch.
func (e *epochRun) step(b batch) error {
	r, err := e.stepWithin(b)
	if err != nil {
		return e.locate(err, e.epoch)
	}
	e.reports = append(e.reports, r)
	if e.later == nil {
		return e.settle(0)
	}
	return e.settle(1)
}

// settle reads and tells figures until those of the given number of steps are
// left.
func (e *epochRun) settle(left int) error {
	for len(e.reports) > left {
		r := e.reports[0]
		e.reports = e.reports[1:]
		figures, err := r.figures()
		if err != nil {
			return e.locate(err, e.epoch)
		}
		start := r.queued
		if e.last.After(start) { // it had to wait for the step before
			start = e.last
		}
		e.last = time.Now()
		seconds := e.last.Sub(start).Seconds()
		e.pos.Step++
		e.pos.Seconds += seconds
		e.pos.Sums = addFigures(e.pos.Sums, figures)
		if e.hooks.Step != nil {
			e.hooks.Step(StepStats{e.epoch, e.config.Epochs, e.pos.Step, e.steps, r.photos, figures, seconds})
		}
	}
	return nil
}

// locate adds the place to a divergence.
func (tr *trainer) locate(err error, epoch int) error {
	var diverged *DivergedError
	if errors.As(err, &diverged) {
		diverged.Epoch, diverged.Step = epoch, tr.pos.Step+1
	}
	return err
}
