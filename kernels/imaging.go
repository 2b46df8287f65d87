package kernels

// Imaging is what a [Backend] may add: it then prepares photos on its device,
// beside its other work. For a backend without it the host does, see
// memae/dataset.
type Imaging interface {
	// NewStage returns a stage for batches of up to n > 0 values.
	NewStage(n int) Stage
	// TurnPhotos computes y [N,3,size,size] in [-1,1] of photos x [N,3,size,size]
	// in [0,1]: 2·v−1 of every value of every photo after its turn, N being the
	// number of turns. Values are moved exactly, but interpolated where a turn is
	// by degrees.
	TurnPhotos(y, x Buffer, size int, turns []Turn)
	// ResizeAntialiased brings planes from h×w to oh×ow with PIL's antialiased
	// bilinear filter, as dataset.Resize does.
	ResizeAntialiased(y, x Buffer, planes, h, w, oh, ow int)
}

// Stage is memory of host and device through which values reach the device while
// it works on others. Load, Use and Close take turns; different stages are
// independent of each other.
type Stage interface {
	// Load begins to copy parts, joined, to the device, and returns once they may
	// be overwritten. It does not wait for operations queued before, but for what
	// the last Use queued.
	Load(parts ...[]float32)
	// Use calls f with the values of the last Load. What f queues sees them; f
	// must not keep x. It may be called again.
	Use(f func(x Buffer))
	// Close gives the memory back.
	Close()
}

// Turn moves the pixels of a square photo: mirrored left-right, then top-bottom,
// then turned counter-clockwise by quarters of a circle, or by Degrees about the
// centre, sampled bilinearly and mirrored at its border without repeating it.
type Turn struct {
	FlipH, FlipV bool
	Quarters     int     // 0 to 3
	Degrees      float64 // 0 where Quarters is not 0
}
