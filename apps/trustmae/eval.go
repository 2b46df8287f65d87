package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae"
)

// maps are the values of --map.
var maps = []string{"mse", "msepd", "pd", "ssim"}

type evalFlags struct {
	modelFlags
	json bool
	amap string // anomaly map to score with, "" for the model's
}

func newEval(s *session) *cobra.Command {
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval FILE DIR",
		Short: "Say how well a model finds the defects of a labelled folder",
		Long: `Score the labelled test photos of DIR (MVTec layout or a CSV table) with the
model FILE and print how well it separates good from defective ones. A model
trained with --noise is tested on the half of the test photos that the noise
protocol left over; the split is read from the model. Of a model trained with
--seeds every seed's is tested; the figures are then means with their standard
deviations.`,
		Example: "  trustmae eval bottle.safetensors mvtec/bottle --json",
		Args:    wantArgs(false, "FILE", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, s, args[0], args[1])
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	cmd.Flags().StringVar(&f.amap, "map", "", "score with another anomaly map than the model's: "+strings.Join(maps, ", "))
	complete(cmd, "map", maps...)
	f.modelFlags.add(cmd)
	return cmd
}

func (f *evalFlags) run(cmd *cobra.Command, s *session, model, dir string) error {
	if f.amap != "" && !slices.Contains(maps, f.amap) {
		return usage(cmd, "--map is %q, want %s", f.amap, strings.Join(maps, ", "))
	}
	backend, err := f.open(cmd, s)
	if err != nil {
		return err
	}
	first, err := f.openModel(s, model, backend, dir)
	if err != nil {
		return err
	}
	config := first.Config()
	var reports []*evalReport
	for i, path := range seedFiles(model, config) {
		detector := first
		if i > 0 {
			detector, err = f.openSeed(path, backend, seedConfig(config, i), dir)
		}
		if errors.Is(err, fs.ErrNotExist) {
			s.note("WARNING: %s is missing: the figures leave its seed out", path)
			continue
		}
		if err != nil {
			return err
		}
		report, err := f.evaluate(cmd.Context(), s, detector, path, dir)
		if err != nil {
			return err
		}
		reports = append(reports, report)
	}
	if err := f.write(s.stdout, reports); err != nil {
		return err
	}
	if n := reports[0].Unreadable; n > 0 {
		return &unreadableError{n, "left out of the figures"}
	}
	return nil
}

// evaluate tests one model.
func (f *evalFlags) evaluate(ctx context.Context, s *session, detector *memae.TrustMAE, model, dir string) (*evalReport, error) {
	own := detector.Config().Score.Map
	if f.amap != "" && f.amap != own {
		if err := detector.SetMap(f.amap); err != nil {
			return nil, err
		}
	}
	set, err := openTest(ctx, s, detector, dir)
	if err != nil {
		return nil, err
	}
	e := newEvaluation(set.samples)
	seconds, err := s.score(ctx, detector, set.samples, e.add)
	if err != nil {
		return nil, err
	}
	report, err := e.report(detector, own, seconds)
	if err != nil {
		return nil, err
	}
	report.Model, report.Folder, report.TestedOn, report.Unreadable = model, dir, set.note, broken(set.skipped)
	return report, nil
}

// openSeed reads a model that was trained beside another one from a further seed.
func (f *evalFlags) openSeed(path string, backend kernels.Backend, want memae.Config, dir string) (*memae.TrustMAE, error) {
	detector, err := memae.Open(path, backend)
	if err != nil {
		return nil, err
	}
	if detector.Config() != want {
		return nil, fmt.Errorf("%s was trained with another configuration than the model of the first seed; train them again together", path)
	}
	return f.choose(detector, []string{dir})
}

// write prints the report of one model, or that of several seeds.
func (f *evalFlags) write(w io.Writer, reports []*evalReport) error {
	var report interface {
		writeJSON(io.Writer) error
		writeTable(io.Writer) error
	} = reports[0]
	if len(reports) > 1 {
		report = newSeedsReport(reports)
	}
	if f.json {
		return report.writeJSON(w)
	}
	return report.writeTable(w)
}
