package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/synthetic"
	"github.com/org/trustmae/perceptual"
)

// Files of a demo's folder.
const (
	demoPhotos = "photos"
	demoModel  = "model.safetensors"
	demoScores = "scores.csv"
	demoReport = "report.html"
)

type demoFlags struct {
	deviceFlags
	out  string
	seed uint64
}

func newDemo(s *session) *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See it work: make a small product line, learn it, find its defects",
		Long: `Make photos of a small product line, good ones and ones with defects of several
kinds; hide defective ones among the training photos, 20 percent; train on that
folder, and test on parts that were not trained on. Needs nothing but this
program and less than three minutes on two cores.

The folder DIR then holds the photos, the model, tables of scores and suspects,
and ` + demoReport + `, which shows what was found.`,
		Args: wantArgs(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			backend, err := f.open(cmd, s)
			if err != nil {
				return err
			}
			d := demo{session: s, backend: backend, out: f.out, photos: demoLine(f.seed), config: demoConfig(f.seed)}
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().StringVarP(&f.out, "out", "o", "trustmae-demo", "`DIR` to put everything in")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "seed of photos and training")
	f.deviceFlags.add(cmd)
	return cmd
}

// demoLine is the demo's product line.
func demoLine(seed uint64) synthetic.Options {
	return synthetic.Options{Size: 128, Seed: seed, TrainGood: 80, TrainDefective: 20, TestGood: 20, TestDefective: 30}
}

// demoConfig is a model small enough for two cores and three minutes. The embedded
// network makes its map; in so few steps the loss is better off without.
func demoConfig(seed uint64) memae.Config {
	c := memae.DefaultConfig()
	c.Seed = seed
	c.Size = 64
	c.Epochs = 30
	c.Batch = 8
	c.Generator.Width = 16
	c.Discriminator.Width = 16
	c.Memory.Dim = 128
	c.Loss.VGG = 0
	c.Optimizer.LR, c.Optimizer.DiscriminatorLR = 1e-3, 1e-3
	c.Augment = memae.AugmentConfig{Rot: "none", Fill: "reflect"} // the parts always lie the same way
	c.Score.Net, c.Score.Blur = string(perceptual.Embedded), 1    // whatever else is there
	return c
}

// demo is one run of the demonstration.
type demo struct {
	session *session
	backend kernels.Backend
	out     string
	photos  synthetic.Options
	config  memae.Config
}

// demoResult is what the report shows.
type demoResult struct {
	demo       *demo
	detector   *memae.TrustMAE
	suspects   []memae.Suspect // the training photos, most suspicious first
	set        testSet
	evaluation *evaluation
	report     *evalReport
	results    []memae.Result
	hidden     map[string]string // defective training photos with their kind
	seconds    float64           // that training took
}

func (d *demo) path(name string) string { return filepath.Join(d.out, name) }

func (d *demo) run(ctx context.Context) error {
	s := d.session
	if err := d.makePhotos(); err != nil {
		return err
	}
	s.inform("made a product line in %s: %d photos to train on, %d of them defective", d.path(demoPhotos), d.photos.TrainGood+d.photos.TrainDefective, d.photos.TrainDefective)
	result, err := d.train(ctx)
	if err != nil {
		return err
	}
	if err := result.test(ctx); err != nil {
		return err
	}
	if err := result.writeScores(d.path(demoScores)); err != nil {
		return err
	}
	if err := result.writeReport(d.path(demoReport)); err != nil {
		return err
	}
	if err := result.report.writeTable(s.stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.stdout, "\n%s\nopen %s to see what was found; %s lists the training photos, most suspicious first\n",
		result.hiddenFound(), d.path(demoReport), d.path(demoModel)+suspectsSuffix)
	return err
}

// makePhotos makes the product line anew. What an earlier demo made there goes;
// a folder that is no demo's stays and is an error.
func (d *demo) makePhotos() error {
	photos := d.path(demoPhotos)
	if _, err := os.Stat(photos); err == nil {
		if _, err := os.Stat(filepath.Join(photos, synthetic.ContaminationFile)); err != nil {
			return fmt.Errorf("%s exists and was not made by this program; give another folder with --out", photos)
		}
		if err := os.RemoveAll(photos); err != nil {
			return err
		}
	}
	err := os.Remove(d.path(demoModel) + checkpointSuffix) // of a demo that was stopped
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(d.out, 0o777); err != nil {
		return fmt.Errorf("make the demo's folder: %w; give another one with --out", err)
	}
	return synthetic.Write(photos, d.photos)
}

func (d *demo) train(ctx context.Context) (*demoResult, error) {
	run := training{session: d.session, backend: d.backend, config: d.config, model: d.path(demoModel)}
	if err := run.claim(); err != nil {
		return nil, err
	}
	products, err := openProducts(ctx, d.session, []string{d.path(demoPhotos)}, d.config)
	if err != nil {
		return nil, err
	}
	if err := run.load(products); err != nil {
		return nil, err
	}
	begun := time.Now()
	trained, _, err := run.fit(ctx)
	if err != nil {
		return nil, err
	}
	seconds := time.Since(begun).Seconds()
	// Opened from its file, as everybody else will use it.
	detector, err := memae.Open(run.model, d.backend)
	if err != nil {
		return nil, err
	}
	hidden, err := readHidden(filepath.Join(d.path(demoPhotos), synthetic.ContaminationFile))
	if err != nil {
		return nil, err
	}
	return &demoResult{demo: d, detector: detector, suspects: trained.Suspects(), hidden: hidden, seconds: seconds}, nil
}

// readHidden reads which training photos are defective, and how.
func readHidden(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	hidden := map[string]string{}
	for _, row := range rows[1:] {
		hidden[row[0]] = row[1]
	}
	return hidden, nil
}

// test scores the test photos and keeps all results, which are few and small.
func (r *demoResult) test(ctx context.Context) (err error) {
	d := r.demo
	if r.set, err = openTest(ctx, d.session, r.detector, d.path(demoPhotos)); err != nil {
		return err
	}
	r.evaluation = newEvaluation(r.set.samples)
	seconds, err := d.session.score(ctx, r.detector, r.set.samples, func(i int, result memae.Result) error {
		r.results = append(r.results, result)
		return r.evaluation.add(i, result)
	})
	if err != nil {
		return err
	}
	if r.report, err = r.evaluation.report(r.detector, r.detector.Config().Score.Map, seconds); err != nil {
		return err
	}
	r.report.Model, r.report.Folder, r.report.TestedOn = d.path(demoModel), d.path(demoPhotos), r.set.note
	return nil
}

func (r *demoResult) writeScores(path string) error {
	rows := [][]string{{"path", "kind", "raw", "normalised", "verdict"}}
	for i, s := range r.set.samples {
		rows = append(rows, []string{s.Rel, s.Kind, number(r.results[i].Raw), number(r.results[i].Normalised), verdict(r.results[i].Defective)})
	}
	return writeCSV(path, rows)
}

// hiddenFound says how many of the defective training photos are among as many
// most suspicious ones.
func (r *demoResult) hiddenFound() string {
	found := 0
	for _, p := range r.suspects[:min(len(r.hidden), len(r.suspects))] {
		if r.hidden[p.Name] != "" {
			found++
		}
	}
	return fmt.Sprintf("Of the %d defective photos hidden in the training folder, %d are among its %d most suspicious ones.", len(r.hidden), found, len(r.hidden))
}
