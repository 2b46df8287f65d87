package memae

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/perceptual"
)

// Detector learns what normal photos look like and tells how far others are from
// it. Every detector of this library stands behind it.
type Detector interface {
	// Fit learns from unlabelled photos, some of which may be defective.
	Fit(ctx context.Context, data Data) error
	// Score judges photos, whatever their number and size.
	Score(ctx context.Context, images []dataset.Image) ([]Result, error)
}

var _ Detector = (*TrustMAE)(nil)

// Options are what a detector needs beside its configuration.
type Options struct {
	Backend    kernels.Backend
	WeightsDir string // folder with pre-trained feature networks; empty: the embedded one
	Checkpoint string // file to write after every epoch and on cancellation; empty: none
	Resume     bool   // go on from Checkpoint if it exists
	Hooks      Hooks

	Names    []string        // of the training photos, for Suspects; may be nil
	Version  string          // of the program, for Provenance
	DataHash string          // of the training photos, for Provenance and to guard Resume
	Noise    *dataset.Record // of the noise protocol's split, for Provenance; may be nil
	Products []Product       // of a joint model, in the order of Join; for Product and Provenance
}

// Provenance tells where a model comes from.
type Provenance struct {
	Version    string          `json:"version"`
	Created    time.Time       `json:"created"`
	Seed       uint64          `json:"seed"`
	Photos     int             `json:"photos"` // training photos
	DataHash   string          `json:"data_hash"`
	Backend    string          `json:"backend"`
	Perceptual string          `json:"perceptual"` // source of the perceptual distance's weights; "" where score.map does without
	Features   string          `json:"features"`   // source of the feature loss's weights; "" without it
	SlotsRead  int             `json:"slots_read"` // memory slots that some training photo reads
	Noise      *dataset.Record `json:"noise,omitempty"`
	Products   []Product       `json:"products,omitempty"` // of a joint model
	Figures    []Figure        `json:"figures"`            // means of the last epoch
	Warnings   []string        `json:"warnings,omitempty"`
}

// Suspect is a training photo with its score.
type Suspect struct {
	Index      int     `json:"index"`
	Name       string  `json:"name"`
	Raw        float64 `json:"raw"`
	Normalised float64 `json:"normalised"`
	Defective  bool    `json:"defective"`
}

// TrustMAE is the detector of the paper. Fit must not run beside other methods;
// a fitted one may score from many goroutines at once.
type TrustMAE struct {
	config   Config
	options  Options
	gen      *Generator
	scorer   *Generator        // gen folded; nil before it is fitted
	distance *perceptual.LPIPS // nil where the map does without
	trainer  *trainer          // nil in a detector opened from a file

	class        int           // of the product that Score and thresholds are about
	calibrations []Calibration // of each product
	provenance   Provenance
	suspects     []Suspect
	norms        *sync.Mutex // held while conditional norms are set for a batch
	streams      *streams
}

// ErrNotFitted tells that a detector has learned nothing yet.
var ErrNotFitted = errors.New("memae: the detector has not been fitted")

// New returns a detector to fit.
func New(c Config, o Options) (d *TrustMAE, err error) {
	defer kernels.Catch(&err)
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Backend == nil {
		panic("memae.New: Options.Backend is nil, want a backend such as cpu.Default()")
	}
	if n := len(o.Products); n > 0 && n != c.Generator.Classes {
		panic(fmt.Sprintf("memae.New: Options.Products has %d products, want generator.classes (%d)", n, c.Generator.Classes))
	}
	d = &TrustMAE{config: c, options: o, calibrations: make([]Calibration, c.Generator.Classes), norms: new(sync.Mutex), streams: new(streams)}
	d.provenance = Provenance{Version: o.Version, Seed: c.Seed, DataHash: o.DataHash, Backend: o.Backend.Name(), Noise: o.Noise, Products: o.Products}
	weights := perceptual.RandomWeights(c.Seed)
	if c.Weights != "random" {
		if weights, err = perceptual.OpenWeights(o.WeightsDir); err != nil {
			return nil, fmt.Errorf("memae: %w", err)
		}
	}
	features, err := d.openNetworks(weights)
	if err != nil {
		return nil, fmt.Errorf("memae: %w", err)
	}
	c = d.config // names the networks now
	d.trainer = newTrainer(c, o.Backend, features)
	d.gen = d.trainer.gen
	return d, nil
}

// openNetworks reads the networks that the configuration asks for and puts their
// names in it; features is nil where the loss does without.
func (d *TrustMAE) openNetworks(weights *perceptual.Weights) (features *perceptual.FeatureLoss, err error) {
	b, c := d.options.Backend, &d.config
	if c.Loss.VGG != 0 {
		if features, err = perceptual.NewFeatureLoss(b, weights, c.featureOptions()); err != nil {
			return nil, err
		}
		c.Loss.Net = features.Net()
		d.noteWeights("feature loss", features.Source(), features.Random(), &d.provenance.Features)
	}
	if c.Score.perceptual() {
		if d.distance, err = perceptual.NewLPIPS(b, weights, c.lpipsOptions()); err != nil {
			return nil, err
		}
		c.Score.Net = d.distance.Net()
		d.noteWeights("perceptual distance", d.distance.Source(), d.distance.Random(), &d.provenance.Perceptual)
	}
	return features, nil
}

func (d *TrustMAE) noteWeights(part, source string, random bool, field *string) {
	*field = source
	if random {
		d.provenance.Warnings = append(d.provenance.Warnings, fmt.Sprintf(
			"the %s uses seeded random features, not a trained network: expect worse detection; leave weights \"random\" out of the configuration", part))
	}
}

// Fit trains, calibrates the threshold on the training photos and ranks them.
// When ctx ends it writes a checkpoint first and returns an error wrapping
// ctx.Err().
func (d *TrustMAE) Fit(ctx context.Context, data Data) (err error) {
	defer kernels.Catch(&err)
	if d.trainer == nil {
		return errors.New("memae: a detector opened from a file can not be fitted again; make a new one")
	}
	defer d.trainer.loader.close()
	save := func() error { return nil }
	if d.options.Checkpoint != "" {
		save = func() error { return d.trainer.saveCheckpoint(d.options.Checkpoint, d.options.DataHash) }
	}
	if d.options.Resume {
		found, err := d.trainer.loadCheckpoint(d.options.Checkpoint, d.options.DataHash)
		if err != nil {
			return err
		}
		if found {
			d.message(fmt.Sprintf("resumed from %s: epoch %d, step %d", d.options.Checkpoint, d.trainer.pos.Epoch+1, d.trainer.pos.Step))
		}
	}
	if err := d.trainer.run(ctx, data, d.options.Hooks, save); err != nil {
		return err
	}
	if d.trainer.average != nil {
		d.trainer.average.swap()
	}
	d.gen.SetTraining(false)
	d.scorer = d.gen.Folded()
	if err := d.finish(ctx, data); err != nil {
		return err
	}
	if h := d.trainer.pos.History; len(h) > 0 {
		d.provenance.Figures = h[len(h)-1].Figures
	}
	d.provenance.Created, d.provenance.Photos = time.Now().UTC().Truncate(time.Second), data.Len()
	d.trainer = nil // gives the discriminator's and optimisers' memory back
	return nil
}

func (d *TrustMAE) message(text string) {
	if d.options.Hooks.Message != nil {
		d.options.Hooks.Message(text)
	}
}

// scoreBatch is how many photos go through the networks at once: a device takes
// more to be filled.
func scoreBatch(b kernels.Backend) int {
	if _, device := b.(kernels.Asynchronous); device {
		return 64
	}
	return 8
}

// finish scores the training photos: threshold, ranking, slots in use.
func (d *TrustMAE) finish(ctx context.Context, data Data) error {
	results := make([][]Result, len(d.calibrations)) // of each product
	read := make([]bool, d.gen.Memory.Len())
	lists := slices.Collect(slices.Chunk(indices(data.Len()), scoreBatch(d.options.Backend)))
	s := d.streams.take(d.options.Backend)
	defer d.streams.give(s)
	for b, err := range d.trainer.loader.batches(ctx, data, lists, nil) {
		if err != nil {
			return fmt.Errorf("memae: scoring the training photos: %w", err)
		}
		scored, err := d.forward(s, b, read)
		if err != nil {
			return err
		}
		for i, r := range scored {
			r.Map, r.Reconstruction = nil, dataset.Image{} // hundreds would be gigabytes
			results[b.classes[i]] = append(results[b.classes[i]], r)
		}
	}
	for class := range results {
		if err := d.view(class).calibrateRobust(results[class]); err != nil {
			return err
		}
	}
	d.rank(data, results)
	for _, on := range read {
		if on {
			d.provenance.SlotsRead++
		}
	}
	if d.config.Memory.Prune {
		d.gen.Memory.keep(read)
	}
	return nil
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// rank orders the training photos, most suspicious first: by normalised score,
// since the raw scores of several products do not compare. results holds those of
// each product in the order of its photos.
func (d *TrustMAE) rank(data Data, results [][]Result) {
	next := make([]int, len(results))
	for i := range data.Len() {
		class := data.Class(i)
		raw, limit := results[class][next[class]].Raw, d.calibrations[class]
		next[class]++
		s := Suspect{Index: i, Raw: raw, Normalised: limit.normalise(raw), Defective: raw > limit.Threshold}
		if i < len(d.options.Names) {
			s.Name = d.options.Names[i]
		}
		d.suspects = append(d.suspects, s)
	}
	slices.SortStableFunc(d.suspects, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(b.Normalised, a.Normalised), cmp.Compare(b.Raw, a.Raw))
	})
}

// Config returns the configuration.
func (d *TrustMAE) Config() Config { return d.config }

// Provenance tells where the model comes from.
func (d *TrustMAE) Provenance() Provenance {
	p := d.provenance
	if p.Products != nil {
		p.Noise = p.Products[d.class].Noise
	}
	return p
}

// Warnings tell what the user should know about the model, such as random
// instead of pre-trained features.
func (d *TrustMAE) Warnings() []string { return d.provenance.Warnings }

// Suspects returns the training photos, most suspicious first.
func (d *TrustMAE) Suspects() []Suspect { return d.suspects }

// featureOptions gives the feature loss's part of the configuration.
func (c Config) featureOptions() perceptual.FeatureLossOptions {
	return perceptual.FeatureLossOptions{Net: c.Loss.Net, Tap: c.Loss.VGGTap, Norm: c.Loss.VGGNorm, Reduce: c.Loss.L1Reduce, Parts: c.Loss.VGGParts}
}

// lpipsOptions gives the perceptual distance's part of the configuration.
func (c Config) lpipsOptions() perceptual.LPIPSOptions {
	return perceptual.LPIPSOptions{Net: c.Score.Net, Order: c.Score.Order}
}
