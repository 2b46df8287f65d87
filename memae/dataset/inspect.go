package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"github.com/org/trustmae/internal/parallel"
)

// Report is what Inspect finds in a folder. Photos are named by Sample.Rel,
// masks by path; lists are sorted.
type Report struct {
	Root   string `json:"root"`
	Layout Layout `json:"layout"`
	// Photos is the number of usable photos.
	Photos  int           `json:"photos"`
	Counts  []KindCount   `json:"counts"`
	Sizes   []SizeCount   `json:"sizes"`
	Formats []FormatCount `json:"formats"`
	// Skipped are the files that cannot be used.
	Skipped []Skip `json:"skipped"`
	// Duplicates are photos whose files are equal byte for byte.
	Duplicates []Duplicate `json:"duplicates"`
	// NearDuplicates look the same at 32×32 pixels, as a photo and a recompressed
	// copy of it do.
	NearDuplicates []Duplicate `json:"near_duplicates"`
	// Blank photos have one colour throughout.
	Blank []string `json:"blank"`
	// PhotosWithoutMask are defective photos without a mask.
	PhotosWithoutMask []string `json:"photos_without_mask"`
	MasksWithoutPhoto []string `json:"masks_without_photo"`
	// EmptyMasks mark nothing.
	EmptyMasks []string   `json:"empty_masks"`
	MaskSizes  []MaskSize `json:"mask_sizes"`
	// Warnings say in words what needs attention, the most serious first.
	Warnings []string `json:"warnings"`
}

// KindCount counts the photos of one kind in a split ("train" or "test").
type KindCount struct {
	Split  string `json:"split"`
	Kind   string `json:"kind"`
	Label  Label  `json:"label"`
	Photos int    `json:"photos"`
	Masks  int    `json:"masks"`
}

// SizeCount counts the photos of one size, in pixels, as shown upright.
type SizeCount struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	Photos int `json:"photos"`
}

// FormatCount counts the photos of one file format.
type FormatCount struct {
	Format string `json:"format"`
	// Bits per channel, 8 or 16.
	Bits   int  `json:"bits"`
	Grey   bool `json:"grey"`
	Photos int  `json:"photos"`
}

// Duplicate is a group of photos that are the same.
type Duplicate struct {
	Photos []string `json:"photos"`
	// AcrossSplits: some are for training, others for testing.
	AcrossSplits bool `json:"across_splits"`
	// Contradictory: some are labelled good, others defective.
	Contradictory bool `json:"contradictory"`
}

// MaskSize is a mask of another size than its photo.
type MaskSize struct {
	Photo  string `json:"photo"`
	Mask   string `json:"mask"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// facts is what is learned from one photo and its mask.
type facts struct {
	Sample
	test  bool
	fault error

	width, height int
	format        format
	bits          int
	grey          bool
	sum           [sha256.Size]byte
	print         []float32

	mask maskFacts
}

type maskFacts struct {
	width, height int
	empty, lossy  bool
}

// Inspect opens path as Open does, decodes all photos and masks and reports on
// them. progress, if not nil, is called after each photo, one call at a time. A
// folder without photos is an error, everything else is part of the report.
func Inspect(ctx context.Context, path string, progress func(done, total int)) (*Report, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	all := make([]facts, 0, len(f.Train)+len(f.Test))
	for _, s := range f.Train {
		all = append(all, facts{Sample: s})
	}
	for _, s := range f.Test {
		all = append(all, facts{Sample: s, test: true})
	}
	var mu sync.Mutex
	done := 0
	err = parallel.Each(ctx, len(all), func(i int) error {
		all[i].fault = all[i].examine()
		if progress != nil {
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done, len(all))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return newReport(f, all), nil
}

// examine fills in the facts; its error says why the photo is of no use.
func (f *facts) examine() error {
	p, err := decodePhoto(f.Path)
	if err != nil {
		return err
	}
	size := p.size()
	f.width, f.height = size.X, size.Y
	f.format, f.bits, f.grey = p.format, p.bits, p.grey
	f.print = fingerprint(p)
	if f.sum, err = hashFile(f.Path); err != nil {
		return err
	}
	if f.Mask == "" {
		return nil
	}
	m, err := decodeFile(f.Mask)
	if err != nil {
		return fmt.Errorf("its mask: %w", err)
	}
	size = m.size()
	f.mask = maskFacts{width: size.X, height: size.Y, lossy: m.format == formatJPEG}
	pix := m.image().Pix
	f.mask.empty = !slices.ContainsFunc(pix, func(v float32) bool { return v > 0 })
	return nil
}

// newReport sums the facts up.
func newReport(f *Folder, all []facts) *Report {
	// Empty rather than nil, for lists to be [] in JSON.
	r := &Report{
		Root: f.Root, Layout: f.Layout, Counts: []KindCount{}, Sizes: []SizeCount{}, Formats: []FormatCount{},
		Skipped: []Skip{}, NearDuplicates: []Duplicate{}, Blank: []string{}, PhotosWithoutMask: []string{},
		MasksWithoutPhoto: []string{}, EmptyMasks: []string{}, MaskSizes: []MaskSize{}, Warnings: []string{},
	}
	for _, s := range f.Skipped {
		if s.Reason == reasonOrphan {
			r.MasksWithoutPhoto = append(r.MasksWithoutPhoto, s.Path)
		} else {
			r.Skipped = append(r.Skipped, s)
		}
	}
	used := all[:0:0]
	for _, p := range all {
		if p.fault != nil {
			r.Skipped = append(r.Skipped, Skip{p.Path, p.fault.Error()})
			continue
		}
		used = append(used, p)
	}
	r.Photos = len(used)
	slices.SortFunc(r.Skipped, func(a, b Skip) int { return cmp.Compare(a.Path, b.Path) })
	r.count(used)
	r.listMasks(used)
	for _, p := range used {
		if blank(p.print) {
			r.Blank = append(r.Blank, p.Rel)
		}
	}
	r.Duplicates = duplicates(used)
	if len(used) <= maxCompared {
		r.NearDuplicates = nearDuplicates(used)
	}
	r.warn(used)
	return r
}

// count fills in Counts, Sizes and Formats.
func (r *Report) count(used []facts) {
	kinds := make(map[KindCount][2]int)
	sizes := make(map[SizeCount]int)
	formats := make(map[FormatCount]int)
	for _, p := range used {
		kind := KindCount{Split: dirTrain, Kind: p.Kind, Label: p.Label}
		if p.test {
			kind.Split = dirTest
		}
		n := kinds[kind]
		n[0]++
		if p.Mask != "" {
			n[1]++
		}
		kinds[kind] = n
		sizes[SizeCount{Width: p.width, Height: p.height}]++
		formats[FormatCount{Format: string(p.format), Bits: p.bits, Grey: p.grey}]++
	}
	for kind, n := range kinds {
		kind.Photos, kind.Masks = n[0], n[1]
		r.Counts = append(r.Counts, kind)
	}
	slices.SortFunc(r.Counts, func(a, b KindCount) int {
		// "train" before "test"; labels in their own order.
		return cmp.Or(cmp.Compare(b.Split, a.Split), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Kind, b.Kind))
	})
	for size, n := range sizes {
		size.Photos = n
		r.Sizes = append(r.Sizes, size)
	}
	slices.SortFunc(r.Sizes, func(a, b SizeCount) int {
		return cmp.Or(cmp.Compare(b.Photos, a.Photos), cmp.Compare(a.Width, b.Width), cmp.Compare(a.Height, b.Height))
	})
	for form, n := range formats {
		form.Photos = n
		r.Formats = append(r.Formats, form)
	}
	slices.SortFunc(r.Formats, func(a, b FormatCount) int {
		grey := func(f FormatCount) int {
			if f.Grey {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(b.Photos, a.Photos), cmp.Compare(a.Format, b.Format), cmp.Compare(a.Bits, b.Bits), cmp.Compare(grey(a), grey(b)))
	})
}

// listMasks fills in what concerns masks.
func (r *Report) listMasks(used []facts) {
	for _, p := range used {
		switch {
		case p.Mask == "":
			if p.Label == Defective {
				r.PhotosWithoutMask = append(r.PhotosWithoutMask, p.Rel)
			}
			continue
		case p.mask.empty:
			r.EmptyMasks = append(r.EmptyMasks, p.Mask)
		}
		if p.mask.width != p.width || p.mask.height != p.height {
			r.MaskSizes = append(r.MaskSizes, MaskSize{p.Rel, p.Mask, p.mask.width, p.mask.height})
		}
	}
}
