package metrics_test

import (
	"fmt"

	"github.com/org/trustmae/memae/metrics"
)

func ExampleAUROC() {
	scores := []float64{0.1, 0.4, 0.4, 0.9}
	defective := []bool{false, false, true, true}
	auroc, err := metrics.AUROC(scores, defective)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(auroc)

	_, err = metrics.AUROC(scores[:2], defective[:2])
	fmt.Println(err)
	// Output:
	// 0.875
	// metrics: AUROC: one class is missing: none of 2 images is defective; add defective ones or leave this figure out
}

func ExampleAUPRO() {
	// One image of 4×2 pixels with two defects, of two pixels and of one.
	scores := [][]float32{{
		0.9, 0.8, 0.1, 0.2,
		0.1, 0.1, 0.3, 0.7,
	}}
	truth := [][]bool{{
		true, true, false, false,
		false, false, false, true,
	}}
	aupro, err := metrics.AUPRO(scores, truth, 4, 2, 0.3)
	fmt.Println(aupro, err)
	// Output: 1 <nil>
}

func ExampleFalseRejectsAtEscapes() {
	scores := []float64{0.1, 0.2, 0.2, 0.3, 0.5, 0.4, 0.6, 0.7, 0.8, 0.9}
	defective := []bool{false, false, false, false, false, true, true, true, true, true}
	r, err := metrics.FalseRejectsAtEscapes(scores, defective, 0.01)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("reject from %.1f on: %d of %d good parts lost (%.0f %%; 95 %% interval %.0f–%.0f %%), %d of %d defective parts pass\n",
		r.Threshold, r.Rejected, r.Good, 100*r.Rate, 100*r.Low, 100*r.High, r.Escaped, r.Defective)
	// Output: reject from 0.4 on: 1 of 5 good parts lost (20 %; 95 % interval 1–72 %), 0 of 5 defective parts pass
}
