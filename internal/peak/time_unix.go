//go:build unix

package peak

import (
	"syscall"
	"time"
)

// processorTime is how long processors have worked for this process, over all
// its threads.
func processorTime() (t time.Duration, known bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
