package cuda

import (
	"fmt"

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
