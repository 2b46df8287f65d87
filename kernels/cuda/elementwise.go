package cuda

import (
	"fmt"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// later queues a step.
func (b *Backend) later(op string, y *buffer, s step) {
	if s.n == 0 {
		return
	}
	s.freed = y.root.freed
	recorded := b.gate.enter()
	defer b.gate.leave(recorded)
	b.must(op, b.stream.add(s))
}

// Fill sets every value of y to v.
func (b *Backend) Fill(y kernels.Buffer, v float32) {
	dst := b.own("Fill", y)
	b.later("Fill", dst, step{f: fillFunction, a: v, n: dst.n, y: dst.flat()})
}

// Copy2d copies rows of cols values.
func (b *Backend) Copy2d(y, x kernels.Buffer, rows, cols, yStride, xStride int) {
	const op = "Copy2d"
	dst, src := b.own(op, y), b.own(op, x)
	if !shape.CheckCopy("cuda."+op, dst.n, src.n, rows, cols, yStride, xStride) {
		return
	}
	s := step{f: copyFunction, n: rows * cols}
	to, from := shape.Merge([]int{rows, cols}, []int{yStride, 1}, []int{xStride, 1})
	s.y, s.p, s.walk = walked(dst, to), walked(src, from), newOperands(from, to)
	s.q.stride = s.y.stride
	b.later(op, dst, s)
}

// Unary computes y = op(x).
func (b *Backend) Unary(op kernels.UnaryOp, y, x kernels.Buffer, alpha, beta float32) {
	shape.CheckUnary("cuda.Unary", op)
	src, dst := b.sized("Unary", x, x.Len()), b.sized("Unary", y, x.Len())
	b.later("Unary", dst, step{f: function(op), a: alpha, b: beta, n: src.n, y: dst.flat(), p: src.flat()})
}

// Binary computes y = op(p, q) with broadcasting by strides.
func (b *Backend) Binary(op kernels.BinaryOp, y, p, q kernels.Buffer, sizes, pStride, qStride []int, alpha float32) {
	shape.CheckBinary("cuda.Binary", op)
	n := shape.Product(sizes)
	dst := b.sized("Binary", y, n)
	left, right := b.own("Binary", p), b.own("Binary", q)
	shape.CheckStrided("cuda.Binary", left.n, sizes, pStride)
	shape.CheckStrided("cuda.Binary", right.n, sizes, qStride)
	pAxes, qAxes := shape.Merge(sizes, pStride, qStride)
	checkAxes("cuda.Binary", len(pAxes))
	b.later("Binary", dst, step{
		f: binaryFunctions + function(op), a: alpha, n: n,
		y: dst.flat(), p: walked(left, pAxes), q: walked(right, qAxes), walk: newOperands(pAxes, qAxes),
	})
}

// AddScaled computes y += alpha·x.
func (b *Backend) AddScaled(y, x kernels.Buffer, alpha float32) {
	src, dst := b.sized("AddScaled", x, x.Len()), b.sized("AddScaled", y, x.Len())
	b.later("AddScaled", dst, step{f: addFunction, a: alpha, n: src.n, y: dst.flat(), p: src.flat(), q: dst.flat()})
}

// checkAxes panics where a kernel's walk has too few axes.
func checkAxes(op string, n int) {
	if n > maxAxes {
		panic(fmt.Sprintf("%s: %d axes that cannot be joined, want at most %d", op, n, maxAxes))
	}
}
