package nn

import (
	"fmt"
	"testing"
)

// BenchmarkSSIM runs forward and backward pass at the sizes of a training step.
func BenchmarkSSIM(b *testing.B) {
	for _, shape := range [][]int{{16, 3, 128, 128}, {16, 3, 256, 256}} {
		b.Run(fmt.Sprintf("%s/%v", backend.Name(), shape), func(b *testing.B) {
			n := shape[0] * shape[1] * shape[2] * shape[3]
			x, y := normals(n, 1), normals(n, 2)
			tape := newTape()
			b.SetBytes(int64(8 * n))
			b.ReportAllocs()
			for b.Loop() {
				tape.Backward(SSIM(tape, tape.Variable(x, shape...), tape.Input(y, shape...), SSIMOptions{}))
				tape.Reset()
			}
		})
	}
}
