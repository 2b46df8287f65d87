package main

func init() { neonFile("filter", "neon_filter.go", (*neon).correlate) }

// correlate keeps the sums of several blocks in registers while it walks the
// taps; eight of them hide the latency of the addition.
func (k *neon) correlate() {
	k.begin("correlate", "y, x, taps []float32, stride int", "is [vectorKernels.correlate].")
	k.get("y_base", "x_base", "taps_base", "taps_len", "stride")
	k.op("LSL $2, R4")
	k.op("MOVD %s, R15", k.arg("y_len"))
	for _, values := range []int{32, 4, 1} {
		loop, next, tap, stored := k.fresh("loop"), k.fresh("next"), k.fresh("tap"), k.fresh("store")
		k.label(loop)
		k.op("CMP $%d, R15", values)
		k.op("BLT %s", next)
		blocks := max(values/4, 1)
		for i := range blocks {
			k.clear(i)
		}
		k.op("MOVD R1, R5")
		k.op("MOVD R2, R6")
		k.op("MOVD R3, R7")
		k.label(tap)
		k.op("CBZ R7, %s", stored)
		k.op("FMOVS.P 4(R6), F16")
		for i := range blocks {
			block := lanes4{neon: k, copy: i, tail: values == 1}
			k.walked = map[string]int{}
			block.load("R5", 8+i)
			k.multiplyAddFirst(i, 8+i, 16)
		}
		k.op("ADD R4, R5")
		k.op("SUB $1, R7")
		k.op("B %s", tap)
		k.label(stored)
		k.op("ADD $%d, R1", 4*values)
		k.step(values, func() {
			for i := range blocks {
				lanes4{neon: k, copy: i, tail: values == 1}.store(i, "R0")
			}
		})
		k.op("B %s", loop)
		k.label(next)
	}
	k.ret()
}
