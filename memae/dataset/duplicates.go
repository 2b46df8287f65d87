package dataset

import (
	"cmp"
	"slices"
)

const (
	// printSide is the side of a fingerprint: a grey picture of the photo.
	printSide = 32
	// nearLimit is the largest difference at any point of two fingerprints that
	// counts as the same photo. On the four products that this was measured
	// with, recompression as JPEG of quality 85 stays below 1.5/255 and the
	// closest pair of different photos is 2.5/255 apart.
	nearLimit = 2.0 / 255
	// maxCompared bounds the comparison of all pairs: 20,000 photos take
	// seconds, and the time grows with the square.
	maxCompared = 20_000
)

// fingerprint returns the photo in grey at printSide×printSide pixels.
func fingerprint(p picture) []float32 {
	small := p.resized(printSide, printSide)
	r, g, b := small.Plane(0), small.Plane(1), small.Plane(2)
	grey := make([]float32, len(r))
	for i := range grey {
		grey[i] = (r[i] + g[i] + b[i]) / 3
	}
	return grey
}

// blank reports whether a fingerprint has one value throughout, but for rounding.
func blank(print []float32) bool {
	return slices.Max(print)-slices.Min(print) < 1e-4
}

// duplicates groups photos whose files are equal.
func duplicates(used []facts) []Duplicate {
	groups := make(map[[32]byte][]int)
	for i, p := range used {
		groups[p.sum] = append(groups[p.sum], i)
	}
	var all [][]int
	for _, g := range groups {
		all = append(all, g)
	}
	return newDuplicates(used, all)
}

// nearDuplicates groups photos that look the same, directly or through others.
// Equal files take part with one of them, since duplicates lists them already.
func nearDuplicates(used []facts) []Duplicate {
	type item struct {
		index int
		mean  float32
	}
	var items []item
	seen := make(map[[32]byte]bool)
	for i, p := range used {
		if seen[p.sum] {
			continue
		}
		seen[p.sum] = true
		var sum float32
		for _, v := range p.print {
			sum += v
		}
		items = append(items, item{i, sum / float32(len(p.print))})
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.mean, b.mean), cmp.Compare(a.index, b.index))
	})
	// Disjoint sets: parent leads towards the representative of a group.
	parent := make([]int, len(used))
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for k, a := range items {
		for _, b := range items[k+1:] {
			if b.mean-a.mean > nearLimit {
				break // means differ no less for all that follow
			}
			if near(used[a.index].print, used[b.index].print) {
				parent[find(a.index)] = find(b.index)
			}
		}
	}
	groups := make(map[int][]int)
	for _, it := range items {
		root := find(it.index)
		groups[root] = append(groups[root], it.index)
	}
	var all [][]int
	for _, g := range groups {
		all = append(all, g)
	}
	return newDuplicates(used, all)
}

func near(a, b []float32) bool {
	for i, v := range a {
		if d := v - b[i]; d > nearLimit || d < -nearLimit {
			return false
		}
	}
	return true
}

// newDuplicates describes the groups of more than one photo, sorted by name.
func newDuplicates(used []facts, groups [][]int) []Duplicate {
	result := []Duplicate{}
	for _, group := range groups {
		if len(group) < 2 {
			continue
		}
		var d Duplicate
		var splits [2]bool
		var labels [3]bool
		for _, i := range group {
			p := used[i]
			d.Photos = append(d.Photos, p.Rel)
			labels[p.Label] = true
			if p.test {
				splits[1] = true
			} else {
				splits[0] = true
			}
		}
		d.AcrossSplits = splits[0] && splits[1]
		d.Contradictory = labels[Good] && labels[Defective]
		slices.Sort(d.Photos)
		result = append(result, d)
	}
	slices.SortFunc(result, func(a, b Duplicate) int { return cmp.Compare(a.Photos[0], b.Photos[0]) })
	return result
}
