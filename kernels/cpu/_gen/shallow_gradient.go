package main

import "fmt"

// shallowTaps is the weights of a destination channel that a pass over the pixels
// sums up: with shallowRows channels 12 sums, three source vectors and one of the
// gradient.
const shallowTaps = 3

// shallowGradient emits the sums over pixels for all weights of four destination
// channels. The gradient's rows are at SI, R8, R9 and R10, the source's for three
// weights at R11, R12 and R13; R14 goes up to R15 over the steps.
func (k *kernel) shallowGradient() {
	k.begin("shallowGradient", "sums, grad []float32, gradPlane, gradRow int, src []float32, steps []int32, srcRow, rows, n int, next, ahead []float32",
		fmt.Sprintf("is [shallowKernels].gradient for %d lanes.", k.v.lanes))
	grads, sources := []string{"SI", "R8", "R9", "R10"}, []string{"R11", "R12", "R13"}
	sum := func(tap, channel int) string { return k.v.reg(tap*shallowRows + channel) }
	width := 4 * k.v.lanes
	group, row, end := k.fresh("group"), k.fresh("row"), k.fresh("end")
	k.load("sums_base", "DI")
	k.load("steps_base", "R14")
	k.load("steps_len", "R15")
	k.op("LEAQ (R14)(R15*4), R15")
	k.label(group)
	k.op("CMPQ R14, R15")
	k.op("JGE %s", end)
	k.load("gradPlane", "AX")
	k.load("grad_base", grads[0])
	for i := 1; i < shallowRows; i++ {
		k.op("LEAQ (%s)(AX*4), %s", grads[i-1], grads[i])
	}
	k.load("src_base", "BX")
	for i, r := range sources {
		k.op("MOVLQSX %s, %s", mem("R14", 4*i), r)
		k.op("LEAQ (BX)(%s*4), %s", r, r)
	}
	for i := range shallowRows * shallowTaps {
		k.op("VXORPS %s, %s, %s", k.v.reg(i), k.v.reg(i), k.v.reg(i))
	}
	k.load("rows", "BX")
	k.label(row)
	k.shallowGradientRow(grads, sources, sum)
	k.load("gradRow", "AX")
	for _, r := range grads {
		k.op("LEAQ (%s)(AX*4), %s", r, r)
	}
	k.load("srcRow", "AX")
	for _, r := range sources {
		k.op("LEAQ (%s)(AX*4), %s", r, r)
	}
	k.op("DECQ BX")
	k.op("JNZ %s", row)
	for i := range shallowRows * shallowTaps {
		k.op("VADDPS %s, %s, %s", mem("DI", i*width), k.v.reg(i), k.v.reg(i))
		k.op("VMOVUPS %s, %s", k.v.reg(i), mem("DI", i*width))
	}
	k.op("ADDQ $%d, DI", shallowRows*shallowTaps*width)
	k.op("ADDQ $%d, R14", 4*shallowTaps)
	k.shallowGradientFetch()
	k.op("JMP %s", group)
	k.label(end)
	k.ret()
}

// shallowGradientFetch moves next on to what the pass that begins at R14 fetches, as much
// as it reads of one channel: in the first four passes a channel each, then ahead, and
// when that is done what is in the cache.
func (k *kernel) shallowGradientFetch() {
	plane, ahead, set := k.fresh("plane"), k.fresh("ahead"), k.fresh("set")
	k.op("MOVQ R14, CX")
	k.op("SUBQ %s, CX", k.arg("steps_base"))
	k.op("CMPQ CX, $%d", shallowRows*4*shallowTaps)
	k.op("JLT %s", plane)
	k.load("ahead_base", "AX")
	k.op("JEQ %s", ahead)
	k.load("gradRow", "AX")
	k.op("IMULQ %s, AX", k.arg("rows"))
	k.op("SHLQ $2, AX")
	k.op("ADDQ %s, AX", k.arg("next_base"))
	k.label(ahead)
	k.load("ahead_len", "CX")
	k.op("SHLQ $2, CX")
	k.op("ADDQ %s, CX", k.arg("ahead_base"))
	k.op("CMPQ AX, CX")
	k.op("JLT %s", set)
	k.load("grad_base", "AX")
	k.op("JMP %s", set)
	k.label(plane)
	k.load("gradPlane", "AX")
	k.op("SHLQ $2, AX")
	k.op("ADDQ %s, AX", k.arg("next_base"))
	k.label(set)
	k.op("MOVQ AX, %s", k.arg("next_base"))
}

// shallowGradientRow emits the sums over a row of pixels: first what does not fill
// a vector, then whole ones.
func (k *kernel) shallowGradientRow(grads, sources []string, sum func(tap, channel int) string) {
	loop, whole := k.fresh("loop"), k.fresh("whole")
	source := func(tap int) string { return k.v.reg(shallowRows*shallowTaps + tap) }
	gradient := k.v.reg((shallowRows + 1) * shallowTaps)
	multiply := func(load func(base, r string)) {
		for tap, base := range sources {
			load(base, source(tap))
		}
		for channel, base := range grads {
			load(base, gradient)
			for tap := range sources {
				k.op("VFMADD231PS %s, %s, %s", source(tap), gradient, sum(tap, channel))
			}
		}
	}
	k.load("n", "DX")
	k.op("ANDQ $%d, DX", k.v.lanes-1)
	k.op("JZ %s", whole)
	if k.v.wide {
		k.op("MOVL $1, AX")
		k.op("MOVQ DX, CX")
		k.op("SHLL CX, AX")
		k.op("DECL AX")
		k.op("KMOVW AX, K7")
		multiply(func(base, r string) { k.op("VMOVUPS.Z (%s), K7, %s", base, r) })
	} else {
		k.masks = true
		k.note("There is no register left for the mask.")
		k.op("LEAQ masks<>+32(SB), AX")
		k.op("MOVQ DX, CX")
		k.op("NEGQ CX")
		k.op("LEAQ (AX)(CX*4), AX")
		multiply(func(base, r string) {
			k.op("VMOVUPS (%s), %s", base, r)
			k.op("VANDPS (AX), %s, %s", r, r)
		})
	}
	k.label(whole)
	k.load("n", "CX")
	k.op("SUBQ DX, CX")
	k.op("SHLQ $2, DX")
	k.note("AX is where next is as far on as SI is in the gradient.")
	k.op("MOVQ SI, AX")
	k.op("SUBQ %s, AX", k.arg("grad_base"))
	k.op("ADDQ %s, AX", k.arg("next_base"))
	k.op("PCALIGN $64")
	k.label(loop)
	k.op("PREFETCHT1 (AX)(DX*1)")
	multiply(func(base, r string) { k.op("VMOVUPS (%s)(DX*1), %s", base, r) })
	k.op("ADDQ $%d, DX", 4*k.v.lanes)
	k.op("SUBQ $%d, CX", k.v.lanes)
	k.op("JNZ %s", loop)
}
