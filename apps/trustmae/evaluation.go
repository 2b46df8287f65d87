package main

import (
	"errors"

	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/memae/metrics"
)

// fprLimit is the false-positive rate up to which AUPRO is integrated, as in the
// literature.
const fprLimit = 0.3

// escapeRates are the shares of defective parts that may pass, for which the
// false rejects are given.
var escapeRates = [2]float64{0.01, 0.05}

// evaluation collects the scores of labelled photos.
type evaluation struct {
	samples          []dataset.Sample
	max, mean, top   []float64 // scores by pooling
	raw              []float64 // the one that the model's verdict is on
	normalised       []float64
	rejected, labels []bool
	maps             [][]float32 // of photos whose truth is known by pixel
	masks            [][]bool
	width, height    int // of the maps
	truths, maskless int // defective photos with and without a mask
	nothing          []bool
}

func newEvaluation(samples []dataset.Sample) *evaluation {
	e := &evaluation{samples: samples}
	for _, s := range samples {
		e.labels = append(e.labels, s.Label == dataset.Defective)
	}
	return e
}

// add takes the result of the next photo, i.
func (e *evaluation) add(i int, r memae.Result) error {
	e.max, e.mean, e.top = append(e.max, r.Max), append(e.mean, r.Mean), append(e.top, r.Top)
	e.raw, e.normalised = append(e.raw, r.Raw), append(e.normalised, r.Normalised)
	e.rejected = append(e.rejected, r.Defective)
	e.width, e.height = r.Width, r.Height
	s := e.samples[i]
	mask := e.nothing
	switch {
	case e.labels[i] && s.Mask == "":
		e.maskless++
		return nil
	case e.labels[i]:
		var err error
		if mask, err = dataset.LoadMask(s.Mask, r.Width, r.Height); err != nil {
			return err
		}
		e.truths++
	case mask == nil:
		mask = make([]bool, r.Width*r.Height)
		e.nothing = mask // good photos share one mask
	}
	e.maps, e.masks = append(e.maps, r.Map), append(e.masks, mask)
	return nil
}

// report computes the figures. own is the anomaly map that the model was
// calibrated for; with another one its threshold means nothing and is left out.
func (e *evaluation) report(d *memae.TrustMAE, own string, seconds float64) (*evalReport, error) {
	c, p := d.Config(), d.Provenance()
	r := &evalReport{Seed: p.Seed, evalSubject: evalSubject{
		Map: c.Score.Map, Pool: c.Score.Pool, Images: len(e.samples),
		MaskImages: e.truths, MaskLess: e.maskless, TrainedOn: p.Photos, Perceptual: p.Perceptual,
		SecondsPerImage: seconds / float64(len(e.samples)),
	}}
	if p.Noise != nil {
		r.NoisePercent = &p.Noise.Percent
	}
	for _, bad := range e.labels {
		if bad {
			r.Defective++
		} else {
			r.Good++
		}
	}
	var f figures
	f.set(&r.AUROCMax, func() (float64, error) { return metrics.AUROC(e.max, e.labels) })
	f.set(&r.AUROCMean, func() (float64, error) { return metrics.AUROC(e.mean, e.labels) })
	f.set(&r.AUROCTop, func() (float64, error) { return metrics.AUROC(e.top, e.labels) })
	f.set(&r.AUROC, func() (float64, error) { return metrics.AUROC(e.raw, e.labels) })
	f.set(&r.AveragePrecision, func() (float64, error) { return metrics.AveragePrecision(e.raw, e.labels) })
	f.set(&r.BestF1, func() (float64, error) {
		best, at, err := metrics.BestF1(e.raw, e.labels)
		if err == nil {
			r.BestF1Threshold = &at
		}
		return best, err
	})
	e.pixels(&f, r)
	for i, limit := range escapeRates {
		rejects, err := metrics.FalseRejectsAtEscapes(e.raw, e.labels, limit)
		f.note(err)
		if err == nil {
			*[]**rejectReport{&r.Rejects1, &r.Rejects5}[i] = newRejectReport(rejects)
		}
	}
	if own == c.Score.Map {
		r.atThreshold(e, d.Calibration().Threshold)
	}
	r.kinds(e)
	return r, f.err
}

// pixels computes the figures that need masks.
func (e *evaluation) pixels(f *figures, r *evalReport) {
	if e.truths == 0 {
		return
	}
	f.set(&r.PixelAUROC, func() (float64, error) { return metrics.PixelAUROC(e.maps, e.masks) })
	f.set(&r.PixelAveragePrecision, func() (float64, error) { return metrics.PixelAveragePrecision(e.maps, e.masks) })
	f.set(&r.AUPRO, func() (float64, error) {
		return metrics.AUPRO(e.maps, e.masks, e.width, e.height, fprLimit)
	})
}

// figures computes what the data define: a figure for which a class is missing
// stays nil, any other failure is kept.
type figures struct{ err error }

func (f *figures) set(to **float64, compute func() (float64, error)) {
	v, err := compute()
	f.note(err)
	if err == nil {
		*to = &v
	}
}

func (f *figures) note(err error) {
	if err != nil && !errors.Is(err, metrics.ErrOneClass) && f.err == nil {
		f.err = err
	}
}
