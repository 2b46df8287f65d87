package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Rejects is what a detector costs a factory at a chosen escape rate: the answer
// of [FalseRejectsAtEscapes]. Rates are shares in 0–1, and every interval is a
// two-sided 95 % one ([ClopperPearson]).
type Rejects struct {
	Threshold float64 // a part is rejected when its score is at least this

	Rejected int     // good parts rejected at Threshold
	Good     int     // good parts in all
	Rate     float64 // Rejected / Good: the false rejects
	Low      float64 // lower end of the interval of Rate
	High     float64 // upper end of the interval of Rate

	Escaped    int     // defective parts that pass at Threshold
	Defective  int     // defective parts in all
	EscapeRate float64 // Escaped / Defective, at most the allowed rate
	EscapeLow  float64 // lower end of the interval of EscapeRate
	EscapeHigh float64 // upper end of the interval of EscapeRate
}

// FalseRejectsAtEscapes returns the share of good parts that are rejected when
// the threshold is set as high as it can be with at most maxEscapeRate (0–1,
// below 1) of the defective parts passing. With ties fewer may pass than
// allowed: equal scores are rejected together.
//
// The intervals are those of two binomial counts at the threshold found; they do
// not include that the threshold was chosen on the same parts. With few
// defective parts a small rate means "none": 0.01 of 32 parts allows no escape,
// and EscapeHigh says how little 32 parts prove.
//
// It returns an error wrapping [ErrOneClass] or [ErrNaN], or one for a rate out
// of range, and panics if the lengths differ.
func FalseRejectsAtEscapes(scores []float64, defective []bool, maxEscapeRate float64) (Rejects, error) {
	const op = "FalseRejectsAtEscapes"
	if !(maxEscapeRate >= 0 && maxEscapeRate < 1) {
		return Rejects{}, fmt.Errorf("metrics: %s: the escape rate is %v; give a share of at least 0 and below 1", op, maxEscapeRate)
	}
	t, err := tallyScores(op, scores, defective)
	if err != nil {
		return Rejects{}, err
	}
	// A hair above the product, so that 0.29 of 100 parts is 29 and not 28.
	allowed := int(math.Floor(maxEscapeRate*float64(t.defective) + 1e-9))

	r := Rejects{Good: t.good, Defective: t.defective}
	for _, s := range t.steps {
		r.Threshold = s.score
		r.Rejected += s.above + s.tied
		r.Escaped += s.defective // found so far; turned round below
		if t.defective-r.Escaped <= allowed {
			break
		}
	}
	r.Escaped = t.defective - r.Escaped
	r.Rate = float64(r.Rejected) / float64(r.Good)
	r.Low, r.High = ClopperPearson(r.Rejected, r.Good, 0.95)
	r.EscapeRate = float64(r.Escaped) / float64(r.Defective)
	r.EscapeLow, r.EscapeHigh = ClopperPearson(r.Escaped, r.Defective, 0.95)
	return r, nil
}

// ClopperPearson returns the two-sided confidence interval of a rate of which
// hits in trials were seen, confidence being 0.95 for the usual one. It is the
// exact interval of Clopper and Pearson (Biometrika 26, 1934): it covers the
// true rate at least that often, also for 0 hits and for small numbers, which is
// why it stands here in place of the narrower score interval.
//
// It panics unless 0 <= hits <= trials, trials > 0 and 0 < confidence < 1.
func ClopperPearson(hits, trials int, confidence float64) (low, high float64) {
	if trials <= 0 || hits < 0 || hits > trials {
		panic(fmt.Sprintf("metrics.ClopperPearson: got %d hits in %d trials, want 0 <= hits <= trials and trials > 0", hits, trials))
	}
	if !(confidence > 0 && confidence < 1) {
		panic(fmt.Sprintf("metrics.ClopperPearson: got confidence %v, want one between 0 and 1", confidence))
	}
	tail := (1 - confidence) / 2
	k, n := float64(hits), float64(trials)
	low, high = 0, 1
	if hits > 0 {
		low = distuv.Beta{Alpha: k, Beta: n - k + 1}.Quantile(tail)
	}
	if hits < trials {
		high = distuv.Beta{Alpha: k + 1, Beta: n - k}.Quantile(1 - tail)
	}
	return low, high
}
