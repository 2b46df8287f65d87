package dataset

import (
	"fmt"
	"slices"
)

const (
	// fewPhotos is where training starts to lack variety: the smallest set of
	// MVTec AD has 60 photos.
	fewPhotos = 20
	// dimRange is the share of the 16-bit range that 12-bit data reach.
	dimRange = 1.0 / 16
	// maxStretch is how far the aspect ratios of photos may differ before they
	// look distorted once resized to one size.
	maxStretch = 1.1
)

// warn fills in Warnings.
func (r *Report) warn(used []facts) {
	r.warnSkipped()
	r.warnTraining(used)
	r.warnDuplicates()
	r.warnTest(used)
	r.warnMasks(used)
	r.warnPixels(used)
}

func (r *Report) add(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

func (r *Report) warnSkipped() {
	if n := len(r.Skipped); n > 0 {
		r.add("%s cannot be used, such as %s: %s", plural(n, "file"), r.Skipped[0].Path, r.Skipped[0].Reason)
	}
}

func (r *Report) warnTraining(used []facts) {
	var train, defective int
	first, same := facts{}, true
	for _, p := range used {
		if p.test {
			continue
		}
		if train == 0 {
			first = p
		}
		same = same && p.sum == first.sum
		train++
		if p.Label == Defective {
			defective++
		}
	}
	switch {
	case train == 0:
		r.add("there is no photo for training: put photos of the product into train/good")
	case train > 1 && same:
		r.add("all %d training photos are identical: there is nothing to learn from them", train)
	case train < fewPhotos:
		r.add("there are only %s for training: take at least %d, better hundreds", plural(train, "photo"), fewPhotos)
	}
	if defective > 0 {
		r.add("%s for training labelled defective", plural(defective, "photo"))
	}
}

func (r *Report) warnDuplicates() {
	for _, list := range []struct {
		name   string
		groups []Duplicate
	}{{"identical", r.Duplicates}, {"nearly identical", r.NearDuplicates}} {
		var photos, across, contradictory int
		var example, contradiction Duplicate
		for _, d := range list.groups {
			photos += len(d.Photos)
			if d.AcrossSplits {
				if across == 0 {
					example = d
				}
				across++
			}
			if d.Contradictory {
				if contradictory == 0 {
					contradiction = d
				}
				contradictory++
			}
		}
		if contradictory > 0 {
			r.add("%s of %s photos are labelled both good and defective, such as %s and %s",
				plural(contradictory, "group"), list.name, contradiction.Photos[0], contradiction.Photos[1])
		}
		if across > 0 {
			r.add("%s of %s photos are in training as well as in the test set, such as %s and %s: test results will look better than they are",
				plural(across, "group"), list.name, example.Photos[0], example.Photos[len(example.Photos)-1])
		}
		if photos > 0 {
			r.add("%d photos are %s to others (%s)", photos, list.name, plural(len(list.groups), "group"))
		}
	}
	if r.Photos > maxCompared {
		r.add("with more than %d photos nearly identical ones are not searched for", maxCompared)
	}
}

func (r *Report) warnTest(used []facts) {
	var test int
	var labels [3]int
	for _, p := range used {
		if p.test {
			test++
			labels[p.Label]++
		}
	}
	if test == 0 {
		return
	}
	if labels[Unlabelled] > 0 {
		r.add("%s of the test set are unlabelled: they cannot be evaluated", plural(labels[Unlabelled], "photo"))
	}
	if labels[Good] == 0 {
		r.add("the test set has no good photo: no AUROC can be computed")
	}
	if labels[Defective] == 0 {
		r.add("the test set has no defective photo: no AUROC can be computed")
	}
}

func (r *Report) warnMasks(used []facts) {
	masks := slices.ContainsFunc(used, func(p facts) bool { return p.Mask != "" })
	if n := len(r.PhotosWithoutMask); masks && n > 0 {
		r.add("%s without a mask, such as %s: figures per pixel leave them out", plural(n, "defective photo"), r.PhotosWithoutMask[0])
	}
	if n := len(r.MasksWithoutPhoto); n > 0 {
		r.add("%s without a photo, such as %s", plural(n, "mask"), r.MasksWithoutPhoto[0])
	}
	if n := len(r.EmptyMasks); n > 0 {
		r.add("%s without a mark, such as %s", plural(n, "mask"), r.EmptyMasks[0])
	}
	if n := len(r.MaskSizes); n > 0 {
		m := r.MaskSizes[0]
		r.add("%s of another size than the photo, such as %s (%d×%d)", plural(n, "mask"), m.Mask, m.Width, m.Height)
	}
	if i := slices.IndexFunc(used, func(p facts) bool { return p.mask.lossy }); i >= 0 {
		r.add("masks are stored as JPEG, such as %s: its artefacts count as defects, save masks as PNG", used[i].Mask)
	}
}

func (r *Report) warnPixels(used []facts) {
	if len(used) == 0 {
		return
	}
	if n := len(r.Blank); n > 0 {
		r.add("%s of one colour throughout, such as %s", plural(n, "photo"), r.Blank[0])
	}
	ratio := func(s SizeCount) float64 { return float64(s.Width) / float64(s.Height) }
	low, high := ratio(r.Sizes[0]), ratio(r.Sizes[0])
	for _, s := range r.Sizes {
		low, high = min(low, ratio(s)), max(high, ratio(s))
	}
	if high > maxStretch*low {
		r.add("the photos differ in shape (width to height from %.2f to %.2f): resized to one size they are distorted differently, crop them alike", low, high)
	}
	grey := 0
	deep, dim := 0, true
	for _, p := range used {
		if p.grey {
			grey++
		}
		if p.bits == 16 {
			deep++
			dim = dim && slices.Max(p.print) <= dimRange
		}
	}
	if grey > 0 && grey < len(used) {
		r.add("%d photos are grey and %d in colour", grey, len(used)-grey)
	}
	if deep > 0 && dim {
		r.add("the 16-bit photos use less than a sixteenth of their range, as 12-bit data do: scale them up before training")
	}
}

// plural returns "1 file", "2 files".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
