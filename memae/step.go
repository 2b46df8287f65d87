package memae

import (
	"errors"
	"time"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/nn"
)

// workplace is what all steps of one batch size share on the device, always at
// the same address: where a batch goes and where figures come from.
type workplace struct {
	photos *autograd.Tensor // [N,3,S,S]
	log    *autograd.Tensor // what the layout says; nil before the first step
	layout layout
	replay replay
}

// workplace returns that of a batch size.
func (tr *trainer) workplace(count int) *workplace {
	w := tr.workplaces[count]
	if w == nil {
		size := tr.config.Size
		w = &workplace{photos: autograd.NewConstant(tr.backend, count, 3, size, size)}
		tr.workplaces[count] = w
	}
	return w
}

// forget gives up the workplace of a batch size.
func (tr *trainer) forget(count int) {
	if w := tr.workplaces[count]; w != nil {
		w.replay.release()
		delete(tr.workplaces, count)
	}
}

// step updates generator and memory, then the discriminator, with one batch. On
// a backend that queues work it returns before that is done.
func (tr *trainer) step(b batch) (*report, error) {
	queued := time.Now()
	w := tr.workplace(b.count)
	tr.gen.SetClasses(b.classes)
	b.write(w.photos.Buffer())
	if err := tr.perform(w); err != nil {
		return nil, err
	}
	r := &report{layout: w.layout, log: make([]float32, w.log.Len()), photos: b.count, queued: queued}
	if tr.later == nil {
		w.log.Read(r.log)
	} else {
		r.wait = tr.later.DownloadLater(r.log, w.log.Buffer())
	}
	return r, nil
}

// compute is a step's work on the device. update moves an optimiser's parameters.
func (tr *trainer) compute(w *workplace, update func(*nn.Adam) error) error {
	t, x := tr.tape, w.photos
	defer tr.endStep()
	tr.gen.SetTraining(true)
	tr.disc.SetTraining(true)

	fake, read := tr.gen.Forward(t, x)
	o := tr.generatorObjective(t, x, fake, read)
	total := o.total(t)
	if err := tr.logGenerator(w, total, o); err != nil {
		return err
	}
	t.Backward(total, tr.generatorParameters()...)
	if err := errors.Join(update(tr.weightsAdam), update(tr.memoryAdam)); err != nil {
		return err
	}
	if tr.average != nil {
		tr.average.update()
	}
	if !tr.adversarial() {
		return nil
	}
	return tr.discriminatorStep(w, fake, update)
}

// endStep gives back what a step computed, however it ended.
func (tr *trainer) endStep() {
	for _, o := range tr.optimisers() {
		o.ZeroGrad()
	}
	tr.tape.Reset()
}

// discriminatorStep updates the discriminator with real and reconstructed
// photos.
func (tr *trainer) discriminatorStep(w *workplace, fake *autograd.Tensor, update func(*nn.Adam) error) error {
	t, x := tr.tape, w.photos
	if tr.config.Discriminator.Refresh {
		t.NoGrad(func() { fake, _ = tr.gen.Forward(t, x) })
	}
	real, _ := tr.disc.Forward(t, x)
	made, _ := tr.disc.Forward(t, t.Detach(fake))
	loss := nn.HingeD(t, real, made)
	if err := tr.logDiscriminator(w, loss); err != nil {
		return err
	}
	t.Backward(loss)
	return update(tr.discAdam)
}

// logGenerator puts the generator's figures in the log. Where they can be read
// without a wait, a term that is not a number is an error before anything is
// updated.
func (tr *trainer) logGenerator(w *workplace, total *autograd.Tensor, o objective) error {
	values := []*autograd.Tensor{total}
	for _, part := range o.terms {
		values = append(values, part.value)
	}
	values = append(values, o.usage.nearest, o.usage.region, o.usage.delta1, o.usage.hits)
	if w.log == nil {
		w.layout = newLayout(o, tr.adversarial())
		w.log = autograd.NewConstant(tr.backend, w.layout.len())
	}
	t := tr.tape
	for i, x := range values {
		values[i] = t.Detach(t.Reshape(x, x.Len()))
	}
	w.write(t.Concat(0, values...), 0)
	if tr.later != nil {
		return nil
	}
	return w.layout.checkTerms(w.log.Data())
}

// logDiscriminator puts the discriminator's loss in the log's last place, and
// checks it as logGenerator does.
func (tr *trainer) logDiscriminator(w *workplace, loss *autograd.Tensor) error {
	w.write(loss, w.log.Len()-1)
	if tr.later != nil {
		return nil
	}
	return w.layout.checkJudgement(w.log.Data())
}

// write puts values in the log from a place on.
func (w *workplace) write(x *autograd.Tensor, at int) {
	n := x.Len()
	w.log.Backend().Copy2d(w.log.Buffer().Slice(at, n), x.Buffer(), 1, n, n, n)
}
