package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/perceptual"
)

// Files beside the model.
const (
	checkpointSuffix = ".checkpoint"
	suspectsSuffix   = ".suspects.csv"
	logSuffix        = ".log.csv"
)

// leastPhotos is how many photos a model needs: the smallest batch.
const leastPhotos = 2

// cacheBytes of decoded photos are kept between epochs.
const cacheBytes = 1 << 30

// training is one run from photos to a model file.
type training struct {
	session *session
	backend kernels.Backend
	config  memae.Config
	weights string // folder of pre-trained networks, "" for pulled ones or none
	model   string // file to write
	resume  bool

	products []product
}

// claim makes sure that the output can be written and that no unfinished run is
// lost.
func (r *training) claim() error {
	if err := writable(r.model); err != nil {
		return err
	}
	unfinished, err := r.unfinished()
	if err == nil && unfinished && !r.resume {
		err = fmt.Errorf("%s holds an unfinished run: add --resume to go on with it, or delete it to start afresh", r.model+checkpointSuffix)
	}
	return err
}

// unfinished tells whether there is a checkpoint.
func (r *training) unfinished() (bool, error) {
	_, err := os.Stat(r.model + checkpointSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// load draws the photos that this run learns from.
func (r *training) load(products []product) error {
	r.products = products
	if r.config.Scope == "joint" {
		r.config.Generator.Classes = len(products)
	}
	for i := range products {
		if err := products[i].draw(r.session, r.config); err != nil {
			return err
		}
	}
	return nil
}

// data makes training data of the photos, and refuses photos that show nothing
// different.
func (r *training) data() (memae.Data, error) {
	var parts []memae.Data
	for _, p := range r.products {
		source := dataset.NewSource(p.samples, r.config.Size, r.config.Size, dataset.CacheBytes(cacheBytes/int64(len(r.products))))
		same, err := sameEverywhere(source)
		if err != nil {
			return nil, err
		}
		if same {
			return nil, fmt.Errorf("%sall %d training photos are the same picture, so there is nothing to learn from; give photos of different parts", p.prefix(": "), source.Len())
		}
		parts = append(parts, memae.FromSource(source))
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return memae.Join(parts...), nil
}

// samples are the photos of all products, in the order of data.
func (r *training) samples() []dataset.Sample {
	var all []dataset.Sample
	for _, p := range r.products {
		all = append(all, p.named()...)
	}
	return all
}

// options are what the model is made with and remembers.
func (r *training) options(hash string, hooks memae.Hooks) memae.Options {
	o := memae.Options{
		Backend: r.backend, WeightsDir: r.weights,
		Checkpoint: r.model + checkpointSuffix, Resume: r.resume,
		Hooks: hooks, Version: version(), DataHash: hash, Names: names(r.samples()),
	}
	if r.config.Scope != "joint" {
		o.Noise = r.products[0].record
		return o
	}
	for _, p := range r.products {
		o.Products = append(o.Products, memae.Product{Name: p.name, Photos: len(p.samples), Noise: p.record})
	}
	return o
}

// detector makes the detector with the weights that the user named, else with
// pulled ones; the embedded network stands in for what "auto" does not find. A
// folder that was named in vain is an error.
func (r *training) detector(o memae.Options) (*memae.TrustMAE, error) {
	named := o.WeightsDir != ""
	if !named && r.config.Weights != "random" {
		o.WeightsDir = pulledWeights()
	}
	d, err := memae.New(r.config, o)
	if err != nil || r.config.Weights == "random" {
		return d, err
	}
	p := d.Provenance()
	switch used := fromOutside(p.Features) || fromOutside(p.Perceptual); {
	case used && !named:
		r.session.inform("pre-trained networks come from %s", o.WeightsDir)
	case !used && named && (p.Features != "" || p.Perceptual != ""):
		return nil, fmt.Errorf("--weights %s: %w: this configuration looks for VGG-19, and for AlexNet with LPIPS' channel weights (lpips/alex.pth); name the folder that holds them, or leave --weights out and the embedded network serves", o.WeightsDir, perceptual.ErrNoWeights)
	}
	return d, nil
}

// fromOutside tells whether a network's source is a file.
func fromOutside(source string) bool { return source != "" && source != perceptual.EmbeddedSource }

// fit trains, writes model, suspects and log, and removes the checkpoint. With
// resume a model that this very run has written already is not made again: done.
func (r *training) fit(ctx context.Context) (detector *memae.TrustMAE, done bool, err error) {
	s := r.session
	data, err := r.data()
	if err != nil {
		return nil, false, err
	}
	hash, err := dataset.Hash(r.samples())
	if err != nil {
		return nil, false, err
	}
	if r.resume && r.written(hash) {
		return nil, true, nil
	}
	if err := r.announce(); err != nil {
		return nil, false, err
	}
	monitor := newMonitor(s, r.model+logSuffix, r.config, data.Len())
	hooks := memae.Hooks{Step: monitor.step, Epoch: monitor.epoch, Message: func(text string) { s.inform("%s", text) }}
	if detector, err = r.detector(r.options(hash, hooks)); err != nil {
		return nil, false, err
	}
	for _, w := range detector.Warnings() {
		s.note("WARNING: %s", w)
	}
	err = detector.Fit(ctx, data)
	monitor.finish()
	var unread *memae.PhotoError
	var lost *kernels.Failure
	switch {
	case errors.Is(err, context.Canceled):
		return nil, false, r.interrupted()
	case errors.As(err, &unread):
		return nil, false, fmt.Errorf("%w; what is done so far is kept: put the photo back, then run the same command with --resume", err)
	case errors.As(err, &lost) && !errors.Is(err, kernels.ErrOutOfMemory):
		return nil, false, r.lost(err)
	case err != nil:
		return nil, false, err
	}
	return detector, false, r.save(detector)
}

// written tells whether the model file is what this run would make.
func (r *training) written(hash string) bool {
	if unfinished, err := r.unfinished(); unfinished || err != nil {
		return false
	}
	d, err := memae.Open(r.model, r.backend)
	return err == nil && d.Config() == r.config && d.Provenance().DataHash == hash
}

// announce says what the run begins with and what it will replace.
func (r *training) announce() error {
	unfinished, err := r.unfinished()
	if err != nil {
		return err
	}
	if r.resume && !unfinished {
		r.session.inform("there is no checkpoint %s: starting from the first epoch", r.model+checkpointSuffix)
	}
	if _, err := os.Stat(r.model); err == nil {
		r.session.inform("%s exists; it is replaced once training has finished", r.model)
	}
	return nil
}

// interrupted says what an interrupted run leaves.
func (r *training) interrupted() error {
	if unfinished, _ := r.unfinished(); !unfinished {
		return &interruptedError{"before there was anything of this model to keep"}
	}
	return &interruptedError{fmt.Sprintf("what is done so far is in %s; the same command with --resume goes on from there", r.model+checkpointSuffix)}
}

// lost says what a device that failed leaves: the last checkpoint, whole.
func (r *training) lost(err error) error {
	if unfinished, _ := r.unfinished(); !unfinished {
		return fmt.Errorf("training ended: %w", err)
	}
	return fmt.Errorf("training ended: %w; %s is the state after the last whole epoch: the same command with --resume goes on from there", err, r.model+checkpointSuffix)
}

// save writes what training made. The checkpoint goes last, so that whatever
// fails can be repeated.
func (r *training) save(detector *memae.TrustMAE) error {
	err := detector.Save(r.model)
	if err == nil {
		err = writeSuspects(r.model+suspectsSuffix, detector.Suspects())
	}
	checkpoint := r.model + checkpointSuffix
	if err != nil {
		return fmt.Errorf("training is done and kept in %s, but: %w; then run the same command with --resume", checkpoint, err)
	}
	if err := os.Remove(checkpoint); err != nil && !errors.Is(err, os.ErrNotExist) {
		r.session.note("warning: the checkpoint %s is no longer needed but cannot be deleted: %v", checkpoint, err)
	}
	return nil
}
