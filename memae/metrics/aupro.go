package metrics

import "fmt"

// AUPRO returns the normalised area under the per-region-overlap curve up to a
// false-positive rate of fprLimit (0.3 in the literature), in 0–1.
//
// At a threshold, the overlap of one defect is the share of its pixels that
// score at least the threshold, and the per-region overlap (PRO) is the mean of
// that share over all defects of all images: a small defect weighs as much as a
// large one. A defect is an 8-connected component of a ground-truth mask. The
// false-positive rate is the share of all good pixels, those of good images
// included, that score at least the threshold. The curve runs from (0, 0)
// through one point for every distinct score to (1, 1), is joined by straight
// lines, cut (interpolated) at fprLimit, integrated and divided by fprLimit.
// This is the definition of MVTec's evaluation code (Bergmann et al., IJCV
// 2021), and it is computed exactly, without a grid of thresholds. A blind
// detector gets fprLimit/2 and not 0.5.
//
// maps and masks are as for [PixelAUROC], every image width × height, row by
// row. AUPRO returns an error wrapping [ErrOneClass] or [ErrNaN], or one for a
// limit outside (0, 1], and panics if lengths do not match.
func AUPRO(maps [][]float32, masks [][]bool, width, height int, fprLimit float64) (float64, error) {
	if !(fprLimit > 0 && fprLimit <= 1) {
		return 0, fmt.Errorf("metrics: AUPRO: the false-positive limit is %v; give one above 0 and at most 1 (0.3 is usual)", fprLimit)
	}
	t, ix, err := tallyPixels("AUPRO", maps, masks)
	if err != nil {
		return 0, err
	}
	overlap, regions := regionOverlap(ix, maps, masks, width, height)

	limit := fprLimit * float64(t.good)
	var area, x, pro float64
	for i, s := range t.steps {
		gain := overlap[len(overlap)-1-i] / float64(regions)
		flat := min(float64(s.above), limit-x)
		area += flat * pro
		x += flat
		// Good pixels tied with defective ones: both arrive together, so the
		// curve rises along a slope, which the limit may cut.
		if run := min(float64(s.tied), limit-x); run > 0 {
			area += run * (pro + 0.5*gain*run/float64(s.tied))
			x += run
		}
		pro += gain
		if x >= limit {
			return area / limit, nil
		}
	}
	return (area + (limit - x)) / limit, nil // every defect is found: PRO is 1
}

// regionOverlap returns for each key of ix the sum over the defective pixels
// with that score of 1/(pixels of their defect), and the number of defects.
func regionOverlap(ix *keyIndex, maps [][]float32, masks [][]bool, width, height int) (overlap []float64, regions int) {
	overlap = make([]float64, len(ix.keys))
	for i, m := range maps {
		sameLength("AUPRO", fmt.Sprintf("map pixels in image %d", i), len(m), width*height)
		labels, count := Components(masks[i], width, height)
		regions += count
		size := make([]int, count+1)
		for _, l := range labels {
			size[l]++
		}
		for j, l := range labels {
			if l > 0 {
				k, _ := ix.find(orderedKey(m[j]))
				overlap[k] += 1 / float64(size[l])
			}
		}
	}
	return overlap, regions
}
