package dataset

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// entry is a file found by walk.
type entry struct {
	path string
	// rel is the slash-separated path relative to the walk's root.
	rel string
	// err says why the file is no photo, nil for a photo.
	err error
}

// walk lists all files below root, sorted by rel, and looks into each for its
// format. Links are followed; a link that leads back to a folder above itself
// is reported instead. Folders that cannot be read are reported as entries.
func walk(root string) ([]entry, error) {
	w := walker{}
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	if err := w.dir(root, "", []string{real}); err != nil {
		return nil, err
	}
	slices.SortFunc(w.found, func(a, b entry) int { return strings.Compare(a.rel, b.rel) })
	return w.found, nil
}

type walker struct{ found []entry }

// dir lists one folder; above holds the real paths of the folders on the way.
func (w *walker) dir(dir, rel string, above []string) error {
	items, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, item := range items {
		w.item(filepath.Join(dir, item.Name()), path.Join(rel, item.Name()), above)
	}
	return nil
}

func (w *walker) item(file, rel string, above []string) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		w.add(file, rel, reason(err))
	case strings.HasPrefix(path.Base(rel), "."):
		w.add(file, rel, errors.New("the name begins with a dot: hidden files are not read"))
	case info.IsDir():
		real, err := filepath.EvalSymlinks(file)
		if err == nil && slices.Contains(above, real) {
			err = errors.New("the link leads back to a folder above it")
		}
		if err == nil {
			err = w.dir(file, rel, append(above[:len(above):len(above)], real))
		}
		if err != nil {
			w.add(file, rel, reason(err))
		}
	case !info.Mode().IsRegular():
		w.add(file, rel, errors.New("not a regular file"))
	default:
		_, err := sniffFile(file)
		w.add(file, rel, reason(err))
	}
}

func (w *walker) add(file, rel string, err error) {
	w.found = append(w.found, entry{file, rel, err})
}

// reason strips the operation and path from a file system error: a Skip names
// the path already.
func reason(err error) error {
	var fault *fs.PathError
	if errors.As(err, &fault) {
		return fault.Err
	}
	return err
}

// isDir reports whether the joined path is a folder.
func isDir(parts ...string) bool {
	info, err := os.Stat(filepath.Join(parts...))
	return err == nil && info.IsDir()
}
