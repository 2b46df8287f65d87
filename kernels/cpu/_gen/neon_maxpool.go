package main

func init() {
	neonFile("maxpool", "neon_maxpool.go", func(k *neon) {
		k.maxPairs()
		k.maxTriples()
		k.maxPool2Grad()
	})
}

// split loads the values at even places into even and their neighbours at odd
// places into even + 1.
func (b lanes4) split(base string, even int) {
	b.place(base, 8, 0)
	if b.tail {
		b.op("FMOVS (%s), F%d", base, even)
		b.op("FMOVS 4(%s), F%d", base, even+1)
		return
	}
	b.op("VLD2 (%s), [V%d.S4, V%d.S4]", base, even, even+1)
}

// join stores the values of even and even + 1 alternately.
func (b lanes4) join(even int, base string) {
	b.place(base, 8, 0)
	if b.tail {
		b.op("FMOVS F%d, (%s)", even, base)
		b.op("FMOVS F%d, 4(%s)", even+1, base)
		return
	}
	b.op("VST2 [V%d.S4, V%d.S4], (%s)", even, even+1, base)
}

func (k *neon) maxPairs() {
	k.begin("maxPairs", "y, x []float32", "is [vectorKernels.maxPairs].")
	k.get("y_base", "x_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	k.loopOver(2, 1, func(b lanes4) {
		b.split("R1", 0)
		k.float("fmax", 0, 0, 1)
		b.store(0, "R0")
	})
	k.ret()
}

// maxTriples takes the third values one by one behind the last whole pair, since
// there may be nothing after them.
func (k *neon) maxTriples() {
	k.begin("maxTriples", "y, x []float32", "is [vectorKernels.maxTriples].")
	k.get("y_base", "x_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	k.loopOver(3, 1, func(b lanes4) {
		b.split("R1", 0)
		k.float("fmax", 1, 0, 1)
		if b.tail {
			k.op("FMOVS 8(R1), F2")
		} else {
			k.note("the even values, moved on by one")
			k.op("ADD $32, R1, R2")
			k.op("VEXT $4, V0.B16, V0.B16, V2.B16")
			k.op("VLD1 (R2), V2.S[3]")
		}
		k.float("fmax", 0, 1, 2)
		b.store(0, "R0")
	})
	k.ret()
}

// maxPool2Grad finds which of a, b, c and d, the window in row-major order, is
// the first largest: each beats the best so far or not, and the last to do so
// has won.
func (k *neon) maxPool2Grad() {
	k.begin("maxPool2Grad", "dx0, dx1, dy, x0, x1 []float32", "is [vectorKernels.maxPool2Grad].")
	k.get("dx0_base", "dx1_base", "dy_base", "x0_base", "x1_base")
	k.op("MOVD %s, R15", k.arg("dy_len"))
	k.loopOver(10, 1, func(b lanes4) {
		const window, dy, wins, tmp = 0, 4, 5, 8
		b.split("R3", window)
		b.split("R4", window+2)
		b.load("R2", dy)
		for i := range 3 {
			v := window + 1 + i
			k.note("wins unless the best is NaN or at least as large")
			k.float("fcmeq", wins+i, window, window)
			k.float("fcmge", tmp, window, v)
			k.clearBits(wins+i, wins+i, tmp)
			k.insert(window, v, wins+i)
		}
		k.and(window+3, dy, wins+2)
		k.clearBits(dy, dy, wins+2)
		k.and(window+2, dy, wins+1)
		k.clearBits(dy, dy, wins+1)
		k.and(window+1, dy, wins)
		k.clearBits(window, dy, wins)
		b.join(window, "R0")
		b.join(window+2, "R1")
	})
	k.ret()
}
