package cpu

import "github.com/org/trustmae/kernels"

// gemmKernels are the micro-kernels of matrix products and convolutions.
type gemmKernels struct{}

var genericGemm = gemmKernels{}

// MatMul computes y = op(a)·op(b), or adds it to y.
func (b *Backend) MatMul(y, a, x kernels.Buffer, s kernels.MatMulShape) {
	p := b.in("MatMul", a, s.M*s.K)
	q := b.in("MatMul", x, s.K*s.N)
	out := b.out("MatMul", y, s.M*s.N)
	aRow, aCol := s.K, 1
	if s.TransA {
		aRow, aCol = 1, s.M
	}
	bRow, bCol := s.N, 1
	if s.TransB {
		bRow, bCol = 1, s.K
	}
	b.pool.run(s.M, func(i int) {
		row := out[i*s.N : (i+1)*s.N]
		if !s.Accumulate {
			clear(row)
		}
		for k := range s.K {
			v := p[i*aRow+k*aCol]
			for j := range row {
				row[j] += v * q[k*bRow+j*bCol]
			}
		}
	})
}
