package main

func init() {
	neonFile("maxpool", "neon_maxpool.go", func(k *neon) {
		k.maxPairs()
		k.maxTriples()
		k.maxPool2()
		k.maxPool2Grad()
		k.maxPool3Grad()
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

// evensAhead writes to ahead the even values at base, moved on by one: the last comes
// from memory. It spoils R17.
func (b lanes4) evensAhead(base string, even, ahead int) {
	if b.tail {
		b.op("FMOVS 8(%s), F%d", base, ahead)
		return
	}
	b.op("ADD $32, %s, R17", base)
	b.op("VEXT $4, V%d.B16, V%d.B16, V%d.B16", even, even, ahead)
	b.op("VLD1 (R17), V%d.S[3]", ahead)
}

// maxTriples takes the third values one by one behind the last whole pair, since
// there may be nothing after them.
func (k *neon) maxTriples() {
	k.begin("maxTriples", "y, x []float32", "is [vectorKernels.maxTriples].")
	k.get("y_base", "x_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	k.loopOver(3, 1, func(b lanes4) {
		b.split("R1", 0)
		b.evensAhead("R1", 0, 2)
		k.float("fmax", 1, 0, 1)
		k.float("fmax", 0, 1, 2)
		b.store(0, "R0")
	})
	k.ret()
}

func (k *neon) maxPool2() {
	k.begin("maxPool2", "y, x0, x1 []float32", "is [vectorKernels.maxPool2].")
	k.get("y_base", "x0_base", "x1_base")
	k.op("MOVD %s, R15", k.arg("y_len"))
	k.loopOver(4, 1, func(b lanes4) {
		b.split("R1", 0)
		b.split("R2", 2)
		k.float("fmax", 0, 0, 1)
		k.float("fmax", 2, 2, 3)
		k.float("fmax", 0, 0, 2)
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
			k.keepBest(window, v, wins+i, tmp)
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

// keepBest sets wins where v beats the best so far, which it then replaces: unless
// that is NaN or at least as large. It spoils tmp.
func (k *neon) keepBest(best, v, wins, tmp int) {
	k.float("fcmeq", wins, best, best)
	k.float("fcmge", tmp, best, v)
	k.clearBits(wins, wins, tmp)
	k.insert(best, v, wins)
}

// maxPool3Grad is maxPool2Grad for nine places, whose windows overlap by a column:
// gradients of the third columns belong to the even values moved on by one.
func (k *neon) maxPool3Grad() {
	k.begin("maxPool3Grad", "dx, dy, x []float32, width int", "is [vectorKernels.maxPool3Grad].")
	k.get("dx_base", "dy_base", "x_base", "width")
	k.op("MOVD %s, R15", k.arg("dy_len"))
	for _, row := range [][2]int{{0, 4}, {4, 5}, {2, 6}, {6, 7}} {
		k.op("ADD R3<<2, R%d, R%d", row[0], row[1])
	}
	k.loopOver(14, 1, func(b lanes4) {
		const even, odd, ahead, best, tmp, dy, grads = 0, 1, 2, 3, 4, 5, 5 // gradients follow dy, that of the first place
		for row, base := range []string{"R2", "R6", "R7"} {
			b.split(base, even)
			b.evensAhead(base, even, ahead)
			for column, v := range []int{even, odd, ahead} {
				if place := 3*row + column; place == 0 {
					k.move(best, v)
				} else {
					k.keepBest(best, v, grads+place, tmp)
				}
			}
		}
		b.load("R1", dy)
		for place := 8; place > 0; place-- {
			k.and(tmp, dy, grads+place)
			k.clearBits(dy, dy, grads+place)
			k.move(grads+place, tmp)
		}
		for row, base := range []string{"R0", "R4", "R5"} {
			b.addTriples(base, grads+3*row, even, tmp)
		}
	})
	k.ret()
}

// addTriples adds the gradients g, g+1 and g+2 of the first, second and third column
// of windows to the values at base. It spoils even, even + 1 and tmp.
func (b lanes4) addTriples(base string, g, even, tmp int) {
	b.split(base, even)
	b.float("fadd", even, even, g)
	b.float("fadd", even+1, even+1, g+1)
	if !b.tail {
		b.note("the third columns' but the last, which lies beyond")
		b.clear(tmp)
		b.op("VEXT $12, V%d.B16, V%d.B16, V%d.B16", g+2, tmp, tmp)
		b.float("fadd", even, even, tmp)
	}
	b.join(even, base)
	next, last := 8, g+2
	if !b.tail {
		next, last = 32, tmp
		b.op("VDUP V%d.S[3], V%d.S4", g+2, tmp)
	}
	b.op("FMOVS %s, F%d", mem(base, next), even)
	b.float("fadd", even, even, last)
	b.op("FMOVS F%d, %s", even, mem(base, next))
}
