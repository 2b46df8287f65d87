package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/org/trustmae/memae/metrics"
)

// evalSubject is what was tested.
type evalSubject struct {
	Model        string   `json:"model"`
	Folder       string   `json:"folder"`
	TestedOn     string   `json:"tested_on"`
	TrainedOn    int      `json:"trained_on"`    // photos
	NoisePercent *float64 `json:"noise_percent"` // null without the noise protocol
	Perceptual   string   `json:"perceptual"`
	Map          string   `json:"map"`
	Pool         string   `json:"pool"`

	Images     int `json:"images"`
	Good       int `json:"good"`
	Defective  int `json:"defective"`
	MaskImages int `json:"mask_images"` // defective photos with a mask
	MaskLess   int `json:"without_mask"`
	Unreadable int `json:"unreadable"`

	SecondsPerImage float64 `json:"seconds_per_image"` // decoding and scoring, all threads
}

// evalAreas are figures of the separation, shares in 0–1. One that the data do not
// define is null: no masks, or one class only.
type evalAreas struct {
	AUROCMax         *float64 `json:"image_auroc_max"`
	AUROCMean        *float64 `json:"image_auroc_mean"`
	AUROCTop         *float64 `json:"image_auroc_top"`
	AUROC            *float64 `json:"image_auroc"` // of the score that Pool names
	AveragePrecision *float64 `json:"average_precision"`
	BestF1           *float64 `json:"best_f1"`
	BestF1Threshold  *float64 `json:"best_f1_threshold"`

	PixelAUROC            *float64 `json:"pixel_auroc"`
	PixelAveragePrecision *float64 `json:"pixel_average_precision"`
	AUPRO                 *float64 `json:"aupro"` // at a false-positive rate up to 0.3
}

// evalReport is what eval prints of one model.
type evalReport struct {
	evalSubject
	Seed uint64 `json:"seed"`
	evalAreas

	Rejects1 *rejectReport `json:"false_rejects_at_1_percent_escapes"`
	Rejects5 *rejectReport `json:"false_rejects_at_5_percent_escapes"`

	Threshold   *float64      `json:"threshold"`
	AtThreshold *rejectReport `json:"at_threshold"`
	Kinds       []kindReport  `json:"kinds"`
}

// rejectReport is the cost of a threshold: good parts rejected and defective
// ones passed, with 95 % intervals.
type rejectReport struct {
	Threshold   float64    `json:"threshold"`
	Rejects     int        `json:"false_rejects"`
	Good        int        `json:"good"`
	RejectRate  *float64   `json:"false_reject_rate"`
	RejectRange [2]float64 `json:"false_reject_interval"`
	Escapes     int        `json:"escapes"`
	Defective   int        `json:"defective"`
	EscapeRate  *float64   `json:"escape_rate"`
	EscapeRange [2]float64 `json:"escape_interval"`
}

func newRejectReport(r metrics.Rejects) *rejectReport {
	return &rejectReport{
		r.Threshold, r.Rejected, r.Good, &r.Rate, [2]float64{r.Low, r.High},
		r.Escaped, r.Defective, &r.EscapeRate, [2]float64{r.EscapeLow, r.EscapeHigh},
	}
}

// kindReport is one kind of defect against all good photos.
type kindReport struct {
	Kind    string   `json:"kind"`
	Images  int      `json:"images"`
	AUROC   *float64 `json:"image_auroc"`
	Escapes *int     `json:"escapes"` // at the model's threshold
}

// confidence of the intervals.
const confidence = 0.95

// atThreshold counts the model's own verdicts.
func (r *evalReport) atThreshold(e *evaluation, threshold float64) {
	c := &rejectReport{Threshold: threshold, Good: r.Good, Defective: r.Defective}
	for i, rejected := range e.rejected {
		switch {
		case rejected && !e.labels[i]:
			c.Rejects++
		case !rejected && e.labels[i]:
			c.Escapes++
		}
	}
	c.RejectRate, c.RejectRange = rate(c.Rejects, c.Good)
	c.EscapeRate, c.EscapeRange = rate(c.Escapes, c.Defective)
	r.Threshold, r.AtThreshold = &threshold, c
}

// rate is hits of trials with its interval; without trials anything is possible.
func rate(hits, trials int) (*float64, [2]float64) {
	if trials == 0 {
		return nil, [2]float64{0, 1}
	}
	low, high := metrics.ClopperPearson(hits, trials, confidence)
	v := float64(hits) / float64(trials)
	return &v, [2]float64{low, high}
}

// kinds fills in the table of defect kinds.
func (r *evalReport) kinds(e *evaluation) {
	for i, s := range e.samples {
		if e.labels[i] && !slices.ContainsFunc(r.Kinds, func(k kindReport) bool { return k.Kind == s.Kind }) {
			r.Kinds = append(r.Kinds, e.kind(s.Kind, r.AtThreshold != nil))
		}
	}
}

// kind reports one kind of defect.
func (e *evaluation) kind(name string, judged bool) kindReport {
	k := kindReport{Kind: name}
	var scores []float64
	var labels []bool
	escapes := 0
	for i, s := range e.samples {
		if e.labels[i] && s.Kind != name {
			continue
		}
		scores, labels = append(scores, e.raw[i]), append(labels, e.labels[i])
		if e.labels[i] {
			k.Images++
			if !e.rejected[i] {
				escapes++
			}
		}
	}
	if judged {
		k.Escapes = &escapes
	}
	if v, err := metrics.AUROC(scores, labels); err == nil {
		k.AUROC = &v
	}
	return k
}

func (r *evalReport) writeJSON(w io.Writer) error { return writeJSON(w, r) }

// writeJSON prints an object for people and programs.
func writeJSON(w io.Writer, object any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(object)
}

// writeTable prints the report for people.
func (r *evalReport) writeTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("model", "%s, trained on %s, seed %d", r.Model, plural(r.TrainedOn, "photo"), r.Seed)
	r.evalSubject.rows(row)
	for _, f := range r.figures() {
		row(f.Name, "%s", f.Text)
	}
	for _, k := range r.Kinds {
		escapes := ""
		if k.Escapes != nil {
			escapes = fmt.Sprintf(", %d pass", *k.Escapes)
		}
		row("  "+k.Kind, "AUROC %s of %s%s", share(k.AUROC), plural(k.Images, "photo"), escapes)
	}
	row("time", "%.4f s a photo", r.SecondsPerImage)
	return t.Flush()
}

// rows prints what was tested.
func (r *evalSubject) rows(row func(name, format string, args ...any)) {
	row("tested on", "%s", r.TestedOn)
	row("photos", "%d: %d good, %d defective (%d with a mask)", r.Images, r.Good, r.Defective, r.MaskImages)
	row("score", "map %s, pooled by %s", r.Map, r.Pool)
}

type namedFigure struct{ Name, Text string }

// figures are the report's rows of figures, for table and HTML.
func (r *evalReport) figures() []namedFigure {
	rows := []namedFigure{
		{"image AUROC, max", share(r.AUROCMax)},
		{"image AUROC, mean", share(r.AUROCMean)},
		{"image AUROC, top", share(r.AUROCTop)},
		{"average precision", share(r.AveragePrecision)},
		{"best F1", share(r.BestF1)},
		{"pixel AUROC", share(r.PixelAUROC)},
		{"AUPRO (FPR ≤ 0.3)", share(r.AUPRO)},
	}
	for i, c := range []*rejectReport{r.Rejects1, r.Rejects5} {
		rows = append(rows, namedFigure{fmt.Sprintf("rejects, ≤ %g %% escapes", 100*escapeRates[i]), c.text()})
	}
	if c := r.AtThreshold; c != nil {
		rows = append(rows, namedFigure{"at the threshold", fmt.Sprintf("%.6g: %s", c.Threshold, c.text())})
	}
	return rows
}

// text is the cost of a threshold in words.
func (c *rejectReport) text() string {
	if c == nil {
		return missing
	}
	var parts []string
	if c.Good > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d good rejected (%.1f–%.1f %%)", c.Rejects, c.Good, 100*c.RejectRange[0], 100*c.RejectRange[1]))
	}
	if c.Defective > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d defective pass (%.1f–%.1f %%)", c.Escapes, c.Defective, 100*c.EscapeRange[0], 100*c.EscapeRange[1]))
	}
	return strings.Join(parts, ", ")
}

// missing stands for a figure that the data do not define.
const missing = "–"

func share(v *float64) string {
	if v == nil {
		return missing
	}
	return fmt.Sprintf("%.4f", *v)
}
