package metrics

// AUROC returns the area under the receiver operating characteristic of one
// score for each image: the probability that a defective image scores higher
// than a good one, ties counting one half (midranks). It is 1 for a perfect
// ranking and 0.5 for a blind one.
//
// defective[i] says whether image i is defective. AUROC returns an error
// wrapping [ErrOneClass] or [ErrNaN], and panics if the lengths differ. It
// equals scikit-learn's roc_auc_score.
func AUROC(scores []float64, defective []bool) (float64, error) {
	t, err := tallyScores("AUROC", scores, defective)
	if err != nil {
		return 0, err
	}
	return t.auroc(), nil
}

// AveragePrecision returns the mean precision over falling thresholds, weighted
// by the recall that each adds: Σ (R_n − R_{n−1}) P_n, without interpolation, as
// scikit-learn's average_precision_score.
//
// It returns an error wrapping [ErrOneClass] or [ErrNaN] (scikit-learn answers
// 0 and a warning where nothing is defective), and panics if the lengths differ.
func AveragePrecision(scores []float64, defective []bool) (float64, error) {
	t, err := tallyScores("AveragePrecision", scores, defective)
	if err != nil {
		return 0, err
	}
	return t.averagePrecision(), nil
}

// BestF1 returns the largest harmonic mean of precision and recall that any
// threshold reaches, and the highest threshold that reaches it; an image is
// called defective when its score is at least the threshold.
//
// The threshold is fitted to the labels it is judged by, so the figure flatters:
// use it to compare detectors, not to promise a rate. Errors and panics are
// those of [AUROC].
func BestF1(scores []float64, defective []bool) (f1, threshold float64, err error) {
	t, err := tallyScores("BestF1", scores, defective)
	if err != nil {
		return 0, 0, err
	}
	f1, threshold = t.bestF1()
	return f1, threshold, nil
}
