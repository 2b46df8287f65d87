package memae

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/org/trustmae/memae/metrics"
)

// Calibration is the limit between accept and reject and how it was found.
type Calibration struct {
	Rule           string  `json:"rule"`            // "robust", "budget" or "labels"
	Threshold      float64 `json:"threshold"`       // of Result.Raw: photos above are rejected
	PixelThreshold float64 `json:"pixel_threshold"` // of map values: pixels above are marked
	DefectShare    float64 `json:"defect_share"`    // estimated share of defective photos in training
	Photos         int     `json:"photos"`          // number of scores it was found from
	Detail         string  `json:"detail"`          // the rule's setting, for people
}

// normalise maps a raw score to [0,1), ½ at the threshold.
func (c Calibration) normalise(raw float64) float64 {
	if c.Threshold <= 0 || raw <= 0 {
		return 0
	}
	return raw / (raw + c.Threshold)
}

// RobustThreshold finds a limit from scores of an unlabelled training set of
// which less than half are defective. It works on logarithms, since scores are
// positive and skewed. The limit is z deviations above the centre of the scores
// of good photos, and which these are is found in one of two ways:
//
//   - Where the values of view fall into two groups (see fitMixture), the photos
//     of the lower one are good, and share is the weight of the upper one. view
//     holds scores of the same photos in which good and defective ones part as
//     clearly as can be; it may be scores itself.
//   - Else most photos are good: the shortest interval that holds half of the
//     scores lies among them (least median of squares, Rousseeuw 1984); its middle
//     and scaled width give a first centre and deviation, and the scores within
//     2.5 deviations are good (reweighting, Rousseeuw and Leroy 1987). share is
//     then the fraction of scores beyond the limit.
func RobustThreshold(scores, view []float64, z float64) (limit, share float64, err error) {
	if len(scores) < 2 {
		return 0, 0, fmt.Errorf("memae: robust threshold from %d scores, want at least 2", len(scores))
	}
	if len(view) != len(scores) {
		panic(fmt.Sprintf("memae.RobustThreshold: view of %d scores, want %d", len(view), len(scores)))
	}
	logs, err := logarithms(scores)
	if err != nil {
		return 0, 0, err
	}
	seen, err := logarithms(view)
	if err != nil {
		return 0, 0, err
	}
	groups, parted := fitMixture(seen)
	var good []float64
	if parted {
		good = make([]float64, len(seen))
		for i, v := range seen {
			good[i] = groups.lower(v)
		}
	} else {
		good = nearShorth(logs)
	}
	centre, deviation := stat.MeanStdDev(logs, good)
	// the slack keeps equal scores on the inside whatever the rounding
	limit = math.Exp(centre+z*deviation) * (1 + 1e-9)
	if parted {
		return limit, groups.weight[1], nil
	}
	above := 0
	for _, s := range scores {
		if s > limit {
			above++
		}
	}
	return limit, float64(above) / float64(len(scores)), nil
}

// logarithms of scores; a score of 0 counts as the smallest positive number.
func logarithms(scores []float64) ([]float64, error) {
	logs := make([]float64, len(scores))
	for i, s := range scores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("memae: robust threshold: score %d is %v", i, s)
		}
		logs[i] = math.Log(max(s, math.SmallestNonzeroFloat64))
	}
	return logs, nil
}

// shorthScale turns half the width of a normal distribution's shortest half into
// its standard deviation: 1/Φ⁻¹(¾).
const shorthScale = 1.4826

// nearShorth marks by 1 the values within 2.5 deviations of the shortest half,
// all if that leaves less than two.
func nearShorth(x []float64) []float64 {
	sorted := slices.Sorted(slices.Values(x))
	half := len(x)/2 + 1
	best := 0
	for i := range len(x) - half + 1 {
		if sorted[i+half-1]-sorted[i] < sorted[best+half-1]-sorted[best] {
			best = i
		}
	}
	low, high := sorted[best], sorted[best+half-1]
	centre, deviation := (low+high)/2, shorthScale*(high-low)/2
	near, count := make([]float64, len(x)), 0
	for i, v := range x {
		if math.Abs(v-centre) <= 2.5*deviation {
			near[i] = 1
			count++
		}
	}
	if count < 2 {
		return nil // weighs all alike
	}
	return near
}

// BudgetThreshold finds the limit that rejects a new good photo with a
// probability of at most falseRejects, from scores of good photos that training
// did not see: the ⌈(n+1)(1−falseRejects)⌉-th smallest of them (split conformal
// prediction). Too few photos for the budget are an error that says how many it
// takes.
func BudgetThreshold(good []float64, falseRejects float64) (float64, error) {
	if !(falseRejects > 0 && falseRejects < 1) {
		return 0, fmt.Errorf("memae: false-reject budget is %v, want between 0 and 1", falseRejects)
	}
	rank := int(math.Ceil(float64(len(good)+1) * (1 - falseRejects)))
	if rank > len(good) {
		return 0, fmt.Errorf("memae: %d good photos are too few for a false-reject budget of %v, want at least %d",
			len(good), falseRejects, int(math.Ceil(1/falseRejects))-1)
	}
	sorted := slices.Clone(good)
	slices.Sort(sorted)
	if math.IsNaN(sorted[0]) {
		return 0, fmt.Errorf("memae: budget threshold: a score is NaN")
	}
	return sorted[rank-1], nil
}

// LabelThreshold finds the limit with the best F1 on labelled scores.
func LabelThreshold(scores []float64, defective []bool) (float64, error) {
	_, limit, err := metrics.BestF1(scores, defective)
	if err != nil {
		return 0, fmt.Errorf("memae: threshold from labels: %w", err)
	}
	// BestF1 rejects scores at its limit, Result.Defective only those above.
	return math.Nextafter(limit, math.Inf(-1)), nil
}
