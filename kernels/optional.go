package kernels

// Asynchronous is a backend on which work is queued and which can copy to the
// host without waiting for it.
type Asynchronous interface {
	// DownloadLater is Download in two halves: it queues the copy and returns, and
	// wait, to be called once, returns when dst has the values. What is queued
	// behind it may change src.
	DownloadLater(dst []float32, src Buffer) (wait func())
}

// Capturer is a backend that can record what is queued and do it again at little
// cost.
type Capturer interface {
	// Capture calls f once and records the operations that it queues, none of which
	// is done. Their arguments are recorded by value: buffers stay the same, and
	// contents are read when the work is done.
	//
	// Within f values may not move between host and device, nor may anything wait
	// (Upload, Download, DownloadLater, Sync): that panics. What f allocates it must
	// free. Other goroutines' operations wait until Capture returns. An error is the
	// device's or says that it cannot record.
	Capture(f func()) (Graph, error)
}

// Streams is a backend that goroutines use side by side, so that what one of them does
// is recorded on a stream of its own.
type Streams interface {
	// Stream returns a backend on the same device, with the same buffers: either takes
	// those of the other. One goroutine at a time may use it. Its graphs take memory
	// from it for intermediate results, one after another the same.
	Stream() Stream
}

// Stream is a backend that one goroutine at a time uses and that can record.
type Stream interface {
	Backend
	Capturer
}

// Graph is recorded work.
type Graph interface {
	// Launch queues the work and reports true. It does nothing and reports false
	// where memory that the work takes for its intermediate results is in use or
	// was given up for other work; the graph is of no use then and should be released.
	Launch() bool
	// Release gives up the graph, after what was launched is done.
	Release()
}

// Packer is a backend that keeps forms of what buffers hold, such as weights in the
// order in which its kernels read them.
type Packer interface {
	// Changing tells that the values of x, a buffer from AllocPersistent, will change
	// again and again, as weights do in training: forms of them are not worth much
	// memory. Results do not depend on it.
	Changing(x Buffer)
}
