package kernels

// Asynchronous is a backend on which work is queued and which can copy to the
// host without waiting for it.
type Asynchronous interface {
	// DownloadLater is Download in two halves: it queues the copy and returns, and
	// wait, to be called once, returns when dst has the values. What is queued
	// behind it may change src.
	DownloadLater(dst []float32, src Buffer) (wait func())
}
