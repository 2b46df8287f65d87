package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/memae"
)

type trainFlags struct {
	deviceFlags
	model, config, weights string
	epochs, size, batch    int
	seed                   uint64
	seeds                  int
	noise                  float64
	joint, resume          bool
}

func newTrain(s *session) *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train DIR... --model FILE",
		Short: "Learn a product from a folder of photos",
		Long: `Learn what the product in DIR looks like and write the model to FILE, one
safetensors file. Some of the photos may show defects; nobody has to know which.

DIR is a folder of photos, a data set in MVTec layout (train/good, test/*,
ground_truth/*), or a CSV table of paths. Beside FILE come FILE` + suspectsSuffix + `
(the training photos, most suspicious first) and FILE` + logSuffix + ` (a row for
each epoch). Every epoch a checkpoint is kept in FILE` + checkpointSuffix + `; after an
interruption the same command with --resume goes on from there.

With --seeds N it trains N models, each from another seed; eval FILE then reports
means and deviations. With --joint it trains one model of several products: give a
folder for each, or one that holds them all.`,
		Example: "  trustmae train photos --model part.safetensors --epochs 100\n" +
			"  trustmae train mvtec/bottle mvtec/cable --joint --model both.safetensors",
		Args: wantArgs(true, "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, s, args)
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
	flags.IntVar(&f.seeds, "seeds", d.Seeds, "`N` models from as many seeds, counted up from --seed")
	flags.BoolVar(&f.joint, "joint", false, "one model of several products")
	flags.Float64Var(&f.noise, "noise", d.Noise.Percent, "put this share of defective photos, in `PERCENT`, into the training set by the paper's noise protocol (MVTec layout)")
	flags.StringVar(&f.weights, "weights", "", "`DIR` with pre-trained feature networks; without it the folder of trustmae weights")
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
	if given("seeds") {
		c.Seeds = f.seeds
	}
	if given("noise") {
		c.Noise.Percent = f.noise
	}
	if given("joint") {
		c.Scope = map[bool]string{false: "product", true: "joint"}[f.joint]
	}
	return c, c.Validate()
}

func (f *trainFlags) run(cmd *cobra.Command, s *session, paths []string) error {
	if f.model == "" {
		return usage(cmd, "--model FILE is missing: where to write the model")
	}
	config, err := f.configuration(cmd)
	if err != nil {
		return err
	}
	if len(paths) > 1 && config.Scope != "joint" {
		return usage(cmd, "%d folders: train once for each, or learn one model for all with --joint", len(paths))
	}
	backend, err := f.open(cmd, s)
	if err != nil {
		return err
	}
	var runs []*training
	for i, path := range seedFiles(f.model, config) {
		run := &training{
			session: s, backend: backend, config: seedConfig(config, i), weights: f.weights,
			model: path, resume: f.resume,
		}
		if err := run.claim(); err != nil {
			return err
		}
		runs = append(runs, run)
	}
	products, err := openProducts(cmd.Context(), s, paths, config)
	if err != nil {
		return err
	}
	for i, run := range runs {
		if len(runs) > 1 {
			s.inform("seed %d, %d of %d models: %s", run.config.Seed, i+1, len(runs), run.model)
		}
		if err := run.load(products); err != nil {
			return err
		}
		detector, done, err := run.fit(cmd.Context())
		if err != nil {
			return err
		}
		if done {
			s.inform("%s is trained already, with this configuration and these photos", run.model)
			continue
		}
		run.summary(detector)
	}
	return nil
}

// shownSuspects is how many suspicious photos the summary names.
const shownSuspects = 5

// summary tells what was found in the training photos.
func (r *training) summary(detector *memae.TrustMAE) {
	s, suspects := r.session, detector.Suspects()
	fmt.Fprintf(s.stdout, "model      %s\n", r.model)
	first := 0 // of the product's photos, which are numbered through
	for _, p := range r.products {
		view := detector
		if p.name != "" {
			fmt.Fprintf(s.stdout, "product    %s\n", p.name)
			view, _ = detector.Product(p.name) // it was made with these names
		}
		defective, beyond := 0, first+len(p.samples)
		for _, photo := range suspects {
			if photo.Defective && photo.Index >= first && photo.Index < beyond {
				defective++
			}
		}
		first = beyond
		cal := view.Calibration()
		fmt.Fprintf(s.stdout, "threshold  %.6g (%s)\n", cal.Threshold, cal.Rule)
		fmt.Fprintf(s.stdout, "training   %s, estimated share of defects %.1f %%, %d above the threshold\n", plural(len(p.samples), "photo"), 100*cal.DefectShare, defective)
	}
	fmt.Fprintf(s.stdout, "suspects   %s\n", r.model+suspectsSuffix)
	for _, p := range suspects[:min(shownSuspects, len(suspects))] {
		fmt.Fprintf(s.stdout, "           %.3f  %s\n", p.Normalised, p.Name)
	}
}
