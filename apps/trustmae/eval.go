package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// maps are the values of --map.
var maps = []string{"mse", "msepd", "pd", "ssim"}

type evalFlags struct {
	deviceFlags
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
protocol left over; the split is read from the model.`,
		Example: "  trustmae eval bottle.safetensors mvtec/bottle --json",
		Args:    wantArgs(false, "FILE", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, s, args[0], args[1])
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	cmd.Flags().StringVar(&f.amap, "map", "", "score with another anomaly map than the model's: "+strings.Join(maps, ", "))
	complete(cmd, "map", maps...)
	f.deviceFlags.add(cmd)
	return cmd
}

func (f *evalFlags) run(cmd *cobra.Command, s *session, model, dir string) error {
	if f.amap != "" && !slices.Contains(maps, f.amap) {
		return usage(cmd, "--map is %q, want %s", f.amap, strings.Join(maps, ", "))
	}
	backend, err := f.open(cmd)
	if err != nil {
		return err
	}
	detector, err := openModel(model, backend, s)
	if err != nil {
		return err
	}
	own := detector.Config().Score.Map
	if f.amap != "" && f.amap != own {
		if err := detector.SetMap(f.amap); err != nil {
			return err
		}
	}
	set, err := openTest(cmd.Context(), s, detector, dir)
	if err != nil {
		return err
	}
	e := newEvaluation(set.samples)
	seconds, err := s.score(cmd.Context(), detector, set.samples, e.add)
	if err != nil {
		return err
	}
	report, err := e.report(detector, own, seconds)
	if err != nil {
		return err
	}
	report.Model, report.Folder, report.TestedOn, report.Unreadable = model, dir, set.note, broken(set.skipped)
	if f.json {
		err = report.writeJSON(s.stdout)
	} else {
		err = report.writeTable(s.stdout)
	}
	if err == nil && report.Unreadable > 0 {
		err = &unreadableError{report.Unreadable, "left out of the figures"}
	}
	return err
}
