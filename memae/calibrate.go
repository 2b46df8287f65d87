package memae

import (
	"fmt"
	"math"
)

// Calibration returns the thresholds and how they were found.
func (d *TrustMAE) Calibration() Calibration { return *d.current() }

// calibrateRobust sets both thresholds from the training photos' results: that of
// photos from the configured score, that of pixels from the largest value of
// every map.
func (d *TrustMAE) calibrateRobust(results []Result) error {
	n := len(results)
	raw, peaks, view := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, r := range results {
		raw[i], peaks[i] = r.Raw, r.Max
		// the geometric mean of all poolings parts good from defective photos
		// more reliably than any of them (docs/decisions.md)
		view[i] = math.Cbrt(r.Max * r.Mean * r.Top)
	}
	z := d.config.Threshold.Z
	limit, share, err := RobustThreshold(raw, view, z)
	if err != nil {
		return err
	}
	pixel, _, err := RobustThreshold(peaks, view, z)
	if err != nil {
		return err
	}
	*d.current() = Calibration{
		Rule: "robust", Threshold: limit, PixelThreshold: pixel, DefectShare: share, Photos: len(results),
		Detail: fmt.Sprintf("z = %g above the centre of the log training scores", z),
	}
	return nil
}

// CalibrateBudget sets the photo threshold so that at most the share
// falseRejects of new good photos is expected to be rejected, from raw scores of
// good photos that training did not see. See BudgetThreshold.
func (d *TrustMAE) CalibrateBudget(good []float64, falseRejects float64) error {
	limit, err := BudgetThreshold(good, falseRejects)
	if err != nil {
		return err
	}
	d.setThreshold("budget", limit, len(good), fmt.Sprintf("at most %g %% false rejects", 100*falseRejects))
	return nil
}

// CalibrateLabels sets the photo threshold with the best F1 on raw scores of
// labelled photos.
func (d *TrustMAE) CalibrateLabels(scores []float64, defective []bool) error {
	limit, err := LabelThreshold(scores, defective)
	if err != nil {
		return err
	}
	d.setThreshold("labels", limit, len(scores), "best F1")
	return nil
}

// setThreshold moves the photo threshold. Where a photo's score is its map's
// peak, the pixel threshold follows, so that a rejected photo has a marked region
// and no other.
func (d *TrustMAE) setThreshold(rule string, limit float64, photos int, detail string) {
	c := d.current()
	c.Rule, c.Threshold, c.Photos, c.Detail = rule, limit, photos, detail
	if d.config.Score.Pool == "max" {
		c.PixelThreshold = limit
	}
}
