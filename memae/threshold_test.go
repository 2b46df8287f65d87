package memae

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// lognormal scores of good photos, and of defective ones some deviations above.
func scores(rng *rand.Rand, good, defective int, shift float64) []float64 {
	var s []float64
	for range good {
		s = append(s, math.Exp(0.3*rng.NormFloat64()))
	}
	for range defective {
		s = append(s, math.Exp(0.3*(shift+rng.NormFloat64())))
	}
	return s
}

func TestRobustThresholdSurvivesContamination(t *testing.T) {
	for _, defective := range []int{0, 20, 100, 200, 390} { // of 600 good: up to 39 %
		rng := rand.New(rand.NewPCG(7, uint64(defective)))
		s := scores(rng, 600, defective, 8)
		limit, share, err := RobustThreshold(s, s, 3)
		if err != nil {
			t.Fatal(err)
		}
		if z := math.Log(limit) / 0.3; !(z > 2 && z < 4.5) {
			t.Errorf("%d defective: limit lies %.2f deviations above the good ones, want about 3", defective, z)
		}
		if want := float64(defective) / float64(600+defective); !(math.Abs(share-want) < 0.03) {
			t.Errorf("%d defective: estimated share %.3f, want %.3f", defective, share, want)
		}
	}
}

// Scores by the map's largest value overlap so far that groups do not show; those
// by its mean part, and tell both the share and which photos the limit is from.
func TestRobustThresholdUsesTheClearerView(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var peaks, means []float64
	for i := range 200 {
		peak, mean := -2.7+0.6*rng.NormFloat64(), -7.1+0.3*rng.NormFloat64()
		if i < 80 {
			peak, mean = -1.4+0.7*rng.NormFloat64(), -5.6+0.5*rng.NormFloat64()
		}
		peaks, means = append(peaks, math.Exp(peak)), append(means, math.Exp(mean))
	}
	blind, blindShare, err := RobustThreshold(peaks, peaks, 3)
	if err != nil {
		t.Fatal(err)
	}
	limit, share, err := RobustThreshold(peaks, means, 3)
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(share-0.4) < 0.06) || math.Abs(blindShare-0.4) < 0.2 {
		t.Errorf("estimated share %.3f, and %.3f without the view; want 0.4 and far from it", share, blindShare)
	}
	if z := (math.Log(limit) + 2.7) / 0.6; !(z > 2.5 && z < 4) || limit >= blind {
		t.Errorf("limit lies %.2f deviations above the good ones, want about 3, and at %.3g, without the view %.3g", z, limit, blind)
	}
}

func TestRobustThresholdOddScores(t *testing.T) {
	limit, share, err := RobustThreshold([]float64{2, 2, 2, 2}, []float64{2, 2, 2, 2}, 3)
	if err != nil || share != 0 || !(math.Abs(limit-2) < 1e-6) {
		t.Errorf("equal scores: limit %v, share %v, error %v", limit, share, err)
	}
	if _, share, err := RobustThreshold([]float64{0, 0, 0, 0, 5}, []float64{0, 0, 0, 0, 5}, 3); err != nil || share != 0.2 {
		t.Errorf("zeros and one defect: share %v, error %v", share, err)
	}
	for _, s := range [][]float64{nil, {1}, {1, math.NaN()}, {1, math.Inf(1)}} {
		if _, _, err := RobustThreshold(s, s, 3); err == nil {
			t.Errorf("%v: no error", s)
		}
	}
}

func TestBudgetThreshold(t *testing.T) {
	var good []float64
	for i := range 99 {
		good = append(good, float64(99-i))
	}
	limit, err := BudgetThreshold(good, 0.05)
	if err != nil || limit != 95 { // ⌈100·0.95⌉-th smallest
		t.Errorf("limit %v, error %v, want 95", limit, err)
	}
	if _, err := BudgetThreshold(good, 0.001); err == nil || !strings.Contains(err.Error(), "at least 999") {
		t.Errorf("error %v, want one that asks for 999 photos", err)
	}
	if _, err := BudgetThreshold(good, 0); err == nil {
		t.Error("a budget of 0 is accepted")
	}
}

// The promise of split conformal prediction: new good photos are rejected at
// most as often as the budget allows, on average.
func TestBudgetThresholdKeepsItsPromise(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	rejected, total := 0, 0
	for range 400 {
		limit, err := BudgetThreshold(scores(rng, 50, 0, 0), 0.1)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range scores(rng, 50, 0, 0) {
			total++
			if s > limit {
				rejected++
			}
		}
	}
	if rate := float64(rejected) / float64(total); !(rate > 0.07 && rate < 0.11) {
		t.Errorf("rejects %.3f of new good photos, budget 0.1", rate)
	}
}

func TestLabelThresholdSeparates(t *testing.T) {
	limit, err := LabelThreshold([]float64{1, 2, 3, 7, 8}, []bool{false, false, false, true, true})
	if err != nil || !(limit >= 3 && limit < 7) {
		t.Errorf("limit %v, error %v, want one in [3,7)", limit, err)
	}
	if _, err := LabelThreshold([]float64{1, 2}, []bool{false, false}); err == nil {
		t.Error("labels of one class are accepted")
	}
}
