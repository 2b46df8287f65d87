package main

import (
	"context"
	"fmt"
	"math"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// trainer holds everything that a step changes.
type trainer struct {
	settings
	tape     *autograd.Tape
	pupil    *perceptual.Trainable
	teachers []*teacher
	judge    *judge // nil where none is imitated
	contrast *contrast
	free     *nn.Adam // all weights
	fit      *nn.Adam // channel weights and the contrast's parameters
	done     int      // steps, of Steps and then of Fit
}

func newTrainer(b kernels.Backend, s settings, teachers []*teacher, j *judge) *trainer {
	tr := &trainer{settings: s, tape: autograd.NewTape(b), teachers: teachers, judge: j, contrast: newContrast(b)}
	tr.pupil = perceptual.NewTrainable(b, perceptual.Embedded, s.Seed)
	channels := tr.pupil.Channels()
	if s.Contrast > 0 {
		channels = append(channels, tr.contrast.state()...)
	}
	if j != nil {
		channels = append(channels, j.state()...)
	}
	all := tr.pupil.Trunk()
	if s.pairs() {
		all = append(all, channels...)
	}
	for _, c := range teachers {
		all = append(all, c.state()...)
	}
	tr.equalise()
	adam := func(entries []nn.Entry) *nn.Adam { return nn.NewAdam(tensors(entries), nn.AdamOptions{}) }
	tr.free, tr.fit = adam(all), adam(channels)
	return tr
}

func tensors(entries []nn.Entry) []*autograd.Tensor {
	list := make([]*autograd.Tensor, len(entries))
	for i, e := range entries {
		list[i] = e.Tensor
	}
	return list
}

// state names every tensor that the next step depends on.
func (tr *trainer) state() []nn.Entry {
	list := append(tr.pupil.Trunk(), tr.pupil.Channels()...)
	list = append(list, tr.contrast.state()...)
	if tr.judge != nil {
		list = append(list, tr.judge.state()...)
	}
	for _, c := range tr.teachers {
		list = append(list, c.state()...)
	}
	list = append(list, nn.Prefix("adam.free", tr.free.State())...)
	return append(list, nn.Prefix("adam.fit", tr.fit.State())...)
}

// total is the number of steps of a whole run.
func (s settings) total() int { return s.Steps + s.Fit }

// pairs tells whether the free steps compare pictures.
func (s settings) pairs() bool { return s.Contrast > 0 || s.Rank > 0 || s.Judge > 0 }

// losses of a step, NaN where they take no part.
type losses struct {
	contrast, ranking, judge float64
	distil                   []float64 // of each teacher; none where they take no part
}

// run takes the steps that are left and tells each one.
func (tr *trainer) run(ctx context.Context, told func(step int, l losses) error) error {
	defer tr.tape.Reset()
	for b := range batches(ctx, tr.settings, tr.done, tr.total()) {
		l, err := tr.step(b)
		if err != nil {
			return err
		}
		tr.done++
		if err := told(tr.done, l); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// warmup is how many steps a learning rate takes to rise.
const warmup = 50

// rate rises over the first steps of n and then falls to 0 as a cosine does
// (Loshchilov & Hutter 2017).
func rate(largest float64, step, n int) float64 {
	rise := math.Min(1, float64(step+1)/warmup)
	return largest * rise * (1 + math.Cos(math.Pi*float64(step)/float64(n))) / 2
}

func (tr *trainer) step(b batch) (losses, error) {
	defer tr.tape.Reset()
	if tr.done < tr.Steps {
		tr.free.SetLR(rate(tr.Rate, tr.done, tr.Steps))
		return tr.freeStep(b)
	}
	tr.fit.SetLR(rate(tr.FitRate, tr.done-tr.Steps, tr.Fit))
	return tr.fitStep(b)
}

// freeStep changes all weights.
func (tr *trainer) freeStep(b batch) (losses, error) {
	t := tr.tape
	x := b.input(t)
	taps := tr.pupil.Taps(t, x)
	l, total := tr.compare(b, taps)
	for _, c := range tr.teachers {
		loss := c.loss(t, x, taps)
		l.distil = append(l.distil, float64(loss.Item()))
		total = t.Add(total, t.MulScalar(loss, float32(tr.Distil)/float32(len(tr.teachers))))
	}
	return l, tr.update(tr.free, total)
}

// fitStep changes the channel weights.
func (tr *trainer) fitStep(b batch) (losses, error) {
	var taps []*autograd.Tensor
	tr.tape.NoGrad(func() { taps = tr.pupil.Taps(tr.tape, b.input(tr.tape)) })
	l, total := tr.compare(b, taps)
	return l, tr.update(tr.fit, total)
}

// compare is what the distance of the batch's pairs should be like, by weight.
func (tr *trainer) compare(b batch, taps []*autograd.Tensor) (l losses, total *autograd.Tensor) {
	t := tr.tape
	l = losses{contrast: math.NaN(), ranking: math.NaN(), judge: math.NaN()}
	total = t.Full(0, 1)
	if !tr.pairs() {
		return l, total
	}
	distance := tr.distance(b, taps)
	part := func(weight float64, into *float64, of func() *autograd.Tensor) {
		if weight == 0 {
			return
		}
		loss := of()
		*into = float64(loss.Item())
		total = t.Add(total, t.MulScalar(loss, float32(weight)))
	}
	part(tr.Contrast, &l.contrast, func() *autograd.Tensor { return tr.contrast.loss(t, distance, b) })
	part(tr.Rank, &l.ranking, func() *autograd.Tensor { return ranking(t, distance, b) })
	part(tr.Judge, &l.judge, func() *autograd.Tensor { return tr.judge.loss(t, distance, b) })
	return l, total
}

// distance compares the photos of a batch with their references, [N,1,S,S].
func (tr *trainer) distance(b batch, taps []*autograd.Tensor) *autograd.Tensor {
	t := tr.tape
	photos, references := make([]*autograd.Tensor, len(taps)), make([]*autograd.Tensor, len(taps))
	for i, f := range taps {
		photos[i], references[i] = t.Narrow(f, 0, 0, b.count), t.Narrow(f, 0, b.count, b.count)
	}
	return tr.pupil.Distance(t, photos, references, b.size, b.size)
}

// update takes an optimiser's step down the loss.
func (tr *trainer) update(adam *nn.Adam, loss *autograd.Tensor) error {
	if v := float64(loss.Item()); math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("step %d: the loss is %v; lower --rate", tr.done+1, v)
	}
	adam.ZeroGrad()
	tr.tape.Backward(loss)
	return adam.Step()
}

// tapShare is what every tap contributes to the distance of an average pair at
// first; five of them are about what LPIPS gives it.
const tapShare = 0.05

// equalise scales the channel weights of every tap so that on pictures all taps
// contribute alike: features that see much of a picture differ by a hundredth of
// what those of a few pixels differ by, and would not be heard.
func (tr *trainer) equalise() {
	b := newBatch(tr.Size, standardPictures, tr.Seed, heldOut)
	var parts []float64
	t := tr.tape
	t.NoGrad(func() {
		taps := tr.pupil.Taps(t, b.input(t))
		before := 0.
		for i := range taps {
			mean := float64(t.Mean(tr.distance(b, taps[:i+1])).Item())
			parts = append(parts, mean-before)
			before = mean
		}
	})
	t.Reset()
	for i, e := range tr.pupil.Channels() {
		values := e.Tensor.Data()
		for k := range values {
			values[k] -= float32(math.Log(parts[i] / tapShare))
		}
		e.Tensor.Set(values)
	}
}
