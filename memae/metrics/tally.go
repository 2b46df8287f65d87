package metrics

import (
	"cmp"
	"fmt"
	"slices"
)

// step is one distinct score of the defective samples, and the good samples
// that a threshold meets on its way down to it.
type step struct {
	score     float64
	defective int // defective samples with exactly this score
	tied      int // good samples with exactly this score
	above     int // good samples below the step before this one and above this score
}

// tally holds what every ranking metric needs. A curve over thresholds bends
// only where a defective sample lies, so the good samples between two of them
// are kept as a count and need no order among themselves.
type tally struct {
	steps           []step // by falling score
	good, defective int    // totals; good includes those below the last step
}

// tallyScores ranks one score for each sample.
func tallyScores(op string, scores []float64, defective []bool) (tally, error) {
	sameLength(op, "labels", len(defective), len(scores))
	type sample struct {
		score     float64
		defective bool
	}
	samples := make([]sample, len(scores))
	var t tally
	for i, s := range scores {
		if s != s {
			return tally{}, fmt.Errorf("metrics: %s: %w (sample %d); find out why its score could not be computed", op, ErrNaN, i)
		}
		samples[i] = sample{s, defective[i]}
		if defective[i] {
			t.defective++
		} else {
			t.good++
		}
	}
	if err := classesPresent(op, "image", t.good, t.defective); err != nil {
		return tally{}, err
	}
	slices.SortFunc(samples, func(a, b sample) int { return cmp.Compare(b.score, a.score) })

	above := 0
	for i := 0; i < len(samples); {
		s := step{score: samples[i].score, above: above}
		for ; i < len(samples) && samples[i].score == s.score; i++ {
			if samples[i].defective {
				s.defective++
			} else {
				s.tied++
			}
		}
		if s.defective == 0 {
			above += s.tied
			continue
		}
		t.steps = append(t.steps, s)
		above = 0
	}
	return t, nil
}

// auroc is the share of (good, defective) pairs in which the defective sample
// scores higher, a tie counting one half.
func (t tally) auroc() float64 {
	// Twice the pairs won, as an integer: exact up to 2^63 pairs.
	won, left := 0, t.good
	for _, s := range t.steps {
		left -= s.above + s.tied
		won += s.defective * (2*left + s.tied)
	}
	return float64(won) / 2 / float64(t.good) / float64(t.defective)
}

// averagePrecision is Σ (R_n − R_{n−1}) P_n over falling thresholds. Recall
// moves only at the steps, so the thresholds between them add nothing.
func (t tally) averagePrecision() float64 {
	sum := 0.0
	hits, alarms := 0, 0
	for _, s := range t.steps {
		hits += s.defective
		alarms += s.above + s.tied
		sum += float64(s.defective) * float64(hits) / float64(hits+alarms)
	}
	return sum / float64(t.defective)
}

// bestF1 returns the largest F1 = 2TP / (2TP + FP + FN) over all thresholds,
// and the highest threshold that reaches it. Between two steps only false
// alarms are added, so the best threshold is always a step.
func (t tally) bestF1() (f1, threshold float64) {
	hits, alarms := 0, 0
	for _, s := range t.steps {
		hits += s.defective
		alarms += s.above + s.tied
		if f := 2 * float64(hits) / float64(hits+alarms+t.defective); f > f1 {
			f1, threshold = f, s.score
		}
	}
	return f1, threshold
}
