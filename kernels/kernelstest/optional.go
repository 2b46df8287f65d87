package kernelstest

import (
	"slices"
	"testing"

	"github.com/org/trustmae/kernels"
)

// runOptional checks what only some backends can do.
func runOptional(t *testing.T, open func() kernels.Backend) {
	t.Run("Asynchronous", func(t *testing.T) {
		b := open()
		if a, ok := b.(kernels.Asynchronous); ok {
			checkDownloadLater(t, b, a)
		}
	})
	t.Run("Capturer", func(t *testing.T) {
		if s := recorder(open()); s != nil {
			checkCapture(t, s)
		}
	})
}

// checkDownloadLater has several copies on their way at once, of memory that is
// overwritten behind them, and waits for them in another order.
func checkDownloadLater(t *testing.T, b kernels.Backend, a kernels.Asynchronous) {
	const length, rounds = 1500, 3
	x := b.Alloc(length)
	defer b.Free(x)
	var got [rounds][]float32
	var waits [rounds]func()
	for i := range got {
		b.Fill(x, float32(i))
		got[i] = make([]float32, length-700*i)
		waits[i] = a.DownloadLater(got[i], x.Slice(0, len(got[i])))
	}
	b.Fill(x, -1)
	for i := range slices.Backward(waits[:]) {
		waits[i]()
		if want := slices.Repeat([]float32{float32(i)}, len(got[i])); !slices.Equal(got[i], want) {
			t.Errorf("copy %d is %v…, want all %d", i, got[i][:3], i)
		}
	}
	if !panics(func() { a.DownloadLater(make([]float32, length-1), x) }) {
		t.Error("room for too few values: no panic")
	}
}
