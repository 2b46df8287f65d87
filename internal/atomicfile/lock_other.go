//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package atomicfile

import (
	"errors"
	"os"
)

// tryLock locks nothing here.
func tryLock(*os.File) (free bool, err error) { return false, errors.ErrUnsupported }
