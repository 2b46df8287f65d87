package cpu

import (
	"fmt"
	"slices"
	"testing"

	"github.com/org/trustmae/internal/layers"
	"github.com/org/trustmae/kernels"
)

// BenchmarkNorm times the generator's norms, each with the ReLU that follows:
// batch norm behind every convolution, instance norm at the size of the photo.
func BenchmarkNorm(b *testing.B) {
	backend := open(b, "", 0)
	const photo = 256
	for _, batch := range layers.Batches {
		var seen []int
		for _, l := range layers.FiveStages(photo).Encoder() {
			side := l.OutSide()
			if slices.Contains(seen, side) {
				continue
			}
			seen = append(seen, side)
			size := fmt.Sprintf("C=%d,side=%d/batch=%d", l.Out, side, batch)
			s := kernels.NormShape{N: batch, C: l.Out, HW: side * side, Eps: 1e-5}
			benchNorm(b, backend, "batch/"+size, s)
			if side == photo {
				s.N, s.C = 1, batch*l.Out
				benchNorm(b, backend, "instance/"+size, s)
			}
		}
	}
}

// benchNorm times training's forward pass, which reads the input twice, and the
// backward pass, which reads input and gradient twice.
func benchNorm(b *testing.B, backend *Backend, name string, s kernels.NormShape) {
	n := s.N * s.C * s.HW
	for _, pass := range []string{"forward", "backward"} {
		b.Run(backend.table.name+"/"+name+"/pass="+pass, func(b *testing.B) {
			x, y, c := fresh(backend, 1, n)[0], filled(backend, n), fresh(backend, 6, s.C)
			mean, variance, gamma, beta := c[0], c[1], c[2], c[3]
			defer func() {
				for _, buffer := range append(c, x, y) {
					backend.Free(buffer)
				}
			}()
			forward := func() {
				backend.Norm(y, mean, variance, x, gamma, beta, s)
			}
			if pass == "forward" {
				meter(b, backend).Move(3*4*int64(n), forward)
				return
			}
			forward()
			meter(b, backend).Move(5*4*int64(n), func() {
				backend.NormBackward(y, c[4], c[5], y, x, mean, variance, gamma, beta, s)
			})
		})
	}
}
