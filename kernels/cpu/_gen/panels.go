package main

import "fmt"

func init() {
	for _, f := range []panelForm{{"AVX512", "avx512", 64, z}, {"AVX2", "avx2", 32, y}} {
		register(fmt.Sprintf("gemm_panels_%s_amd64.s", f.file), "panels.go", f.emit)
	}
}

// panelForm copies panels of two vectors across.
type panelForm struct {
	name, file string
	width      int // bytes of a vector
	reg        func(int) string
}

func (f panelForm) emit(e *emitter) {
	e.fn("panels" + f.name + "(dst []float32, dstStride int, src []float32, srcStride, rows, panels int)")
	e.load("dst_base", "DI")
	e.load("dstStride", "R8")
	e.load("src_base", "SI")
	e.load("srcStride", "R9")
	e.load("rows", "R10")
	e.load("panels", "R11")
	e.op("SHLQ $2, R8")
	e.op("SHLQ $2, R9")
	e.note("BX, DX: this row's next values and their place")
	e.label("row")
	e.op("MOVQ SI, BX")
	e.op("MOVQ DI, DX")
	e.op("MOVQ R11, CX")
	e.label("panel")
	e.op("VMOVUPS (BX), %s", f.reg(0))
	e.op("VMOVUPS %s, %s", mem("BX", f.width), f.reg(1))
	e.op("VMOVUPS %s, (DX)", f.reg(0))
	e.op("VMOVUPS %s, %s", f.reg(1), mem("DX", f.width))
	e.op("ADDQ $%d, BX", 2*f.width)
	e.op("ADDQ R8, DX")
	e.op("DECQ CX")
	e.op("JNZ panel")
	e.op("ADDQ R9, SI")
	e.op("ADDQ $%d, DI", 2*f.width)
	e.op("DECQ R10")
	e.op("JNZ row")
	e.ret()
}
