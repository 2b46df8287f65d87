package main

func init() {
	neonFile("ssim", "neon_ssim.go", func(k *neon) {
		k.squaresProducts()
		k.similarity()
		k.similarityGrad()
		k.similarityCombine()
	})
}

// squaresProducts rounds the squares before it adds them, as the twin does.
func (k *neon) squaresProducts() {
	k.begin("squaresProducts", "squares, products, p, q []float32", "is [vectorKernels.squaresProducts].")
	k.get("squares_base", "products_base", "p_base", "q_base")
	k.op("MOVD %s, R15", k.arg("squares_len"))
	k.loop(3, func(b lanes4) {
		p, q, product := b.t(0), b.t(1), b.t(2)
		b.load("R2", p)
		b.load("R3", q)
		k.float("fmul", product, p, q)
		b.store(product, "R1")
		k.float("fmul", p, p, p)
		k.float("fmul", q, q, q)
		k.float("fadd", p, p, q)
		b.store(p, "R0")
	})
	k.ret()
}

// neonSSIM are the factors above and below the line of SSIM's fraction.
type neonSSIM struct{ above1, above2, below1, below2 int }

// newSSIM reads the means at R0 and R1 into t(0) and t(1), the filtered squares and
// products at R2 and R3, and computes the factors in t(2) to t(5). It spoils t(6).
func (b lanes4) newSSIM(c1, c2 int) neonSSIM {
	meanA, meanB, tmp := b.t(0), b.t(1), b.t(6)
	t := neonSSIM{above1: b.t(4), above2: b.t(3), below1: b.t(5), below2: b.t(2)}
	b.load("R0", meanA)
	b.load("R1", meanB)
	b.load("R2", t.below2)
	b.load("R3", t.above2)
	b.float("fmul", t.above1, meanA, meanB)
	b.float("fmul", t.below1, meanA, meanA)
	b.float("fmul", tmp, meanB, meanB)
	b.float("fadd", t.below1, t.below1, tmp)
	b.float("fsub", t.above2, t.above2, t.above1)
	b.float("fsub", t.below2, t.below2, t.below1)
	b.float("fadd", t.above1, t.above1, t.above1)
	b.float("fadd", t.above2, t.above2, t.above2)
	b.float("fadd", t.above1, t.above1, c1)
	b.float("fadd", t.above2, t.above2, c2)
	b.float("fadd", t.below1, t.below1, c1)
	b.float("fadd", t.below2, t.below2, c2)
	return t
}

func (k *neon) similarity() {
	k.begin("similarity", "y, meanA, meanB, squares, products []float32, c1, c2 float32", "is [vectorKernels.similarity].")
	k.get("meanA_base", "meanB_base", "squares_base", "products_base", "y_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	c1, c2 := k.param("c1"), k.param("c2")
	k.loop(7, func(b lanes4) {
		t := b.newSSIM(c1, c2)
		k.float("fmul", t.above1, t.above1, t.above2)
		k.float("fmul", t.below1, t.below1, t.below2)
		k.float("fdiv", t.above1, t.above1, t.below1)
		b.store(t.above1, "R4")
	})
	k.ret()
}

// similarityGrad follows the twin line by line.
func (k *neon) similarityGrad() {
	k.begin("similarityGrad", "toA, toB, toSquares, toProducts, dy, meanA, meanB, squares, products []float32, c1, c2 float32", "is [vectorKernels.similarityGrad].")
	k.get("meanA_base", "meanB_base", "squares_base", "products_base", "dy_base", "toA_base", "toB_base", "toSquares_base", "toProducts_base")
	k.op("MOVD %s, R15", k.arg("dy_len"))
	c1, c2, one, zero := k.param("c1"), k.param("c2"), k.lit(1), k.zeros()
	k.loop(9, func(b lanes4) {
		t := b.newSSIM(c1, c2)
		meanA, meanB, perBelow, v, across := b.t(0), b.t(1), b.t(6), b.t(7), b.t(8)
		k.float("fmul", perBelow, t.below1, t.below2)
		k.float("fdiv", perBelow, one, perBelow)
		k.float("fmul", v, t.above1, t.above2)
		k.float("fmul", v, v, perBelow)
		k.float("fsub", across, t.above2, t.above1)
		k.float("fadd", across, across, across)
		k.float("fmul", across, across, perBelow)
		along := t.above2
		k.float("fsub", along, t.below1, t.below2)
		k.float("fadd", t.below2, v, v)
		k.float("fmul", along, along, t.below2)
		k.float("fmul", along, along, perBelow)
		bySquares, byProducts := t.below1, t.above1
		k.float("fsub", v, zero, v)
		k.float("fmul", bySquares, bySquares, v)
		k.float("fmul", bySquares, bySquares, perBelow)
		k.float("fadd", byProducts, byProducts, byProducts)
		k.float("fmul", byProducts, byProducts, perBelow)
		byA, byB, dy := t.below2, v, perBelow
		k.float("fmul", byA, along, meanA)
		k.multiplyAdd(byA, across, meanB)
		k.float("fmul", byB, across, meanA)
		k.multiplyAdd(byB, along, meanB)
		b.load("R4", dy)
		for i, r := range []int{byA, byB, bySquares, byProducts} {
			k.float("fmul", r, r, dy)
			b.store(r, []string{"R5", "R6", "R7", "R8"}[i])
		}
	})
	k.ret()
}

func (k *neon) similarityCombine() {
	k.begin("similarityCombine", "d, mean, squares, products, x, y []float32", "is [vectorKernels.similarityCombine].")
	k.get("d_base", "mean_base", "squares_base", "products_base", "x_base", "y_base")
	k.op("MOVD %s, R15", k.arg("d_len"))
	k.loop(3, func(b lanes4) {
		sum, p, q := b.t(0), b.t(1), b.t(2)
		b.load("R1", sum)
		b.load("R4", p)
		b.load("R2", q)
		k.float("fadd", p, p, p)
		k.multiplyAdd(sum, p, q)
		b.load("R5", p)
		b.load("R3", q)
		k.multiplyAdd(sum, p, q)
		b.store(sum, "R0")
	})
	k.ret()
}
