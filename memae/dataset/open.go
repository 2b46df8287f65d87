package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrEmpty is returned by Open and Verify when there is not one photo.
var ErrEmpty = errors.New("there are no photos: " + wantFormats)

// Open lists the photos at path, which is a folder in MVTec layout, any other
// folder (flat layout), a table with the extension .csv, or a single photo. It
// looks at the first bytes of each file only; [Folder.Verify] decodes them all.
//
// MVTec layout is recognised by the folders train/good or test/good, or by test
// beside train or ground_truth. A photo in train/good or test/good is Good, in
// another folder of train or test Defective with the folder's name as Kind. In
// flat layout all photos of the tree are in Train, Unlabelled.
func Open(path string) (*Folder, error) {
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("dataset: open %s: %w", path, err)
	}
	f.sort()
	return f, nil
}

func open(path string) (*Folder, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, reason(err)
	case info.IsDir():
		return openDir(path)
	case strings.EqualFold(filepath.Ext(path), ".csv"):
		return openCSV(path)
	}
	if _, err := sniffFile(path); err != nil {
		return nil, fmt.Errorf("%w; give a folder, a photo or a .csv table", reason(err))
	}
	return &Folder{
		Root: filepath.Dir(path), Layout: Flat,
		Train: []Sample{{Path: path, Rel: filepath.Base(path)}},
	}, nil
}

func openDir(root string) (*Folder, error) {
	if err := refuseProducts(root); err != nil {
		return nil, err
	}
	entries, err := walk(root)
	if err != nil {
		return nil, reason(err)
	}
	f := &Folder{Root: root, Layout: Flat}
	if isMVTec(root) {
		f.Layout = MVTec
		f.listMVTec(entries)
	} else {
		f.listFlat(entries)
	}
	if len(f.Train)+len(f.Test) == 0 {
		return nil, f.emptyError()
	}
	return f, nil
}

// emptyError is ErrEmpty with a word on the files that were no photos.
func (f *Folder) emptyError() error {
	if len(f.Skipped) == 0 {
		return ErrEmpty
	}
	s := f.Skipped[0]
	return fmt.Errorf("%w (%d other files, such as %s: %s)", ErrEmpty, len(f.Skipped), s.Path, s.Reason)
}

// Names of the folders of the MVTec layout.
const (
	dirTrain = "train"
	dirTest  = "test"
	dirTruth = "ground_truth"
)

func isMVTec(root string) bool {
	return isDir(root, dirTrain, kindGood) || isDir(root, dirTest, kindGood) ||
		isDir(root, dirTest) && (isDir(root, dirTrain) || isDir(root, dirTruth))
}

// Products returns the names of the folders in root that are data sets in MVTec
// layout, sorted; none where root is a data set itself.
func Products(root string) ([]string, error) {
	products, err := listProducts(root)
	if err != nil {
		return nil, fmt.Errorf("dataset: look for products in %s: %w", root, reason(err))
	}
	return products, nil
}

func listProducts(root string) ([]string, error) {
	items, err := os.ReadDir(root)
	if err != nil || isMVTec(root) {
		return nil, err
	}
	var names []string
	for _, item := range items {
		if isMVTec(filepath.Join(root, item.Name())) {
			names = append(names, item.Name())
		}
	}
	return names, nil
}

// refuseProducts returns an error where root is no data set but holds several:
// read as a flat folder it would mix products, and masks with photos.
func refuseProducts(root string) error {
	products, err := listProducts(root)
	if err != nil {
		return reason(err)
	}
	if len(products) == 0 {
		return nil
	}
	return fmt.Errorf("the folder holds data sets of its own (%s): give one of them", strings.Join(products, ", "))
}

func (f *Folder) listFlat(entries []entry) {
	for _, e := range entries {
		if e.err != nil {
			f.skip(e.path, e.err)
			continue
		}
		f.Train = append(f.Train, Sample{Path: e.path, Rel: e.rel})
	}
}

func (f *Folder) listMVTec(entries []entry) {
	masks := maskIndex(entries)
	used := make(map[string]bool)
	for _, e := range entries {
		split, rest, _ := strings.Cut(e.rel, "/")
		switch {
		case split != dirTrain && split != dirTest && split != dirTruth:
			// A data set comes with read-me and licence files, but a photo
			// out of place is most likely an oversight.
			if e.err == nil {
				f.skip(e.path, errors.New("the photo lies outside of train and test"))
			}
		case e.err != nil:
			f.skip(e.path, e.err)
		case split != dirTruth:
			mask := f.addMVTec(e, split, rest, masks)
			used[mask] = true
		}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.rel, dirTruth+"/") && e.err == nil && !used[e.path] {
			f.skip(e.path, errors.New(reasonOrphan))
		}
	}
}

// reasonOrphan is the reason to skip a mask that is not used.
const reasonOrphan = "no photo in test has this mask"

// addMVTec adds a photo, whose name is rest within its split, and returns the
// path of its mask. A good photo may come with an empty mask, which is accepted
// but not needed.
func (f *Folder) addMVTec(e entry, split, rest string, masks map[string]string) (mask string) {
	s := Sample{Path: e.path, Rel: e.rel}
	kind, name, inKind := strings.Cut(rest, "/")
	switch {
	case !inKind && split == dirTest:
		f.skip(e.path, errors.New("the photo lies directly in test: move it to test/good or test/DEFECT"))
		return ""
	case !inKind:
		// Nothing is known of a photo directly in train.
	case kind == kindGood:
		s.Label, s.Kind = Good, kindGood
		mask = masks[maskKey(kind, name)]
	default:
		s.Label, s.Kind = Defective, kind
		mask = masks[maskKey(kind, name)]
		s.Mask = mask
	}
	if split == dirTrain {
		f.Train = append(f.Train, s)
	} else {
		f.Test = append(f.Test, s)
	}
	return mask
}

// maskSuffix follows the photo's name in MVTec AD. Masks that are named like
// their photo are found as well.
const maskSuffix = "_mask"

// maskIndex maps maskKey to the path of each mask. Where a photo has both kinds
// of mask the one with the suffix is taken.
func maskIndex(entries []entry) map[string]string {
	index := make(map[string]string)
	suffixed := make(map[string]bool)
	for _, e := range entries {
		split, rest, _ := strings.Cut(e.rel, "/")
		kind, name, ok := strings.Cut(rest, "/")
		if split != dirTruth || !ok || e.err != nil {
			continue
		}
		stem, found := strings.CutSuffix(maskKey(kind, name), maskSuffix)
		if index[stem] == "" || found && !suffixed[stem] {
			index[stem], suffixed[stem] = e.path, found
		}
	}
	return index
}

// maskKey identifies a photo by kind and name without extension.
func maskKey(kind, name string) string {
	return kind + "/" + strings.TrimSuffix(name, filepath.Ext(name))
}

func (f *Folder) skip(path string, err error) {
	f.Skipped = append(f.Skipped, Skip{path, err.Error()})
}

// sort puts the lists in order.
func (f *Folder) sort() {
	sortSamples(f.Train)
	sortSamples(f.Test)
	slices.SortFunc(f.Skipped, func(a, b Skip) int { return strings.Compare(a.Path, b.Path) })
}
