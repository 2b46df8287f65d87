// Package atomicfile replaces files so that a reader sees the old content or
// the new content, never a part of either, whatever fails in between.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
)

// bufferSize is the size in bytes of the buffer between the caller's writes
// and the file; callers may therefore write value by value.
const bufferSize = 1 << 18

// maxNameTries bounds the search for an unused temporary name.
const maxNameTries = 100

// WriteFile calls write with a buffered writer on a temporary file in path's
// folder, forces the data to disk and renames the file to path. On any error,
// and when write panics, the temporary file is removed and whatever stood at
// path before is untouched.
//
// An existing regular file is replaced and keeps its permission bits; a
// symbolic link is followed; anything else at path (folder, device) is an
// error. The folder must exist. Errors name path and say what to do about a
// full disk or a folder without write permission; they wrap the cause.
// Concurrent calls for one path are safe: the last rename wins. Temporary files
// that killed programs left of the same path are removed.
func WriteFile(path string, write func(w io.Writer) error) error {
	target, mode, err := resolve(path)
	if err != nil {
		return err
	}
	removeStale(target)
	file, err := createTemp(target, mode)
	if err != nil {
		return Explain(path, err)
	}
	renamed := false
	defer func() {
		if !renamed {
			_ = file.Close() // second close after a failed rename is harmless
			_ = os.Remove(file.Name())
		}
	}()
	buffered := bufio.NewWriterSize(file, bufferSize)
	if err := write(buffered); err != nil {
		return Explain(path, err)
	}
	if err := buffered.Flush(); err != nil {
		return Explain(path, err)
	}
	if err := Replace(file, target); err != nil {
		return err
	}
	renamed = true
	return nil
}

// Replace forces what was written to file to disk, closes it and renames it to
// path: for a file that grew under a name of its own over several runs, in
// path's folder. On an error it stays there under its own name.
func Replace(file *os.File, path string) error {
	err := file.Sync()
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return Explain(path, err)
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// WriteBytes is WriteFile for content that is already in memory.
func WriteBytes(path string, data []byte) error {
	return WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// resolve follows symbolic links in path and returns the file to replace with
// the permission bits for the new one (0 means the default under the umask).
func resolve(path string) (target string, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, 0, nil
	case err != nil:
		return "", 0, Explain(path, err)
	case info.IsDir():
		return "", 0, fmt.Errorf("write %s: it is a folder; name a file", path)
	case !info.Mode().IsRegular():
		return "", 0, fmt.Errorf("write %s: not a regular file; name another file", path)
	}
	target, err = filepath.EvalSymlinks(path)
	if err != nil {
		return "", 0, Explain(path, err)
	}
	return target, info.Mode().Perm(), nil
}

// createTemp opens a new file beside target. os.CreateTemp would make it
// private to the user (0600); a model file should follow the umask instead.
func createTemp(target string, mode fs.FileMode) (*os.File, error) {
	dir, base := filepath.Split(target)
	for try := 0; ; try++ {
		name := filepath.Join(dir, fmt.Sprintf("%s%08x", tempPrefix(base), rand.Uint32()))
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) && try < maxNameTries {
			continue
		}
		if err != nil {
			return nil, err
		}
		_, _ = tryLock(file) // tells removeStale that somebody is writing
		if mode != 0 {
			_ = file.Chmod(mode) // some file systems have no modes; the content matters more
		}
		return file, nil
	}
}

// syncFolder makes the rename itself durable. Not every system can sync a
// folder, and the file is complete either way, so failure is no error.
func syncFolder(dir string) {
	if handle, err := os.Open(dir); err == nil {
		_ = handle.Sync()
		_ = handle.Close()
	}
}

// Explain wraps an error of writing path: it adds path and, where the cause is
// known, the remedy.
func Explain(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("write %s: disk full; free space or choose another folder: %w", path, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("write %s: no permission to write in this folder; choose another one: %w", path, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("write %s: the folder does not exist; create it first: %w", path, err)
	default:
		return fmt.Errorf("write %s: %w", path, err)
	}
}
