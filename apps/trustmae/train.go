package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// Files beside the model.
const (
	checkpointSuffix = ".checkpoint"
	suspectsSuffix   = ".suspects.csv"
	logSuffix        = ".log.csv"
)

// leastPhotos is how many photos a model needs: the smallest batch.
const leastPhotos = 2

type trainFlags struct {
	deviceFlags
	model, config, weights string
	epochs, size, batch    int
	seed                   uint64
	noise                  float64
	resume                 bool
}

func newTrain(s *session) *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train DIR --model FILE",
		Short: "Learn a product from a folder of photos",
		Long: `Learn what the product in DIR looks like and write the model to FILE, one
safetensors file. Some of the photos may show defects; nobody has to know which.

DIR is a folder of photos, a data set in MVTec layout (train/good, test/*,
ground_truth/*), or a CSV table of paths. Beside FILE come FILE` + suspectsSuffix + `
(the training photos, most suspicious first) and FILE` + logSuffix + ` (a row for
each epoch). Every epoch a checkpoint is kept in FILE` + checkpointSuffix + `; after an
interruption the same command with --resume goes on from there.`,
		Example: "  trustmae train photos --model part.safetensors --epochs 100",
		Args:    wantArgs(false, "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, s, args[0])
		},
	}
	d := memae.DefaultConfig()
	flags := cmd.Flags()
	flags.StringVarP(&f.model, "model", "m", "", "model `FILE` to write")
	flags.StringVar(&f.config, "config", "", "JSON `FILE` with a configuration (docs/decisions.md); flags go before it")
	flags.IntVar(&f.epochs, "epochs", d.Epochs, "passes over the photos")
	flags.IntVar(&f.size, "size", d.Size, "side of the square that photos are resized to, pixels, a multiple of 32")
	flags.IntVar(&f.batch, "batch", d.Batch, "photos a step")
	flags.Uint64Var(&f.seed, "seed", d.Seed, "seed of everything that is random")
	flags.Float64Var(&f.noise, "noise", d.Noise.Percent, "put this share of defective photos, in `PERCENT`, into the training set by the paper's noise protocol (MVTec layout)")
	flags.StringVar(&f.weights, "weights", "", "`DIR` with pre-trained feature networks")
	flags.BoolVar(&f.resume, "resume", false, "go on from the checkpoint of an interrupted run")
	f.deviceFlags.add(cmd)
	return cmd
}

// configuration is the file's, or the default one, changed by the flags given.
func (f *trainFlags) configuration(cmd *cobra.Command) (memae.Config, error) {
	c := memae.DefaultConfig()
	if f.config != "" {
		var err error
		if c, err = memae.LoadConfig(f.config); err != nil {
			return c, err
		}
	}
	given := cmd.Flags().Changed
	if given("epochs") {
		c.Epochs = f.epochs
		c.Optimizer.DecayEpochs = min(c.Optimizer.DecayEpochs, c.Epochs)
	}
	if given("size") {
		c.Size = f.size
	}
	if given("batch") {
		c.Batch = f.batch
	}
	if given("seed") {
		c.Seed = f.seed
	}
	if given("noise") {
		c.Noise.Percent = f.noise
	}
	if err := c.Validate(); err != nil {
		return c, err
	}
	return c, oneModel(c)
}

// oneModel refuses what a command that makes one model of one product would have
// to ignore.
func oneModel(c memae.Config) error {
	switch {
	case c.Seeds != 1:
		return fmt.Errorf("configuration: seeds is %d, but train makes one model; set it to 1 and train once for each --seed", c.Seeds)
	case c.Scope != "product":
		return fmt.Errorf("configuration: scope is %q, but train learns one product; use the library (memae.Join) for several", c.Scope)
	}
	return nil
}

func (f *trainFlags) run(cmd *cobra.Command, s *session, dir string) error {
	if f.model == "" {
		return usage(cmd, "--model FILE is missing: where to write the model")
	}
	config, err := f.configuration(cmd)
	if err != nil {
		return err
	}
	backend, err := f.open(cmd)
	if err != nil {
		return err
	}
	run := training{
		session: s, backend: backend, config: config, weights: f.weights,
		model: f.model, resume: f.resume,
	}
	if err := run.claim(); err != nil {
		return err
	}
	if err := run.load(cmd.Context(), dir); err != nil {
		return err
	}
	detector, err := run.fit(cmd.Context())
	if err != nil {
		return err
	}
	run.summary(detector)
	return nil
}

// training is one run from a folder to a model file.
type training struct {
	session *session
	backend kernels.Backend
	config  memae.Config
	weights string // folder of pre-trained networks, "" for none
	model   string // file to write
	resume  bool

	samples []dataset.Sample
	split   *dataset.Split // nil without the noise protocol
}

// claim makes sure that the output can be written and that no unfinished run is
// lost.
func (r *training) claim() error {
	if err := writable(r.model); err != nil {
		return err
	}
	checkpoint := r.model + checkpointSuffix
	_, err := os.Stat(checkpoint)
	switch {
	case err == nil && !r.resume:
		return fmt.Errorf("%s holds an unfinished run: add --resume to go on with it, or delete it to start afresh", checkpoint)
	case errors.Is(err, os.ErrNotExist) && r.resume:
		r.session.inform("there is no checkpoint %s: starting from the first epoch", checkpoint)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	if _, err := os.Stat(r.model); err == nil {
		r.session.inform("%s exists; it is replaced once training has finished", r.model)
	}
	return nil
}

// load lists and checks the training photos.
func (r *training) load(ctx context.Context, path string) error {
	folder, err := dataset.Open(path)
	if err != nil {
		return err
	}
	folder.Test = r.testFor(folder)
	if err := verify(ctx, r.session, folder); err != nil {
		return err
	}
	r.samples = folder.Train
	if n := r.config.Noise; n.Percent > 0 {
		r.split, err = folder.WithNoise(dataset.Noise{Percent: n.Percent, Definition: n.Definition, Seed: r.config.Seed})
		if err != nil {
			return err
		}
		r.samples = r.split.Train
		r.session.inform("noise %g %%: training on %s and %d defective ones; %s left for testing",
			n.Percent, plural(len(r.split.Record.Normals), "good photo"), len(r.split.Record.Defects), plural(len(r.split.Test), "photo"))
	}
	if n := len(r.samples); n < leastPhotos {
		return fmt.Errorf("%s has %s to train on; it takes at least %d, and some dozens to be of use", path, plural(n, "photo"), leastPhotos)
	}
	return nil
}

// record is the noise protocol's, nil without it.
func (r *training) record() *dataset.Record {
	if r.split == nil {
		return nil
	}
	return &r.split.Record
}

// testFor returns the test photos that training needs: those that the noise
// protocol draws from, otherwise none.
func (r *training) testFor(folder *dataset.Folder) []dataset.Sample {
	if r.config.Noise.Percent > 0 {
		return folder.Test
	}
	return nil
}

// fit trains, writes model, suspects and log, and removes the checkpoint.
func (r *training) fit(ctx context.Context) (*memae.TrustMAE, error) {
	s, c := r.session, r.config
	source := dataset.NewSource(r.samples, c.Size, c.Size)
	same, err := sameEverywhere(source)
	if err != nil {
		return nil, err
	}
	if same {
		return nil, fmt.Errorf("all %d training photos are the same picture, so there is nothing to learn from; give photos of different parts", len(r.samples))
	}
	hash, err := dataset.Hash(r.samples)
	if err != nil {
		return nil, err
	}
	monitor := newMonitor(s, r.model+logSuffix, c, len(r.samples))
	detector, err := memae.New(c, memae.Options{
		Backend: r.backend, WeightsDir: r.weights,
		Checkpoint: r.model + checkpointSuffix, Resume: r.resume,
		Hooks:   memae.Hooks{Step: monitor.step, Epoch: monitor.epoch, Message: func(text string) { s.inform("%s", text) }},
		Version: version(), DataHash: hash, Noise: r.record(), Names: names(r.samples),
	})
	if err != nil {
		return nil, err
	}
	for _, w := range detector.Warnings() {
		s.note("WARNING: %s", w)
	}
	err = detector.Fit(ctx, memae.FromSource(source))
	monitor.finish()
	if errors.Is(err, context.Canceled) {
		return nil, r.interrupted()
	}
	var unread *memae.PhotoError
	if errors.As(err, &unread) {
		return nil, fmt.Errorf("%w; what is done so far is kept: put the photo back, then run the same command with --resume", err)
	}
	if err != nil {
		return nil, err
	}
	return detector, r.save(detector)
}

// interrupted says what an interrupted run leaves.
func (r *training) interrupted() error {
	checkpoint := r.model + checkpointSuffix
	if _, err := os.Stat(checkpoint); err != nil {
		return &interruptedError{"before there was anything to keep"}
	}
	return &interruptedError{fmt.Sprintf("what is done so far is in %s; the same command with --resume goes on from there", checkpoint)}
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

// shownSuspects is how many suspicious photos the summary names.
const shownSuspects = 5

// summary tells what was found in the training folder.
func (r *training) summary(detector *memae.TrustMAE) {
	s, cal, suspects := r.session, detector.Calibration(), detector.Suspects()
	defective := 0
	for _, p := range suspects {
		if p.Defective {
			defective++
		}
	}
	fmt.Fprintf(s.stdout, "model      %s\n", r.model)
	fmt.Fprintf(s.stdout, "threshold  %.6g (%s)\n", cal.Threshold, cal.Rule)
	fmt.Fprintf(s.stdout, "training   %s, estimated share of defects %.1f %%, %d above the threshold\n", plural(len(suspects), "photo"), 100*cal.DefectShare, defective)
	fmt.Fprintf(s.stdout, "suspects   %s\n", r.model+suspectsSuffix)
	for _, p := range suspects[:min(shownSuspects, len(suspects))] {
		fmt.Fprintf(s.stdout, "           %.3f  %s\n", p.Normalised, p.Name)
	}
}
