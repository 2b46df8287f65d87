package cpu

// similarity is what SSIM is made of at a pixel: the filtered a, b, a²+b² and ab.
// The variances are needed only as their sum: one filter for both. Products are rounded
// before they are added or subtracted, so that equal images have a similarity of exactly
// 1.
type similarity struct{ above1, above2, below1, below2 float32 }

func newSimilarity(meanA, meanB, squares, products, c1, c2 float32) similarity {
	meanAB, meanSquares := float32(meanA*meanB), float32(meanA*meanA)+float32(meanB*meanB)
	return similarity{2*meanAB + c1, 2*(products-meanAB) + c2, meanSquares + c1, squares - meanSquares + c2}
}

func (m similarity) value() float32 { return m.above1 * m.above2 / (m.below1 * m.below2) }

// gradients returns the derivatives of the value by the filtered a, b, a²+b² and
// ab.
func (m similarity) gradients(meanA, meanB float32) (byA, byB, bySquares, byProducts float32) {
	perBelow := 1 / (m.below1 * m.below2) // the only division
	v := m.above1 * m.above2 * perBelow
	across := 2 * (m.above2 - m.above1) * perBelow    // through the product of the means
	along := 2 * v * (m.below1 - m.below2) * perBelow // through the sum of their squares
	return across*meanB + along*meanA, across*meanA + along*meanB, -v * m.below1 * perBelow, 2 * m.above1 * perBelow
}

func similarityGeneric(y, meanA, meanB, squares, products []float32, c1, c2 float32) {
	meanA, meanB, squares, products = meanA[:len(y)], meanB[:len(y)], squares[:len(y)], products[:len(y)]
	for i := range y {
		y[i] = newSimilarity(meanA[i], meanB[i], squares[i], products[i], c1, c2).value()
	}
}

func similarityGradGeneric(toA, toB, toSquares, toProducts, dy, meanA, meanB, squares, products []float32, c1, c2 float32) {
	toA, toB, toSquares, toProducts = toA[:len(dy)], toB[:len(dy)], toSquares[:len(dy)], toProducts[:len(dy)]
	meanA, meanB, squares, products = meanA[:len(dy)], meanB[:len(dy)], squares[:len(dy)], products[:len(dy)]
	for i, v := range dy {
		byA, byB, bySquares, byProducts := newSimilarity(meanA[i], meanB[i], squares[i], products[i], c1, c2).gradients(meanA[i], meanB[i])
		toA[i], toB[i], toSquares[i], toProducts[i] = v*byA, v*byB, v*bySquares, v*byProducts
	}
}

// squaresProductsGeneric rounds the squares before it adds them, see [similarity].
func squaresProductsGeneric(squares, products, p, q []float32) {
	products, p, q = products[:len(squares)], p[:len(squares)], q[:len(squares)]
	for i, u := range p {
		v := q[i]
		squares[i], products[i] = float32(u*u)+float32(v*v), u*v
	}
}

func similarityCombineGeneric(d, mean, squares, products, x, y []float32) {
	mean, squares, products, x, y = mean[:len(d)], squares[:len(d)], products[:len(d)], x[:len(d)], y[:len(d)]
	for i := range d {
		d[i] = mean[i] + 2*x[i]*squares[i] + y[i]*products[i]
	}
}
