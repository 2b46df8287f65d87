package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/org/trustmae/kernels"
)

// trial is an operation of the self-test: its output's length, its inputs' and how
// to call it.
type trial struct {
	name   string
	output int
	inputs []int
	run    func(b kernels.Backend, y kernels.Buffer, x []kernels.Buffer)
}

// trials are the operations that most of the time of a model goes to.
func trials() []trial {
	conv := kernels.NewConvShape(2, 8, 16, 16, 16, 3, 3, 1, 1, 1)
	down := kernels.NewConvShape(2, 8, 16, 16, 16, 4, 4, 2, 1, 1)
	product := kernels.MatMulShape{M: 40, N: 50, K: 60}
	norm := kernels.NormShape{N: 2, C: 8, HW: 256, Eps: 1e-5, Slope: 0.2}
	return []trial{
		{"Conv2d", conv.YLen(), []int{conv.XLen(), conv.WLen(), conv.OutC}, func(b kernels.Backend, y kernels.Buffer, x []kernels.Buffer) {
			b.Conv2d(y, x[0], x[1], x[2], conv, 0)
		}},
		{"ConvTranspose2d", down.XLen(), []int{down.YLen(), down.WLen(), down.InC}, func(b kernels.Backend, y kernels.Buffer, x []kernels.Buffer) {
			b.ConvTranspose2d(y, x[0], x[1], x[2], down, 1)
		}},
		{"Conv2dBackwardWeights", conv.WLen(), []int{conv.XLen(), conv.YLen()}, func(b kernels.Backend, y kernels.Buffer, x []kernels.Buffer) {
			b.Conv2dBackwardWeights(y, x[0], x[1], conv)
		}},
		{"MatMul", product.M * product.N, []int{product.M * product.K, product.K * product.N}, func(b kernels.Backend, y kernels.Buffer, x []kernels.Buffer) {
			b.MatMul(y, x[0], x[1], product)
		}},
		{"Norm", norm.N * norm.C * norm.HW, []int{norm.N * norm.C * norm.HW}, func(b kernels.Backend, y kernels.Buffer, x []kernels.Buffer) {
			mean, variance := b.Alloc(norm.C), b.Alloc(norm.C)
			defer b.Free(mean)
			defer b.Free(variance)
			b.Norm(y, mean, variance, x[0], nil, nil, norm)
		}},
		{"Softmax", 30 * 64, []int{30 * 64}, func(b kernels.Backend, y kernels.Buffer, x []kernels.Buffer) {
			b.Softmax(y, x[0], nil, 30, 64)
		}},
	}
}

// selfTestTolerance is relative to the largest value. Reduced precisions add four
// times what they round factors by: sums of products are off by less than twice
// that, compared with the largest.
const selfTestTolerance = 1e-4

// selfTest runs every trial on b and on the reference, and names those that
// differ. A device that fails is an error.
func selfTest(b, reference kernels.Backend, seed uint64, tolerance float64) (bad []string, err error) {
	defer kernels.Catch(&err)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, t := range trials() {
		inputs := make([][]float32, len(t.inputs))
		for i, n := range t.inputs {
			inputs[i] = make([]float32, n)
			for k := range inputs[i] {
				inputs[i][k] = float32(rng.NormFloat64())
			}
		}
		got, want := t.on(b, inputs), t.on(reference, inputs)
		var difference, largest float64
		for i, v := range want {
			difference = max(difference, math.Abs(float64(v)-float64(got[i])))
			largest = max(largest, math.Abs(float64(v)))
		}
		if !(difference <= tolerance*largest) {
			bad = append(bad, fmt.Sprintf("%s by %.3g of %.3g", t.name, difference, largest))
		}
	}
	return bad, nil
}

// on runs a trial on a backend.
func (t trial) on(b kernels.Backend, inputs [][]float32) []float32 {
	y, x := b.Alloc(t.output), make([]kernels.Buffer, len(inputs))
	defer b.Free(y)
	for i, values := range inputs {
		x[i] = b.Alloc(len(values))
		defer b.Free(x[i])
		b.Upload(x[i], values)
	}
	t.run(b, y, x)
	values := make([]float32, t.output)
	b.Download(values, y)
	return values
}
