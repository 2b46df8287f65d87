package bench

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// StepBytes counts the memory traffic of one training step: every operation reads
// and writes its operands once. Caches that hold an operand for the next operation
// can make it less.
func StepBytes(c memae.Config, batch int) (int64, error) {
	l := new(ledger)
	c.Memory.Init = "normal" // no pass of the encoder before the first step
	s, err := memae.NewStepper(c, memae.Options{Backend: l})
	if err != nil {
		return 0, err
	}
	l.bytes = 0
	_, err = s.Step(black{batch, c.Size})
	return l.bytes, err
}

// black are photos without anything on them.
type black struct{ count, size int }

func (p black) Len() int                         { return p.count }
func (p black) Class(int) int                    { return 0 }
func (p black) Image(int) (dataset.Image, error) { return dataset.NewImage(p.size, p.size), nil }

// ledger is a backend that computes nothing and adds up the bytes of operands.
type ledger struct{ bytes int64 }

var _ kernels.Backend = (*ledger)(nil)

// span is a buffer without memory.
type span struct{ length int }

func (s *span) Len() int                           { return s.length }
func (s *span) Slice(_, length int) kernels.Buffer { return &span{length} }

// move books operands, of which some may be nil.
func (l *ledger) move(operands ...kernels.Buffer) {
	for _, b := range operands {
		if b != nil {
			l.bytes += 4 * int64(b.Len())
		}
	}
}

func (l *ledger) Name() string                           { return "ledger" }
func (l *ledger) Alloc(n int) kernels.Buffer             { return &span{n} }
func (l *ledger) AllocPersistent(n int) kernels.Buffer   { return &span{n} }
func (l *ledger) Free(kernels.Buffer)                    {}
func (l *ledger) Upload(dst kernels.Buffer, _ []float32) { l.move(dst) }
func (l *ledger) Sync()                                  {}
func (l *ledger) Stats() kernels.Stats                   { return kernels.Stats{} }

func (l *ledger) Download(dst []float32, src kernels.Buffer) {
	clear(dst)
	l.move(src)
}

func (l *ledger) Fill(y kernels.Buffer, _ float32) { l.move(y) }

func (l *ledger) Copy2d(_, _ kernels.Buffer, rows, cols, _, _ int) { l.bytes += 8 * int64(rows*cols) }

func (l *ledger) Unary(_ kernels.UnaryOp, y, x kernels.Buffer, _, _ float32) { l.move(y, x) }

func (l *ledger) Binary(_ kernels.BinaryOp, y, p, q kernels.Buffer, _, _, _ []int, _ float32) {
	l.move(y, p, q)
}

func (l *ledger) AddScaled(y, x kernels.Buffer, _ float32) { l.move(y, y, x) }

func (l *ledger) Blend(y, x []kernels.Buffer, _ float32, _ []float32) {
	for i := range y {
		l.move(y[i], y[i], x[i])
	}
}

func (l *ledger) Adam(p, g, m, v []kernels.Buffer, _ kernels.Buffer) {
	for i := range p {
		l.move(p[i], p[i], g[i], m[i], v[i], v[i]) // all but the gradient are written too
		if m[i] != g[i] {
			l.move(m[i])
		}
	}
}

func (l *ledger) MatMul(y, a, b kernels.Buffer, s kernels.MatMulShape) {
	l.move(y, a, b)
	if s.Accumulate {
		l.move(y)
	}
}

func (l *ledger) Conv2d(y, x, w, bias kernels.Buffer, _ kernels.ConvShape, _ float32) {
	l.move(y, x, w, bias)
}

func (l *ledger) ConvTranspose2d(y, x, w, bias kernels.Buffer, _ kernels.ConvShape, _ float32) {
	l.move(y, x, w, bias)
}

func (l *ledger) Conv2dBackwardData(dx, dy, w kernels.Buffer, _ kernels.ConvShape) { l.move(dx, dy, w) }

func (l *ledger) Conv2dBackwardWeights(dw, x, dy kernels.Buffer, _ kernels.ConvShape) {
	l.move(dw, x, dy)
}

func (l *ledger) MaxPool2d(y, x kernels.Buffer, _ kernels.PoolShape) { l.move(y, x) }

func (l *ledger) MaxPool2dBackward(dx, dy, x kernels.Buffer, _ kernels.PoolShape) { l.move(dx, dy, x) }

func (l *ledger) FilterSeparable(y, x kernels.Buffer, _, _, _ int, _ []float32) { l.move(y, x) }

func (l *ledger) SSIM(y, a, b kernels.Buffer, _ kernels.SSIMShape) { l.move(y, a, b) }

func (l *ledger) SSIMBackward(da, db, dy, a, b kernels.Buffer, _ kernels.SSIMShape) {
	l.move(da, db, dy, a, b)
}

func (l *ledger) Permute(y, x kernels.Buffer, _, _ []int) { l.move(y, x) }

func (l *ledger) PadReflect(y, x kernels.Buffer, _, _, _, _ int) { l.move(y, x) }

func (l *ledger) PadReflectBackward(dx, dy kernels.Buffer, _, _, _, _ int) { l.move(dx, dy) }

func (l *ledger) ResizeBilinear(y, x kernels.Buffer, _, _, _, _, _ int) { l.move(y, x) }

func (l *ledger) ResizeBilinearBackward(dx, dy kernels.Buffer, _, _, _, _, _ int) { l.move(dx, dy) }

func (l *ledger) Reduce(_ kernels.ReduceOp, y, x kernels.Buffer, _ []int, _ []bool) { l.move(y, x) }

func (l *ledger) Norm(y, mean, variance, x, gamma, beta kernels.Buffer, _ kernels.NormShape) {
	l.move(y, mean, variance, x, gamma, beta)
}

func (l *ledger) NormApply(y, x, mean, variance, gamma, beta kernels.Buffer, _ kernels.NormShape) {
	l.move(y, x, mean, variance, gamma, beta)
}

func (l *ledger) NormBackward(dx, dgamma, dbeta, dy, x, mean, variance, gamma, beta kernels.Buffer, _ kernels.NormShape) {
	l.move(dx, dgamma, dbeta, dy, x, mean, variance, gamma, beta)
}

func (l *ledger) UnitDistance(y, p, q, w kernels.Buffer, _ kernels.UnitShape) { l.move(y, p, q, w) }

func (l *ledger) Softmax(y, x, mask kernels.Buffer, _, _ int) { l.move(y, x, mask) }

func (l *ledger) SmallestK(mask, x kernels.Buffer, _, _, _ int) { l.move(mask, x) }

func (l *ledger) MixtureBackward(dd, dm, dy, w, m kernels.Buffer, _ kernels.MemoryShape) {
	l.move(dd, dm, dy, w, m)
}

func (l *ledger) DistanceBackward(dz, dm, dd, d, z, m kernels.Buffer, _ kernels.MemoryShape) {
	l.move(dz, dm, dd, d, z, m)
}

func (l *ledger) ReadMemory(y, w, d, z, m kernels.Buffer, _ kernels.MemoryShape) {
	l.move(y, w, d, z, m)
}
