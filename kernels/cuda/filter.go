package cuda

import (
	"fmt"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// mostTaps is how many a kernel takes.
const mostTaps = 63

// filterTaps are a filter's as kernels take them.
type filterTaps struct {
	count int32
	at    [mostTaps]float32
}

func newTaps(op string, taps []float32) filterTaps {
	if len(taps) > mostTaps {
		panic(fmt.Sprintf("cuda.%s: %d taps, want at most %d", op, len(taps), mostTaps))
	}
	list := filterTaps{count: int32(len(taps))}
	copy(list.at[:], taps)
	return list
}

// filterTiles is a grid over the tiles of all planes.
func filterTiles(planes, h, w int) driver.Launch {
	const tile = 16
	return driver.Launch{X: ceilDiv(w, tile), Y: ceilDiv(h, tile), Z: min(planes, mostBlocks), Threads: threads}
}

// FilterSeparable correlates every plane with taps⊗taps, zero padded.
func (b *Backend) FilterSeparable(y, x kernels.Buffer, planes, h, w int, taps []float32) {
	const op = "FilterSeparable"
	shape.CheckFilter("cuda."+op, planes, h, w, len(taps))
	n := planes * h * w
	launch(b, op, "filter_separable", filterTiles(planes, h, w), struct {
		y, x   driver.Ptr
		planes uint32
		h, w   int32
		taps   filterTaps
	}{b.ptr(op, y, n), b.ptr(op, x, n), uint32(planes), int32(h), int32(w), newTaps(op, taps)})
}
