package metrics

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// PixelAUROC returns the area under the receiver operating characteristic over
// all pixels of all images together, ties counting one half.
//
// maps[i] holds the anomaly scores of image i and masks[i] its ground truth in
// the same order (true: defective); a good image has an all-false mask. Images
// may differ in size. Memory is about 40 bytes for each defective pixel.
//
// It returns an error wrapping [ErrOneClass] or [ErrNaN], and panics if the
// number of maps and masks, or of their pixels, differ.
func PixelAUROC(maps [][]float32, masks [][]bool) (float64, error) {
	t, _, err := tallyPixels("PixelAUROC", maps, masks)
	if err != nil {
		return 0, err
	}
	return t.auroc(), nil
}

// PixelAveragePrecision is [AveragePrecision] over all pixels of all images.
// Arguments, errors and panics are those of [PixelAUROC].
func PixelAveragePrecision(maps [][]float32, masks [][]bool) (float64, error) {
	t, _, err := tallyPixels("PixelAveragePrecision", maps, masks)
	if err != nil {
		return 0, err
	}
	return t.averagePrecision(), nil
}

// PixelBestF1 is [BestF1] over all pixels of all images: the threshold at which
// predicted contours are usually drawn. Arguments, errors and panics are those
// of [PixelAUROC].
func PixelBestF1(maps [][]float32, masks [][]bool) (f1, threshold float64, err error) {
	t, _, err := tallyPixels("PixelBestF1", maps, masks)
	if err != nil {
		return 0, 0, err
	}
	f1, threshold = t.bestF1()
	return f1, threshold, nil
}

// tallyPixels ranks every pixel and returns the lookup table that finds the
// step of a score. It reads the maps twice: once to collect the defective
// pixels, which it sorts, and once to look the good ones up among them.
func tallyPixels(op string, maps [][]float32, masks [][]bool) (tally, *keyIndex, error) {
	sameLength(op, "masks", len(masks), len(maps))
	var keys []uint32
	pixels := 0
	for i, m := range maps {
		sameLength(op, fmt.Sprintf("mask pixels in image %d", i), len(masks[i]), len(m))
		pixels += len(m)
		for j, defective := range masks[i] {
			if v := m[j]; v != v {
				return tally{}, nil, fmt.Errorf("metrics: %s: %w (image %d, pixel %d); find out why its map could not be computed", op, ErrNaN, i, j)
			}
			if defective {
				keys = append(keys, orderedKey(m[j]))
			}
		}
	}
	t := tally{defective: len(keys), good: pixels - len(keys)}
	if err := classesPresent(op, "pixel", t.good, t.defective); err != nil {
		return tally{}, nil, err
	}
	slices.Sort(keys)
	ix := newKeyIndex(keys)

	// below[k] counts the good pixels between distinct keys k-1 and k.
	below, tied := make([]int, len(ix.keys)+1), make([]int, len(ix.keys))
	for i, m := range maps {
		for j, defective := range masks[i] {
			if defective {
				continue
			}
			if k, equal := ix.find(orderedKey(m[j])); equal {
				tied[k]++
			} else {
				below[k]++
			}
		}
	}
	last := len(ix.keys) - 1
	t.steps = make([]step, len(ix.keys))
	for k, key := range ix.keys {
		t.steps[last-k] = step{
			score:     float64(keyScore(key)),
			defective: ix.count[k],
			tied:      tied[k],
			above:     below[k+1],
		}
	}
	return t, ix, nil
}

// orderedKey maps a float32 that is not NaN to an integer of the same order:
// the sign bit is flipped on positive numbers and all bits on negative ones.
// Both zeros get one key, since they compare equal.
func orderedKey(v float32) uint32 {
	b := math.Float32bits(v + 0) // -0 + 0 is +0
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

// keyScore is the inverse of orderedKey.
func keyScore(key uint32) float32 {
	if key>>31 == 1 {
		return math.Float32frombits(key ^ 1<<31)
	}
	return math.Float32frombits(^key)
}

// keyIndex finds a key among sorted distinct ones. A table over equal slices of
// the key range leaves a handful of candidates for each search.
type keyIndex struct {
	keys  []uint32 // rising, distinct
	count []int    // how often each key occurred
	first []int32  // first[s] is the first index in keys of slice s or a later one
	shift int      // a slice is 1<<shift keys wide
}

// maxSliceBits bounds the table at 2^20 entries (4 MiB), which stays in cache.
const maxSliceBits = 20

// newKeyIndex indexes sorted keys; there must be at least one. It keeps the
// storage of sorted.
func newKeyIndex(sorted []uint32) *keyIndex {
	ix := &keyIndex{keys: sorted[:0]}
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		ix.keys = append(ix.keys, sorted[i])
		ix.count = append(ix.count, j-i)
		i = j
	}
	lo, hi := ix.keys[0], ix.keys[len(ix.keys)-1]
	ix.shift = max(0, bits.Len32(hi-lo)-maxSliceBits)
	ix.first = make([]int32, (hi-lo)>>ix.shift+2)
	slice := 0
	for k, key := range ix.keys {
		for s := int((key - lo) >> ix.shift); slice <= s; slice++ {
			ix.first[slice] = int32(k)
		}
	}
	ix.first[slice] = int32(len(ix.keys))
	return ix
}

// find returns the index of the first key that is not below the given one, and
// whether it equals it.
func (ix *keyIndex) find(key uint32) (k int, equal bool) {
	n := len(ix.keys)
	lo := ix.keys[0]
	if key < lo {
		return 0, false
	}
	if key > ix.keys[n-1] {
		return n, false
	}
	s := (key - lo) >> ix.shift
	a, b := int(ix.first[s]), int(ix.first[s+1])
	for a < b {
		if m := int(uint(a+b) >> 1); ix.keys[m] < key {
			a = m + 1
		} else {
			b = m
		}
	}
	return a, ix.keys[a] == key
}
