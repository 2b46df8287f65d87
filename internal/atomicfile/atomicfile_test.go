package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// names lists the folder, so that a left-over temporary file shows.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

func TestWriteFileCreatesAndReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	for _, text := range []string{"first", "second, longer than the first", ""} {
		require.NoError(t, WriteBytes(path, []byte(text)))
		require.Equal(t, text, content(t, path))
		require.Equal(t, []string{"model.safetensors"}, names(t, dir))
	}
}

func TestWriteFileKeepsModeAndFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "real")
	link := filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o640))
	if err := os.Symlink(path, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	require.NoError(t, WriteBytes(link, []byte("new")))
	require.Equal(t, "new", content(t, path))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&fs.ModeSymlink, "link was replaced by a file")
	info, err = os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o640), info.Mode().Perm())
}

func TestFailedWriteLeavesOldFileAlone(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name  string
		cause error
		want  string
	}{
		{"callback error", boom, "boom"},
		{"disk full", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, "disk full; free space"},
		{"quota", syscall.EDQUOT, "disk full; free space"},
		{"read-only file system", syscall.EROFS, "no permission to write in this folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			require.NoError(t, WriteBytes(path, []byte("old")))
			err := WriteFile(path, func(w io.Writer) error {
				_, _ = w.Write(make([]byte, 2*bufferSize))
				return tt.cause
			})
			require.ErrorIs(t, err, tt.cause)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, "old", content(t, path))
			require.Equal(t, []string{"f"}, names(t, dir))
		})
	}
}

func TestReplaceMovesAGrownFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	require.NoError(t, WriteBytes(path, []byte("old")))
	part, err := os.Create(path + ".part")
	require.NoError(t, err)
	_, err = part.WriteString("new")
	require.NoError(t, err)
	require.ErrorContains(t, Replace(part, filepath.Join(dir, "missing", "f")), "create it first")
	require.Equal(t, "old", content(t, path))
	require.Equal(t, "new", content(t, path+".part"))

	part, err = os.OpenFile(path+".part", os.O_RDWR, 0)
	require.NoError(t, err)
	require.NoError(t, Replace(part, path))
	require.Equal(t, "new", content(t, path))
	require.Equal(t, []string{"f"}, names(t, dir))
}

func TestPanicInWriteCleansUp(t *testing.T) {
	dir := t.TempDir()
	require.PanicsWithValue(t, "oops", func() {
		_ = WriteFile(filepath.Join(dir, "f"), func(io.Writer) error { panic("oops") })
	})
	require.Empty(t, names(t, dir))
}

func TestUnusableTargets(t *testing.T) {
	dir := t.TempDir()
	err := WriteBytes(dir, nil)
	require.ErrorContains(t, err, "it is a folder")
	err = WriteBytes(filepath.Join(dir, "missing", "f"), nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "create it first")
	if _, err := os.Stat(os.DevNull); err == nil {
		require.ErrorContains(t, WriteBytes(os.DevNull, nil), "not a regular file")
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("permissions do not bind this user or system")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	err := WriteBytes(filepath.Join(dir, "f"), nil)
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorContains(t, err, "no permission")
}

func TestConcurrentWritersLeaveOneWholeFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			text := fmt.Sprintf("writer %d", i)
			if err := WriteBytes(path, []byte(text)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Regexp(t, `^writer \d$`, content(t, path))
	require.Equal(t, []string{"f"}, names(t, dir))
}
