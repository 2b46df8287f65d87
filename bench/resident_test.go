package bench

import (
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// resetResident gives garbage back and starts a new peak of resident memory
// (Linux 4.0 and later; elsewhere nothing is reported).
func resetResident() {
	runtime.GC() // whose cleanups hold on to a backend's memory until the next one
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // refused: the peak is the process's
}

var vmHWM = regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`)

// peakResident is the largest resident memory since resetResident in bytes; ok
// is false where the system does not tell.
func peakResident() (bytes int64, ok bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	m := vmHWM.FindSubmatch(status)
	if m == nil {
		return 0, false
	}
	kilobytes, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kilobytes << 10, err == nil
}

// reportResident adds the memory of a benchmark that began with resetResident.
func reportResident(b *testing.B, backend kernels.Backend) {
	b.ReportMetric(float64(backend.Stats().Reserved)/(1<<20), "MiB-backend")
	if bytes, ok := peakResident(); ok {
		b.ReportMetric(float64(bytes)/(1<<20), "MiB-peak")
	}
}

func TestPeakResident(t *testing.T) {
	resetResident()
	before, ok := peakResident()
	if !ok {
		t.Skip("this system has no /proc/self/status with VmHWM")
	}
	const size = 64 << 20
	touched := make([]byte, size)
	for i := range touched {
		touched[i] = byte(i)
	}
	after, _ := peakResident()
	require.Greater(t, after, before+size/2)
	require.Equal(t, byte(255), touched[255])
}
