package cpu

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/org/trustmae/kernels"
)

// vectorCase is one use of a vector kernel on runs of about n values.
type vectorCase struct {
	name    string
	inputs  func(n int) []int // lengths
	outputs func(n int) []int
	update  bool    // outputs start with values instead of NaN
	tol     float64 // relative to the largest finite magnitude at stake, 0: exact
	run     func(k *vectorKernels, out, in [][]float32)
}

func sizes(list ...int) func(n int) []int {
	return func(n int) []int {
		all := make([]int, len(list))
		for i, v := range list {
			all[i] = v * n
		}
		return all
	}
}

// rounding is the error of a few operations in another order.
const rounding = 8 * 0x1p-23

func vectorCases() []vectorCase {
	return slices.Concat(windowCases(), normCases(), opCases())
}

// windowCases are the kernels that belong to one operation.
func windowCases() []vectorCase {
	return []vectorCase{
		{"fill", sizes(), sizes(1), false, 0, func(k *vectorKernels, out, in [][]float32) { k.fill(out[0], 1.5) }},
		{"addScaled", sizes(1), sizes(1), true, rounding, func(k *vectorKernels, out, in [][]float32) { k.addScaled(out[0], in[0], 0.3) }},
		{"weighted", sizes(1, 1), sizes(1), false, rounding, func(k *vectorKernels, out, in [][]float32) { k.weighted(out[0], in[0], in[1], 0.3, -0.6) }},
		{"expMinus", sizes(1), sizes(1), false, rounding, func(k *vectorKernels, out, in [][]float32) { k.expMinus(out[0], in[0], 1.25, 0) }},
		{"squaresProducts", sizes(1, 1), sizes(1, 1), false, 0, func(k *vectorKernels, out, in [][]float32) {
			k.squaresProducts(out[0], out[1], in[0], in[1])
		}},
		{"maxPairs", sizes(2), sizes(1), false, 0, func(k *vectorKernels, out, in [][]float32) { k.maxPairs(out[0], in[0]) }},
		{"maxTriples", func(n int) []int { return []int{2*n + 1} }, sizes(1), false, 0, func(k *vectorKernels, out, in [][]float32) { k.maxTriples(out[0], in[0]) }},
		{"maxTriples with a value to spare", func(n int) []int { return []int{2*n + 2} }, sizes(1), false, 0, func(k *vectorKernels, out, in [][]float32) { k.maxTriples(out[0], in[0]) }},
		{"maxPool2", sizes(2, 2), sizes(1), false, 0, func(k *vectorKernels, out, in [][]float32) { k.maxPool2(out[0], in[0], in[1]) }},
		{"maxPool2Grad", sizes(1, 2, 2), sizes(2, 2), false, 0, func(k *vectorKernels, out, in [][]float32) {
			k.maxPool2Grad(out[0], out[1], in[0], in[1], in[2])
		}},
		{"maxPool3Grad", func(n int) []int { return []int{n, 6*n + 9} }, func(n int) []int { return []int{6*n + 9} }, true, rounding, func(k *vectorKernels, out, in [][]float32) {
			k.maxPool3Grad(out[0], in[0], in[1], 2*len(in[0])+3)
		}},
		{"correlate", func(n int) []int { return []int{n + 10*3, 11} }, sizes(1), false, rounding, func(k *vectorKernels, out, in [][]float32) {
			k.correlate(out[0], in[0], in[1], 3)
		}},
		{"squareColumns", func(n int) []int { return []int{5*n + 1} }, sizes(1), true, rounding, func(k *vectorKernels, out, in [][]float32) {
			k.squareColumns(out[0], in[0], 5, len(out[0]))
		}},
		{"gapColumns", func(n int) []int { return []int{5*n + 4, 5*n + 4, n, n, 5} }, sizes(1), true, rounding, func(k *vectorKernels, out, in [][]float32) {
			absGeneric(in[4], in[4], 0, 0) // with weights of both signs, terms far above their sum could cancel
			k.gapColumns(out[0], in[0], in[1], in[2], in[3], in[4], len(out[0])+1)
		}},
		{"moments", sizes(1), func(int) []int { return []int{2} }, false, rounding, func(k *vectorKernels, out, in [][]float32) {
			fold(out[0], func(acc *[2]float64) { k.moments(acc, in[0], 0.5) })
		}},
		{"transpose", sizes(21), sizes(21), false, 0, func(k *vectorKernels, out, in [][]float32) {
			n := len(in[0]) / 21
			if n == 0 {
				return // a matrix has rows
			}
			k.transpose(out[0], in[0], n, 21, n, 21)
		}},
	}
}

// normCases are the kernels of norms, with two activations.
func normCases() []vectorCase {
	var list []vectorCase
	channel := &normChannel{mean: 0.3, scale: -1.7, beta: 0.2, slope: 0.1, factor: 0.4, offset: -0.6}
	rectified := &normChannel{mean: 0.3, scale: 1.7, beta: 0.2}
	for _, c := range []*normChannel{channel, rectified} {
		slope := fmt.Sprintf(" with slope %g", c.slope)
		list = append(list,
			vectorCase{"normApply" + slope, sizes(1), sizes(1), false, rounding, func(k *vectorKernels, out, in [][]float32) { k.normApply(out[0], in[0], c) }},
			vectorCase{"normSums" + slope, sizes(1, 1), func(int) []int { return []int{2} }, false, rounding, func(k *vectorKernels, out, in [][]float32) {
				fold(out[0], func(acc *[2]float64) { k.normSums(acc, in[0], in[1], c) })
			}},
			vectorCase{"normGrad" + slope, sizes(1, 1), sizes(1), false, rounding, func(k *vectorKernels, out, in [][]float32) {
				k.normGrad(out[0], in[0], in[1], c)
			}})
	}
	return list
}

// opCases are the kernels of every function and fold.
func opCases() []vectorCase {
	var list []vectorCase
	for op := range kernels.UnaryOps {
		tol := map[kernels.UnaryOp]float64{kernels.Affine: rounding, kernels.Exp: rounding, kernels.Log: rounding, kernels.Tanh: rounding, kernels.Sigmoid: rounding}[op]
		list = append(list, vectorCase{op.String(), sizes(1), sizes(1), false, tol, func(k *vectorKernels, out, in [][]float32) {
			k.unary[op](out[0], in[0], -0.5, 0.75)
		}})
	}
	for op := range kernels.BinaryOps {
		tol := map[kernels.BinaryOp]float64{kernels.TanhGrad: rounding, kernels.SigmoidGrad: rounding}[op]
		for _, form := range []struct {
			name    string
			lengths func(n int) []int
		}{
			{"", sizes(1, 1)},
			{", p repeated", func(n int) []int { return []int{1, n} }},
			{", q repeated", func(n int) []int { return []int{n, 1} }},
			{", both repeated", func(int) []int { return []int{1, 1} }},
		} {
			list = append(list, vectorCase{op.String() + form.name, form.lengths, sizes(1), false, tol, func(k *vectorKernels, out, in [][]float32) {
				k.binary[op](out[0], in[0], in[1], 0.2)
			}})
		}
	}
	for op := range kernels.ReduceOps {
		list = append(list, vectorCase{"fold " + op.String(), sizes(1), func(int) []int { return []int{2} }, false, rounding, func(k *vectorKernels, out, in [][]float32) {
			fold(out[0], func(acc *[2]float64) { k.fold[op](acc, in[0]) })
		}}, vectorCase{"foldColumns " + op.String(), sizes(1), sizes(1), true, rounding, func(k *vectorKernels, out, in [][]float32) {
			acc := make([]float64, len(out[0]))
			for i, v := range out[0] {
				acc[i] = float64(v)
			}
			k.foldColumns[op](acc, in[0])
			narrow(out[0], acc)
		}})
	}
	return list
}

// fold runs a kernel that adds to two sums.
func fold(out []float32, run func(acc *[2]float64)) {
	acc := [2]float64{0.25, -3}
	run(&acc)
	out[0], out[1] = float32(acc[0]), float32(acc[1])
}

// hard makes inputs in which every tenth value is extreme.
func hard(r *rand.Rand, n int) []float32 {
	extremes := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)), 1e-45, 1e-39, 88.8, -103.5}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
		if r.IntN(10) == 0 {
			x[i] = extremes[r.IntN(len(extremes))]
		}
	}
	return x
}

// between places a copy of x between guard values, offset values after an
// aligned address.
func between(x []float32, offset int) (whole, part []float32) {
	const guard = 16
	whole = alignedSlice(2*guard + offset + len(x))
	for i := range whole {
		whole[i] = -12345678
	}
	part = whole[guard+offset : guard+offset+len(x)]
	copy(part, x)
	return whole, part
}

// compareWithTwin runs the case on a table and on the twins.
func (c vectorCase) compareWithTwin(t *testing.T, k *vectorKernels, r *rand.Rand, n, offset int, input func(n int) []float32) {
	t.Helper()
	var inputs, outputs [][]float32
	for _, length := range c.inputs(n) {
		inputs = append(inputs, input(length))
	}
	for _, length := range c.outputs(n) {
		x := make([]float32, length)
		for i := range x {
			x[i] = float32(math.NaN())
		}
		if c.update {
			x = input(length)
		}
		outputs = append(outputs, x)
	}
	u := use{fmt.Sprintf("%s, n=%d", c.name, n), outputs, inputs, c.tol, false}
	u.compare(t, offset, func(out, in [][]float32) { c.run(k, out, in) }, func(out, in [][]float32) { c.run(&genericVector, out, in) })
}

// TestVectorKernels compares every table's kernels with their twins.
func TestVectorKernels(t *testing.T) {
	for _, table := range tables() {
		t.Run(table.name, func(t *testing.T) {
			if !table.supported {
				t.Skip("this processor lacks the instructions")
			}
			r := rand.New(rand.NewPCG(5, 7))
			for _, c := range vectorCases() {
				for n := range 100 {
					c.compareWithTwin(t, &table.vector, r, n, n%4, func(n int) []float32 { return hard(r, n) })
				}
				for range 4 {
					c.compareWithTwin(t, &table.vector, r, 100+r.IntN(900), r.IntN(4), func(n int) []float32 { return hard(r, n) })
				}
			}
		})
	}
}

// FuzzVectorKernels turns bytes into a kernel, a length, an offset and values.
func FuzzVectorKernels(f *testing.F) {
	f.Add(uint16(3), uint8(17), uint8(1), []byte{0, 0, 0x80, 0x7f, 1, 2, 3, 4})
	cases := vectorCases()
	f.Fuzz(func(t *testing.T, which uint16, n, offset uint8, data []byte) {
		c := cases[int(which)%len(cases)]
		for _, table := range tables() {
			if !table.supported {
				continue
			}
			at := 0
			c.compareWithTwin(t, &table.vector, nil, int(n), int(offset%4), func(n int) []float32 {
				x := make([]float32, n)
				for i := range x {
					if len(data) >= 4 {
						x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[at%(len(data)-3):]))
						if v := float64(x[i]); c.tol > 0 && math.Abs(v) > 64 && !math.IsInf(v, 0) {
							// Cancellation of huge terms would need a tolerance of its own.
							x[i] = float32(math.Mod(v, 64))
						}
						at += 4
					}
				}
				return x
			})
		}
	})
}

// TestTranscendentals holds polynomials to 3 units in the last place over the
// whole range of float32.
func TestTranscendentals(t *testing.T) {
	var x []float32
	for bits := uint64(0); bits < 1<<32; bits += 9973 {
		x = append(x, math.Float32frombits(uint32(bits)))
	}
	for i := range 200000 {
		x = append(x, float32(i-100000)/900) // where results are neither 0 nor 1
	}
	y := make([]float32, len(x))
	for _, table := range tables() {
		if !table.supported {
			t.Logf("%s: this processor lacks the instructions", table.name)
			continue
		}
		for op, f := range map[kernels.UnaryOp]func(float64) float64{
			kernels.Exp: math.Exp, kernels.Log: math.Log, kernels.Tanh: math.Tanh,
			kernels.Sigmoid: func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		} {
			table.vector.unary[op](y, x, 0, 0)
			worst, at := 0.0, float32(0)
			for i, v := range x {
				if e := ulps(float64(y[i]), f(float64(v))); !(e <= worst) {
					worst, at = e, v
				}
			}
			t.Logf("%s %v: %.2f units at %g", table.name, op, worst, at)
			if !(worst <= 3) {
				t.Errorf("%s %v(%g): %g units in the last place from %g, want ≤ 3", table.name, op, at, worst, f(float64(at)))
			}
		}
	}
}

// ulps is the distance in units of want's last place.
func ulps(got, want float64) float64 {
	rounded := float64(float32(want))
	if got == rounded || math.IsNaN(got) && math.IsNaN(want) {
		return 0
	}
	_, exponent := math.Frexp(want)
	return math.Abs(got-want) / math.Ldexp(1, max(exponent-24, -149))
}
