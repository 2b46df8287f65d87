package atomicfile

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a killed program left of a file goes with the next write of that file, and
// nothing else does.
func TestStaleTemporariesGo(t *testing.T) {
	dir := t.TempDir()
	leave := func(name string, age time.Duration) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte("half"), 0o600))
		old := time.Now().Add(-age)
		require.NoError(t, os.Chtimes(path, old, old))
	}
	leave(".f.tmp-0123abcd", 2*time.Hour)
	leave(".f.tmp-89ef4567", 2*time.Hour)
	kept := []string{".f.tmp-00000000", ".f.tmp-0123ABCD", ".f.tmp-0123abcd9", ".f.tmp-123", ".g.tmp-0123abcd", "f.tmp-0123abcd"}
	leave(kept[0], 0) // may be in the making
	for _, name := range kept[1:] {
		leave(name, 2*time.Hour)
	}
	require.NoError(t, WriteBytes(filepath.Join(dir, "f"), []byte("new")))
	require.Equal(t, "new", content(t, filepath.Join(dir, "f")))
	require.ElementsMatch(t, append(kept, "f"), names(t, dir))
}

// A writer that takes its time keeps its file.
func TestSlowWritersKeepTheirFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows removes no open file")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	require.NoError(t, WriteFile(path, func(w io.Writer) error {
		old := time.Now().Add(-2 * staleUnlocked)
		for _, name := range names(t, dir) {
			require.NoError(t, os.Chtimes(filepath.Join(dir, name), old, old))
		}
		require.NoError(t, WriteBytes(path, []byte("quick")))
		_, err := io.WriteString(w, "slow")
		return err
	}))
	require.Equal(t, "slow", content(t, path))
	require.Equal(t, []string{"f"}, names(t, dir))
}
