package atomicfile

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tempPrefix begins the names of a target's temporary files; eight hexadecimal
// digits follow.
func tempPrefix(base string) string { return "." + base + ".tmp-" }

// isTemp tells whether name is a temporary file of the target called base.
func isTemp(name, base string) bool {
	digits, ours := strings.CutPrefix(name, tempPrefix(base))
	return ours && len(digits) == 8 && strings.Trim(digits, "0123456789abcdef") == ""
}

// A temporary file that nobody has written to for a while is left over from a
// program that was killed, unless a lock shows that its writer still lives. Where
// there are no locks only time can tell.
const (
	staleUnlocked  = time.Minute // longer than from creating a file to locking it
	staleUnlocking = time.Hour
)

// removeStale removes what killed programs left of target. What cannot be removed
// stays: it costs room on the disk and nothing else.
func removeStale(target string) {
	dir, base := filepath.Split(target)
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // creating the new file says more
	}
	for _, e := range entries {
		if isTemp(e.Name(), base) && e.Type().IsRegular() {
			removeIfStale(filepath.Join(dir, e.Name()))
		}
	}
}

func removeIfStale(path string) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return
	}
	free, err := tryLock(file)
	limit := staleUnlocked
	if err != nil {
		free, limit = true, staleUnlocking
	}
	if free && time.Since(info.ModTime()) > limit {
		_ = os.Remove(path)
	}
}
