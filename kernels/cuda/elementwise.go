package cuda

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Fill sets every value of y to v.
func (b *Backend) Fill(y kernels.Buffer, v float32) {
	p := b.ptr("Fill", y, y.Len())
	launch(b, "Fill", "fill", b.flat(y.Len()), struct {
		y driver.Ptr
		v float32
		n uint32
	}{p, v, uint32(y.Len())})
}

// Copy2d copies rows of cols values.
func (b *Backend) Copy2d(y, x kernels.Buffer, rows, cols, yStride, xStride int) {
	dst, src := b.own("Copy2d", y), b.own("Copy2d", x)
	if !shape.CheckCopy("cuda.Copy2d", dst.n, src.n, rows, cols, yStride, xStride) {
		return
	}
	launch(b, "Copy2d", "copy2d", b.flat(rows*cols), struct {
		y, x                      driver.Ptr
		n, cols, yStride, xStride uint32
	}{dst.ptr, src.ptr, uint32(rows * cols), uint32(cols), uint32(yStride), uint32(xStride)})
}

// Unary computes y = op(x).
func (b *Backend) Unary(op kernels.UnaryOp, y, x kernels.Buffer, alpha, beta float32) {
	shape.CheckUnary("cuda.Unary", op)
	n := x.Len()
	src, dst := b.ptr("Unary", x, n), b.ptr("Unary", y, n)
	launch(b, "Unary", "unary", b.flat(n), struct {
		y, x driver.Ptr
		op   int32
		a, b float32
		n    uint32
	}{dst, src, int32(op), alpha, beta, uint32(n)})
}

// operands are two walks over a binary operation's shape.
type operands struct {
	count int32
	size  [maxAxes]int32
	p, q  [maxAxes]int32
}

// Binary computes y = op(p, q) with broadcasting by strides.
func (b *Backend) Binary(op kernels.BinaryOp, y, p, q kernels.Buffer, sizes, pStride, qStride []int, alpha float32) {
	shape.CheckBinary("cuda.Binary", op)
	n := shape.Product(sizes)
	dst := b.ptr("Binary", y, n)
	left, right := b.own("Binary", p), b.own("Binary", q)
	shape.CheckStrided("cuda.Binary", left.n, sizes, pStride)
	shape.CheckStrided("cuda.Binary", right.n, sizes, qStride)
	pAxes, qAxes := shape.Merge(sizes, pStride, qStride)
	checkAxes("cuda.Binary", len(pAxes))
	o := operands{count: int32(len(pAxes))}
	for i := range pAxes {
		o.size[i], o.p[i], o.q[i] = int32(pAxes[i].Size), int32(pAxes[i].Stride), int32(qAxes[i].Stride)
	}
	launch(b, "Binary", "binary", b.flat(n), struct {
		y, p, q driver.Ptr
		o       operands
		op      int32
		alpha   float32
		n       uint32
	}{dst, left.ptr, right.ptr, o, int32(op), alpha, uint32(n)})
}

// checkAxes panics where a kernel's walk has too few axes.
func checkAxes(op string, n int) {
	if n > maxAxes {
		panic(fmt.Sprintf("%s: %d axes that cannot be joined, want at most %d", op, n, maxAxes))
	}
}

// AddScaled computes y += alpha·x.
func (b *Backend) AddScaled(y, x kernels.Buffer, alpha float32) {
	n := x.Len()
	src, dst := b.ptr("AddScaled", x, n), b.ptr("AddScaled", y, n)
	launch(b, "AddScaled", "add_scaled", b.flat(n), struct {
		y, x  driver.Ptr
		alpha float32
		n     uint32
	}{dst, src, alpha, uint32(n)})
}

// adamConstants are a step's constants.
type adamConstants struct {
	beta1, rest1 float32 // β₁ and 1−β₁
	beta2, rest2 float32 // β₂ and 1−β₂
	stepSize     float32 // lr/(1−β₁ᵗ)
	rootScale    float32 // 1/√(1−β₂ᵗ)
	eps          float32
	weightDecay  float32
}

// Adam takes one optimiser step (Kingma and Ba 2015, algorithm 1; PyTorch's
// placement of eps, outside the corrected root).
func (b *Backend) Adam(p, g, m, v kernels.Buffer, s kernels.AdamStep) {
	n := g.Len()
	grads := b.ptr("Adam", g, n)
	params, first, second := b.ptr("Adam", p, n), b.ptr("Adam", m, n), b.ptr("Adam", v, n)
	launch(b, "Adam", "adam", b.flat(n), struct {
		p, g, m, v driver.Ptr
		c          adamConstants
		n          uint32
	}{params, grads, first, second, adamConstants{
		beta1: float32(s.Beta1), rest1: float32(1 - s.Beta1),
		beta2: float32(s.Beta2), rest2: float32(1 - s.Beta2),
		stepSize:    float32(s.LR / (1 - math.Pow(s.Beta1, float64(s.Step)))),
		rootScale:   float32(1 / math.Sqrt(1-math.Pow(s.Beta2, float64(s.Step)))),
		eps:         float32(s.Eps),
		weightDecay: float32(s.WeightDecay),
	}, uint32(n)})
}
