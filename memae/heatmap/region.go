package heatmap

import (
	"cmp"
	"fmt"
	"image"
	"slices"

	"github.com/org/trustmae/memae/metrics"
)

// Region is one connected patch of suspicious pixels.
type Region struct {
	Box  image.Rectangle // bounding box in pixels of the map; Max is exclusive
	Area int             // pixels
	Peak float32         // highest score in it
	At   image.Point     // where the peak is; the first in reading order
}

// Mask returns for each pixel whether its score is at least the threshold. NaN
// is not.
func Mask(m Map, threshold float32) []bool {
	m.check("Mask")
	mask := make([]bool, len(m.Scores))
	for i, v := range m.Scores {
		mask[i] = v >= threshold
	}
	return mask
}

// Regions returns the 8-connected patches of pixels that score at least the
// threshold, leaving out those of fewer than minArea pixels. They come by
// falling peak; equal peaks by falling area, and then in reading order of the
// first pixel. There may be none.
func Regions(m Map, threshold float32, minArea int) []Region {
	return new(Finder).Regions(m, Mask(m, threshold), minArea)
}

// Finder finds regions in working memory that it keeps. The zero value is ready for
// use, by one goroutine at a time.
type Finder struct{ components metrics.Labeller }

// Regions is the function of that name for the mask of a threshold, see [Mask].
func (f *Finder) Regions(m Map, mask []bool, minArea int) []Region {
	m.check("Regions")
	if !slices.Contains(mask, true) { // most photos of good products
		return []Region{}
	}
	labels, count := f.components.Components(mask, m.Width, m.Height)
	regions := make([]Region, count)
	for i, l := range labels {
		if l == 0 {
			continue
		}
		r, at := &regions[l-1], image.Pt(i%m.Width, i/m.Width)
		if r.Area == 0 || m.Scores[i] > r.Peak {
			r.Peak, r.At = m.Scores[i], at
		}
		r.Area++
		r.Box = r.Box.Union(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
	}
	regions = slices.DeleteFunc(regions, func(r Region) bool { return r.Area < minArea })
	slices.SortStableFunc(regions, func(a, b Region) int {
		return cmp.Or(cmp.Compare(b.Peak, a.Peak), cmp.Compare(b.Area, a.Area))
	})
	return regions
}

// ScaleBox carries a box from a map of one size (width, height) to a photo of
// another, rounded outwards, so that the box never loses a pixel.
func ScaleBox(box image.Rectangle, from, to image.Point) image.Rectangle {
	if from.X < 1 || from.Y < 1 || to.X < 1 || to.Y < 1 {
		panic(fmt.Sprintf("heatmap.ScaleBox: got sizes %v and %v, want at least (1,1)", from, to))
	}
	return image.Rect(
		box.Min.X*to.X/from.X, box.Min.Y*to.Y/from.Y,
		(box.Max.X*to.X+from.X-1)/from.X, (box.Max.Y*to.Y+from.Y-1)/from.Y)
}
