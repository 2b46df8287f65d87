package main

import "fmt"

// Go's arm64 assembler has vector multiply-add, logic and permutations but no
// vector float arithmetic, comparisons or conversions. They are written as WORD
// constants, each with its text in the GNU assembler's syntax, which
// TestWordsAgainstDisassembler compares with the constant.

// neonArithmetic are the opcodes of three-operand float instructions on four
// float32 values; bit 22 makes them work on two float64 values.
var neonArithmetic = map[string]uint32{
	"fadd":  0x4e20d400,
	"faddp": 0x6e20d400,
	"fsub":  0x4ea0d400,
	"fmul":  0x6e20dc00,
	"fdiv":  0x6e20fc00,
	"fmax":  0x4e20f400,
	"fmin":  0x4ea0f400,
	"fcmeq": 0x4e20e400,
	"fcmge": 0x6e20e400,
	"fcmgt": 0x6ea0e400,
}

// neonUnary are the opcodes of two-operand instructions on four 32-bit values.
var neonUnary = map[string]uint32{
	"fabs":   0x4ea0f800,
	"fsqrt":  0x6ea1f800,
	"frintn": 0x4e218800,
	"fcvtzs": 0x4ea1b800,
	"scvtf":  0x4e21d800,
}

// neonZero are the opcodes of comparisons with zero.
var neonZero = map[string]uint32{
	"fcmgt": 0x4ea0c800,
	"fcmeq": 0x4ea0d800,
	"fcmlt": 0x4ea0e800,
}

// word writes an instruction by its opcode.
func (e *neon) word(opcode uint32, format string, args ...any) {
	e.op("WORD $0x%08x // %s", opcode, fmt.Sprintf(format, args...))
}

// three is registers' fields in an instruction d = n ∘ m.
func three(d, n, m int) uint32 { return uint32(m)<<16 | uint32(n)<<5 | uint32(d) }

// float writes d = n ∘ m on four float32 values. A comparison gives a mask.
func (e *neon) float(name string, d, n, m int) {
	e.word(opcode(neonArithmetic, name)|three(d, n, m), "%s v%d.4s, v%d.4s, v%d.4s", name, d, n, m)
}

// double is float on two float64 values.
func (e *neon) double(name string, d, n, m int) {
	e.word(opcode(neonArithmetic, name)|1<<22|three(d, n, m), "%s v%d.2d, v%d.2d, v%d.2d", name, d, n, m)
}

// unary writes d = ∘ n on four 32-bit values.
func (e *neon) unary(name string, d, n int) {
	e.word(opcode(neonUnary, name)|three(d, n, 0), "%s v%d.4s, v%d.4s", name, d, n)
}

// zero writes the mask d = n ∘ 0.
func (e *neon) zero(name string, d, n int) {
	e.word(opcode(neonZero, name)|three(d, n, 0), "%s v%d.4s, v%d.4s, #0.0", name, d, n)
}

// doubleMultiplyAdd writes d += n·m on two float64 values.
func (e *neon) doubleMultiplyAdd(d, n, m int) { e.op("VFMLA V%d.D2, V%d.D2, V%d.D2", m, n, d) }

// multiplyAdd writes d += n·m on four float32 values.
func (e *neon) multiplyAdd(d, n, m int) { e.op("VFMLA V%d.S4, V%d.S4, V%d.S4", m, n, d) }

// multiplySubtract writes d -= n·m on four float32 values.
func (e *neon) multiplySubtract(d, n, m int) { e.op("VFMLS V%d.S4, V%d.S4, V%d.S4", m, n, d) }

// multiplyAddFirst writes d += n·m[0], where only n is used as a vector.
func (e *neon) multiplyAddFirst(d, n, m int) { e.multiplyAddLane(d, n, m, 0) }

// multiplyAddLane writes d += n·m[lane], where only n is used as a vector.
func (e *neon) multiplyAddLane(d, n, m, lane int) {
	e.word(0x4f801000|uint32(lane>>1<<11|lane&1<<21)|three(d, n, m), "fmla v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, lane)
}

// clearBits writes d = n &^ m.
func (e *neon) clearBits(d, n, m int) {
	e.word(0x4e601c00|three(d, n, m), "bic v%d.16b, v%d.16b, v%d.16b", d, n, m)
}

// shiftRight writes d = n >> shift, with the sign, on four integers.
func (e *neon) shiftRight(d, n, shift int) {
	e.word(0x4f000400|uint32(64-shift)<<16|three(d, n, 0), "sshr v%d.4s, v%d.4s, #%d", d, n, shift)
}

// widen writes the float32 values of n as float64, the lower two into low and
// the upper two into high, which may be n.
func (e *neon) widen(low, high, n int) {
	e.word(0x0e617800|three(low, n, 0), "fcvtl v%d.2d, v%d.2s", low, n)
	e.word(0x4e617800|three(high, n, 0), "fcvtl2 v%d.2d, v%d.4s", high, n)
}

// largestLane writes the largest of n's four values, NaN if there is one, into d.
func (e *neon) largestLane(d, n int) {
	e.word(0x6e30f800|three(d, n, 0), "fmaxv s%d, v%d.4s", d, n)
}

// addPair writes the sum of n's two float64 values into d.
func (e *neon) addPair(d, n int) {
	e.word(0x7e70d800|three(d, n, 0), "faddp d%d, v%d.2d", d, n)
}

func opcode(list map[string]uint32, name string) uint32 {
	v, ok := list[name]
	if !ok {
		panic("no instruction " + name)
	}
	return v
}
