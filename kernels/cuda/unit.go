package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// UnitDistance compares the channel vectors of p and q at length 1.
func (b *Backend) UnitDistance(y, p, q, w kernels.Buffer, s kernels.UnitShape) {
	const op = "UnitDistance"
	n := shape.CheckUnit("cuda."+op, s)
	places := s.N * s.HW
	launch(b, op, "unit_distance", b.flat(places), struct {
		y, p, q, w             driver.Ptr
		places, channels, area uint32
		eps                    float32
	}{b.ptr(op, y, places), b.ptr(op, p, n), b.ptr(op, q, n), b.ptr(op, w, s.C), uint32(places), uint32(s.C), uint32(s.HW), s.Eps})
}
