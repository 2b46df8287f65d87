package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/org/trustmae/memae/dataset"
)

// shownSkips is how many files that were passed over are named; `check` names
// all of them.
const shownSkips = 10

// verify decodes every photo of f, moving bad ones to f.Skipped, and names those.
func verify(ctx context.Context, s *session, f *dataset.Folder) error {
	t := s.start("reading", len(f.Train)+len(f.Test))
	err := f.Verify(ctx, func(done, _ int) { t.add(1) })
	t.finish()
	s.skipped(f, shownSkips)
	return err
}

// skipped names at most limit of the files that were passed over.
func (s *session) skipped(f *dataset.Folder, limit int) {
	for i, skip := range f.Skipped {
		if i == limit {
			s.note("warning: and %s more left out; trustmae check %s names them all", plural(len(f.Skipped)-i, "file"), f.Root)
			return
		}
		s.note("warning: left out %s: %s", skip.Path, skip.Reason)
	}
}

// names are the relative names of samples.
func names(samples []dataset.Sample) []string {
	out := make([]string, len(samples))
	for i, s := range samples {
		out[i] = s.Rel
	}
	return out
}

// sameEverywhere reports whether all photos of a source are the same picture.
// It stops at the first that differs.
func sameEverywhere(s *dataset.Source) (bool, error) {
	first, err := s.Image(0)
	if err != nil {
		return false, err
	}
	for i := 1; i < s.Len(); i++ {
		img, err := s.Image(i)
		if err != nil {
			return false, err
		}
		if !slices.Equal(first.Pix, img.Pix) {
			return false, nil
		}
	}
	return true, nil
}

// photoExtensions are those of the formats that package dataset reads.
var photoExtensions = []string{".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}

// meantAsPhoto tells a broken photo from the read-me beside it.
func meantAsPhoto(path string) bool {
	return !strings.HasPrefix(filepath.Base(path), ".") &&
		slices.Contains(photoExtensions, strings.ToLower(filepath.Ext(path)))
}

// broken counts the files that were meant as photos.
func broken(skips []dataset.Skip) int {
	n := 0
	for _, skip := range skips {
		if meantAsPhoto(skip.Path) {
			n++
		}
	}
	return n
}

// writable checks, before hours of work, that a file can be made beside path.
func writable(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case os.IsNotExist(err):
		return fmt.Errorf("the folder %s for %s does not exist; create it first", dir, filepath.Base(path))
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is a file, so %s cannot be put there; name another place", dir, filepath.Base(path))
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name a file", path)
	}
	probe, err := os.CreateTemp(dir, ".trustmae-probe-*")
	if err != nil {
		return fmt.Errorf("nothing can be written to %s (%w); choose another folder or change its permissions", dir, err)
	}
	defer os.Remove(probe.Name())
	return probe.Close()
}
