package main

func init() {
	vectorFile("ssim", "ssim.go", func(k *kernel) {
		squaresProducts(k)
		similarity(k)
		similarityGrad(k)
		similarityCombine(k)
	})
}

// squaresProducts rounds the squares before it adds them, as the twin does.
func squaresProducts(k *kernel) {
	k.begin("squaresProducts", "squares, products, p, q []float32", "is [vectorKernels.squaresProducts].")
	k.load("squares_base", "DI")
	k.load("squares_len", "CX")
	k.load("products_base", "R8")
	k.load("p_base", "SI")
	k.load("q_base", "R9")
	k.loop(3, func(b block) {
		p, q, product := b.t(0), b.t(1), b.t(2)
		b.load("SI", p)
		b.load("R9", q)
		b.op("VMULPS %s, %s, %s", p, q, product)
		b.store(product, "R8")
		b.op("VMULPS %s, %s, %s", p, p, p)
		b.op("VMULPS %s, %s, %s", q, q, q)
		b.op("VADDPS %s, %s, %s", p, q, p)
		b.store(p, "DI")
	})
	k.ret()
}

// ssimInputs loads the pointers to what [ssimTerms] reads and the two constants.
func ssimInputs(k *kernel) (c1, c2 string) {
	k.load("meanA_base", "SI")
	k.load("meanB_base", "R8")
	k.load("squares_base", "R9")
	k.load("products_base", "R10")
	return k.param("c1"), k.param("c2")
}

// ssimTerms are the factors above and below the line of SSIM's fraction.
type ssimTerms struct{ above1, above2, below1, below2 string }

// newSSIMTerms reads the means into t(0) and t(1) and computes the factors in t(2) to
// t(5). It spoils t(6).
func newSSIMTerms(b block, c1, c2 string) ssimTerms {
	meanA, meanB, tmp := b.t(0), b.t(1), b.t(6)
	t := ssimTerms{above1: b.t(4), above2: b.t(3), below1: b.t(5), below2: b.t(2)}
	b.load("SI", meanA)
	b.load("R8", meanB)
	b.load("R9", t.below2)
	b.load("R10", t.above2)
	b.op("VMULPS %s, %s, %s", meanA, meanB, t.above1)
	b.op("VMULPS %s, %s, %s", meanA, meanA, t.below1)
	b.op("VMULPS %s, %s, %s", meanB, meanB, tmp)
	b.op("VADDPS %s, %s, %s", tmp, t.below1, t.below1)
	b.op("VSUBPS %s, %s, %s", t.above1, t.above2, t.above2)
	b.op("VSUBPS %s, %s, %s", t.below1, t.below2, t.below2)
	for _, r := range []string{t.above1, t.above2} {
		b.op("VADDPS %s, %s, %s", r, r, r)
	}
	b.op("VADDPS %s, %s, %s", c1, t.above1, t.above1)
	b.op("VADDPS %s, %s, %s", c2, t.above2, t.above2)
	b.op("VADDPS %s, %s, %s", c1, t.below1, t.below1)
	b.op("VADDPS %s, %s, %s", c2, t.below2, t.below2)
	return t
}

func similarity(k *kernel) {
	k.begin("similarity", "y, meanA, meanB, squares, products []float32, c1, c2 float32", "is [vectorKernels.similarity].")
	k.load("y_base", "DI")
	k.load("y_len", "CX")
	c1, c2 := ssimInputs(k)
	k.loop(7, func(b block) {
		t := newSSIMTerms(b, c1, c2)
		b.op("VMULPS %s, %s, %s", t.above1, t.above2, t.above2)
		b.op("VMULPS %s, %s, %s", t.below1, t.below2, t.below2)
		b.op("VDIVPS %s, %s, %s", t.below2, t.above2, t.above2)
		b.store(t.above2, "DI")
	})
	k.ret()
}

// similarityGrad follows the twin line by line.
func similarityGrad(k *kernel) {
	k.begin("similarityGrad", "toA, toB, toSquares, toProducts, dy, meanA, meanB, squares, products []float32, c1, c2 float32", "is [vectorKernels.similarityGrad].")
	k.load("toA_base", "DI")
	k.load("toB_base", "R11")
	k.load("toSquares_base", "R12")
	k.load("toProducts_base", "R13")
	k.load("dy_base", "DX")
	k.load("dy_len", "CX")
	c1, c2 := ssimInputs(k)
	one, zero := k.lit(1), k.zero()
	k.loop(9, func(b block) {
		t := newSSIMTerms(b, c1, c2)
		meanA, meanB, perBelow, v, across := b.t(0), b.t(1), b.t(6), b.t(7), b.t(8)
		b.op("VMULPS %s, %s, %s", t.below1, t.below2, perBelow)
		b.op("VDIVPS %s, %s, %s", perBelow, one, perBelow)
		b.op("VMULPS %s, %s, %s", t.above1, t.above2, v)
		b.op("VMULPS %s, %s, %s", perBelow, v, v)
		b.op("VSUBPS %s, %s, %s", t.above1, t.above2, across)
		b.op("VADDPS %s, %s, %s", across, across, across)
		b.op("VMULPS %s, %s, %s", perBelow, across, across)
		along := t.above2
		b.op("VSUBPS %s, %s, %s", t.below2, t.below1, along)
		b.op("VADDPS %s, %s, %s", v, v, t.below2)
		b.op("VMULPS %s, %s, %s", t.below2, along, along)
		b.op("VMULPS %s, %s, %s", perBelow, along, along)
		bySquares, byProducts := t.below1, t.above1
		b.op("VSUBPS %s, %s, %s", v, zero, v)
		b.op("VMULPS %s, %s, %s", v, bySquares, bySquares)
		b.op("VMULPS %s, %s, %s", perBelow, bySquares, bySquares)
		b.op("VADDPS %s, %s, %s", byProducts, byProducts, byProducts)
		b.op("VMULPS %s, %s, %s", perBelow, byProducts, byProducts)
		byA, byB, dy := t.below2, across, perBelow
		b.op("VMULPS %s, %s, %s", along, meanA, byA)
		b.op("VFMADD231PS %s, %s, %s", across, meanB, byA)
		b.op("VMULPS %s, %s, %s", across, meanA, byB)
		b.op("VFMADD231PS %s, %s, %s", along, meanB, byB)
		b.load("DX", dy)
		for i, base := range []string{"DI", "R11", "R12", "R13"} {
			r := []string{byA, byB, bySquares, byProducts}[i]
			b.op("VMULPS %s, %s, %s", dy, r, r)
			b.store(r, base)
		}
	})
	k.ret()
}

func similarityCombine(k *kernel) {
	k.begin("similarityCombine", "d, mean, squares, products, x, y []float32", "is [vectorKernels.similarityCombine].")
	k.load("d_base", "DI")
	k.load("d_len", "CX")
	for i, name := range []string{"mean_base", "squares_base", "products_base", "x_base", "y_base"} {
		k.load(name, []string{"SI", "R8", "R9", "R10", "R11"}[i])
	}
	k.loop(3, func(b block) {
		sum, p, q := b.t(0), b.t(1), b.t(2)
		b.load("SI", sum)
		b.load("R10", p)
		b.load("R8", q)
		b.op("VADDPS %s, %s, %s", p, p, p)
		b.op("VFMADD231PS %s, %s, %s", p, q, sum)
		b.load("R11", p)
		b.load("R9", q)
		b.op("VFMADD231PS %s, %s, %s", p, q, sum)
		b.store(sum, "DI")
	})
	k.ret()
}
