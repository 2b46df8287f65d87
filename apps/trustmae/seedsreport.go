package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat"
)

// seedsReport is what eval prints of models from several seeds: means, standard
// deviations (n−1), and the reports that they were made of.
type seedsReport struct {
	evalSubject
	Seeds []uint64 `json:"seeds"`
	seedFigures
	Deviations seedFigures   `json:"deviations"`
	Runs       []*evalReport `json:"runs"`
}

// seedFigures are the figures that have a mean over seeds.
type seedFigures struct {
	evalAreas
	RejectRate1 *float64 `json:"false_reject_rate_at_1_percent_escapes"`
	RejectRate5 *float64 `json:"false_reject_rate_at_5_percent_escapes"`
	RejectRate  *float64 `json:"false_reject_rate"` // at the models' own thresholds
	EscapeRate  *float64 `json:"escape_rate"`
}

// seedFigures takes the figures from a model's report.
func (r *evalReport) seedFigures() *seedFigures {
	f := &seedFigures{evalAreas: r.evalAreas}
	if r.Rejects1 != nil {
		f.RejectRate1 = r.Rejects1.RejectRate
	}
	if r.Rejects5 != nil {
		f.RejectRate5 = r.Rejects5.RejectRate
	}
	if r.AtThreshold != nil {
		f.RejectRate, f.EscapeRate = r.AtThreshold.RejectRate, r.AtThreshold.EscapeRate
	}
	return f
}

// seedCell is a figure's place with its name.
type seedCell struct {
	name  string
	value **float64
}

func (f *seedFigures) cells() []seedCell {
	return []seedCell{
		{"image AUROC, max", &f.AUROCMax},
		{"image AUROC, mean", &f.AUROCMean},
		{"image AUROC, top", &f.AUROCTop},
		{"image AUROC", &f.AUROC},
		{"average precision", &f.AveragePrecision},
		{"best F1", &f.BestF1},
		{"best F1's threshold", &f.BestF1Threshold},
		{"pixel AUROC", &f.PixelAUROC},
		{"pixel average precision", &f.PixelAveragePrecision},
		{"AUPRO (FPR ≤ 0.3)", &f.AUPRO},
		{"reject rate, ≤ 1 % escapes", &f.RejectRate1},
		{"reject rate, ≤ 5 % escapes", &f.RejectRate5},
		{"reject rate at the threshold", &f.RejectRate},
		{"escape rate at the threshold", &f.EscapeRate},
	}
}

// newSeedsReport joins the reports of at least two models. A figure that one of
// them lacks has no mean.
func newSeedsReport(runs []*evalReport) *seedsReport {
	r := &seedsReport{evalSubject: runs[0].evalSubject, Runs: runs, seedFigures: *runs[0].seedFigures()}
	r.SecondsPerImage = 0
	for _, run := range runs {
		r.Seeds = append(r.Seeds, run.Seed)
		r.SecondsPerImage += run.SecondsPerImage / float64(len(runs))
	}
	deviations := r.Deviations.cells()
	for i, mean := range r.seedFigures.cells() {
		values := r.values(i)
		*mean.value = nil
		if values != nil {
			m, sd := stat.MeanStdDev(values, nil)
			*mean.value, *deviations[i].value = &m, &sd
		}
	}
	return r
}

// values are those of figure i in every run, nil where one lacks it.
func (r *seedsReport) values(i int) []float64 {
	var values []float64
	for _, run := range r.Runs {
		v := *run.seedFigures().cells()[i].value
		if v == nil {
			return nil
		}
		values = append(values, *v)
	}
	return values
}

func (r *seedsReport) writeJSON(w io.Writer) error { return writeJSON(w, r) }

// writeTable prints the report for people.
func (r *seedsReport) writeTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("model", "%s, trained on %s, seeds %s", r.Model, plural(r.TrainedOn, "photo"), strings.Trim(fmt.Sprint(r.Seeds), "[]"))
	r.rows(row)
	deviations := r.Deviations.cells()
	for i, mean := range r.seedFigures.cells() {
		if *mean.value == nil {
			row(mean.name, missing)
			continue
		}
		var each strings.Builder
		for _, v := range r.values(i) {
			fmt.Fprintf(&each, " %.4g", v)
		}
		row(mean.name, "%.4g ± %.2g\t(%s)", **mean.value, **deviations[i].value, strings.TrimSpace(each.String()))
	}
	row("time", "%.4f s a photo", r.SecondsPerImage)
	return t.Flush()
}
