package main

func init() { neonFile("resize", "neon_resize.go", (*neon).lerpPairs) }

// lerpPairs loads each output's pair of inputs and parts the first from the second.
// Permuting a window of inputs, as on amd64, would save four outputs three of fifteen
// instructions, and only where the inputs are close.
func (k *neon) lerpPairs() {
	k.begin("lerpPairs", "y, x []float32, b *lerpBlocks", "is [lerpKernel.pairs].")
	k.get("y_base", "x_base", "b")
	k.op("MOVD %s, R15", k.arg("y_len"))
	const first, near, far = "R3", "R4", "R5"
	k.op("MOVD %s, %s", mem("R2", lerpFirst), first)
	k.op("MOVD %s, %s", mem("R2", lerpNear), near)
	k.op("MOVD %s, %s", mem("R2", lerpFar), far)
	k.loopOver(5, 2, func(b lanes4) {
		p, q, weights := b.t(0), b.t(1), b.t(4)
		if b.tail {
			k.op("MOVW %s, R6", b.place(first, 4, 0))
			k.op("ADD R1, R6")
			k.op("FMOVS (R6), F%d", p)
			k.op("FMOVS 4(R6), F%d", q)
		} else {
			p, q = b.pairs(first)
		}
		b.load(far, weights)
		k.float("fmul", q, q, weights)
		b.load(near, weights)
		k.multiplyAdd(q, p, weights)
		b.store(q, "R0")
	})
	k.ret()
}

// pairs loads pairs of values at R1, each as many bytes further as offsets says, and
// returns registers of the first values and of the second. It spoils t(0) to t(3) and
// R6 to R9.
func (b lanes4) pairs(offsets string) (p, q int) {
	for i := range 2 {
		b.op("LDPSW %s, (R%d, R%d)", b.place(offsets, 4, 2*i), 6+2*i, 7+2*i)
	}
	for i := range 4 {
		b.op("FMOVD (R1)(R%d), F%d", 6+i, b.t(i))
	}
	b.op("VZIP1 V%d.S4, V%d.S4, V%d.S4", b.t(1), b.t(0), b.t(0))
	b.op("VZIP1 V%d.S4, V%d.S4, V%d.S4", b.t(3), b.t(2), b.t(2))
	b.op("VZIP1 V%d.D2, V%d.D2, V%d.D2", b.t(2), b.t(0), b.t(1))
	b.op("VZIP2 V%d.D2, V%d.D2, V%d.D2", b.t(2), b.t(0), b.t(3))
	return b.t(1), b.t(3)
}
