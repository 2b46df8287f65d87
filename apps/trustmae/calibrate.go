package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

type calibrateFlags struct {
	modelFlags
	budget float64
	labels bool
}

func newCalibrate(s *session) *cobra.Command {
	var f calibrateFlags
	cmd := &cobra.Command{
		Use:   "calibrate FILE DIR (--budget PCT | --labels)",
		Short: "Set a model's threshold from photos it has not seen",
		Long: `Set the threshold of the model FILE, in place.

With --budget PCT at most PCT percent of good parts may be rejected: DIR holds
photos of good parts that were not trained on (a plain folder, or the good test
photos of an MVTec layout). With --labels the threshold is the one with the best
F1 on the labelled test photos of DIR.`,
		Example: "  trustmae calibrate part.safetensors good-parts --budget 1",
		Args:    wantArgs(false, "FILE", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, s, args[0], args[1])
		},
	}
	cmd.Flags().Float64Var(&f.budget, "budget", 0, "share of good parts that may be rejected, in `PERCENT`")
	cmd.Flags().BoolVar(&f.labels, "labels", false, "use the labels of DIR")
	f.modelFlags.add(cmd)
	return cmd
}

func (f *calibrateFlags) run(cmd *cobra.Command, s *session, model, dir string) error {
	budget := cmd.Flags().Changed("budget")
	if budget == f.labels {
		return usage(cmd, "give either --budget PCT or --labels")
	}
	if budget && !(f.budget > 0 && f.budget < 100) {
		return usage(cmd, "--budget is %v, want a percentage above 0 and below 100", f.budget)
	}
	if err := writable(model); err != nil {
		return err
	}
	backend, err := f.open(cmd, s)
	if err != nil {
		return err
	}
	detector, err := f.openModel(s, model, backend, dir)
	if err != nil {
		return err
	}
	samples, err := f.samples(cmd.Context(), s, detector, dir)
	if err != nil {
		return err
	}
	e := newEvaluation(samples)
	if _, err := s.score(cmd.Context(), detector, samples, func(_ int, r memae.Result) error {
		e.raw = append(e.raw, r.Raw)
		return nil
	}); err != nil {
		return err
	}
	before := detector.Calibration().Threshold
	if f.labels {
		err = detector.CalibrateLabels(e.raw, e.labels)
	} else {
		err = detector.CalibrateBudget(e.raw, f.budget/100)
	}
	if err != nil {
		return err
	}
	if err := detector.Save(model); err != nil {
		return err
	}
	cal := detector.Calibration()
	_, err = fmt.Fprintf(s.stdout, "threshold  %.6g (%s), was %.6g\n%s", cal.Threshold, cal.Rule, before, e.verdicts(cal.Threshold))
	return err
}

// samples are the photos that the threshold is set on.
func (f *calibrateFlags) samples(ctx context.Context, s *session, d *memae.TrustMAE, dir string) ([]dataset.Sample, error) {
	if f.labels {
		set, err := openTest(ctx, s, d, dir)
		return set.samples, err
	}
	folder, err := dataset.Open(dir)
	if err != nil {
		return nil, err
	}
	if folder.Layout == dataset.Flat {
		folder.Test = folder.Train // every photo, all taken to be good
	}
	var good []dataset.Sample
	for _, sample := range folder.Test {
		if sample.Label != dataset.Defective {
			good = append(good, sample)
		}
	}
	if len(good) == 0 {
		return nil, fmt.Errorf("%s has no photos of good parts for testing; give a folder of them", dir)
	}
	folder.Train, folder.Test = nil, good
	if err := verify(ctx, s, folder); err != nil {
		return nil, err
	}
	return folder.Test, nil
}

// verdicts counts what a threshold does to the photos.
func (e *evaluation) verdicts(threshold float64) string {
	good, rejects, defective, escapes := 0, 0, 0, 0
	for i, score := range e.raw {
		rejected := score > threshold
		switch {
		case e.labels[i]:
			defective++
			if !rejected {
				escapes++
			}
		default:
			good++
			if rejected {
				rejects++
			}
		}
	}
	text := fmt.Sprintf("good       %d of %s rejected\n", rejects, plural(good, "photo"))
	if defective > 0 {
		text += fmt.Sprintf("defective  %d of %s pass\n", escapes, plural(defective, "photo"))
	}
	return text
}
