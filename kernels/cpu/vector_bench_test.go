package cpu

import (
	"fmt"
	"testing"

	"github.com/org/trustmae/kernels"
)

// fresh makes buffers of n values near 1.
func fresh(b *Backend, count, n int) []kernels.Buffer {
	list := make([]kernels.Buffer, count)
	for i := range list {
		list[i] = b.Alloc(n)
		b.Fill(list[i], 1+float32(i)/8)
	}
	return list
}

// BenchmarkReadMemory reads the default memory with the latents of a training step at
// batch 16, counted as the dense products that distances and mixture are.
func BenchmarkReadMemory(b *testing.B) {
	s := kernels.MemoryShape{R: 1024, M: 64, Z: 512, K: 3, Eps: 1e-6, Tau: 1}
	for _, table := range List() {
		b.Run(table, func(b *testing.B) {
			backend := open(b, table, 0)
			large, small := fresh(backend, 2, s.R*s.Z), fresh(backend, 2, s.R*s.M)
			slots := filled(backend, s.M*s.Z)
			meter(b, backend).Compute(4*int64(s.R)*int64(s.M)*int64(s.Z), func() {
				backend.ReadMemory(large[0], small[0], small[1], large[1], slots, s)
			})
		})
	}
}

// benchOp is an operation with the number of values that it must read and write
// for each value of x.
type benchOp struct {
	name   string
	values float64
	run    func(b *Backend, x, s []kernels.Buffer)
}

// benchOps are memory-bound operations of a training step on four buffers of the
// shape and seven of a value for each channel.
func benchOps(shape [4]int) []benchOp {
	n, c, h, w := shape[0], shape[1], shape[2], shape[3]
	size := n * c * h * w
	dims, full, channel := shape[:], []int{c * h * w, h * w, w, 1}, []int{0, 1, 0, 0}
	norm := kernels.NormShape{N: n, C: c, HW: h * w, Eps: 1e-5, Slope: 0.2}
	pool := kernels.PoolShape{Planes: n * c, InH: h, InW: w, OutH: h / 2, OutW: w / 2, Kernel: 2, Stride: 2}
	pool3 := kernels.PoolShape{Planes: n * c, InH: h, InW: w, OutH: h/2 - 1, OutW: w/2 - 1, Kernel: 3, Stride: 2}
	channels := []bool{true, false, true, true}
	taps := []float32{1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1}
	ssim := kernels.SSIMShape{Planes: n * c, H: h, W: w, Taps: taps, C1: 1e-4, C2: 9e-4}
	return []benchOp{
		{"Affine", 2, func(b *Backend, x, s []kernels.Buffer) { b.Unary(kernels.Affine, x[0], x[1], 2, 1) }},
		{"LeakyReLU", 2, func(b *Backend, x, s []kernels.Buffer) { b.Unary(kernels.LeakyReLU, x[0], x[1], 0.2, 0) }},
		{"Exp", 2, func(b *Backend, x, s []kernels.Buffer) { b.Unary(kernels.Exp, x[0], x[1], 0, 0) }},
		{"Log", 2, func(b *Backend, x, s []kernels.Buffer) { b.Unary(kernels.Log, x[0], x[1], 0, 0) }},
		{"Tanh", 2, func(b *Backend, x, s []kernels.Buffer) { b.Unary(kernels.Tanh, x[0], x[1], 0, 0) }},
		{"Add", 3, func(b *Backend, x, s []kernels.Buffer) { b.Binary(kernels.Add, x[0], x[1], x[2], dims, full, full, 0) }},
		{"AddChannel", 2, func(b *Backend, x, s []kernels.Buffer) {
			b.Binary(kernels.Add, x[0], x[1], s[0], dims, full, channel, 0)
		}},
		{"LeakyReLUGrad", 3, func(b *Backend, x, s []kernels.Buffer) {
			b.Binary(kernels.LeakyReLUGrad, x[0], x[1], x[2], dims, full, full, 0.2)
		}},
		{"AddScaled", 3, func(b *Backend, x, s []kernels.Buffer) { b.AddScaled(x[0], x[1], 1e-9) }},
		{"Blend", 3, func(b *Backend, x, s []kernels.Buffer) { b.Blend(x[:1], x[1:2], 0.999, []float32{0.001}) }},
		{"Copy", 2, func(b *Backend, x, s []kernels.Buffer) { b.Copy2d(x[0], x[1], n, size/n, size/n, size/n) }},
		{"Fill", 1, func(b *Backend, x, s []kernels.Buffer) { b.Fill(x[0], 1) }},
		{"SumChannel", 1, func(b *Backend, x, s []kernels.Buffer) { b.Reduce(kernels.Sum, s[0], x[0], dims, channels) }},
		{"SumAll", 1, func(b *Backend, x, s []kernels.Buffer) {
			b.Reduce(kernels.Sum, s[4], x[0], []int{size}, []bool{true})
		}},
		{"SumOverChannels", 1, func(b *Backend, x, s []kernels.Buffer) {
			b.Reduce(kernels.Sum, x[1].Slice(0, n*h*w), x[0], dims, []bool{false, true, false, false})
		}},
		{"LargestOverChannels", 1, func(b *Backend, x, s []kernels.Buffer) {
			b.Reduce(kernels.Largest, x[1].Slice(0, n*h*w), x[0], dims, []bool{false, true, false, false})
		}},
		{"Norm", 3, func(b *Backend, x, s []kernels.Buffer) { b.Norm(x[0], s[0], s[1], x[1], s[2], s[3], norm) }},
		{"NormApply", 2, func(b *Backend, x, s []kernels.Buffer) {
			b.NormApply(x[0], x[1], s[0], s[1], s[2], s[3], norm)
		}},
		{"NormBackward", 5, func(b *Backend, x, s []kernels.Buffer) {
			b.NormBackward(x[0], s[5], s[6], x[1], x[2], s[0], s[1], s[2], s[3], norm)
		}},
		{"MaxPool2", 1.25, func(b *Backend, x, s []kernels.Buffer) { b.MaxPool2d(x[1].Slice(0, size/4), x[0], pool) }},
		{"MaxPool2Backward", 2.25, func(b *Backend, x, s []kernels.Buffer) {
			b.MaxPool2dBackward(x[0], x[1].Slice(0, size/4), x[2], pool)
		}},
		{"MaxPool3", 1.25, func(b *Backend, x, s []kernels.Buffer) {
			b.MaxPool2d(x[1].Slice(0, n*c*pool3.OutH*pool3.OutW), x[0], pool3)
		}},
		{"Filter11", 2, func(b *Backend, x, s []kernels.Buffer) { b.FilterSeparable(x[0], x[1], n*c, h, w, taps) }},
		{"SSIM", 3, func(b *Backend, x, s []kernels.Buffer) { b.SSIM(x[0], x[1], x[2], ssim) }},
		{"SSIMBackward", 4, func(b *Backend, x, s []kernels.Buffer) { b.SSIMBackward(x[0], nil, x[1], x[2], x[3], ssim) }},
		{"UnitDistance", 2, func(b *Backend, x, s []kernels.Buffer) {
			b.UnitDistance(x[0].Slice(0, n*h*w), x[1], x[2], s[0], kernels.UnitShape{N: n, C: c, HW: h * w, Eps: 1e-10})
		}},
		{"ResizeBilinear", 1.25, func(b *Backend, x, s []kernels.Buffer) {
			b.ResizeBilinear(x[0], x[1].Slice(0, size/4), n*c, h/2, w/2, h, w)
		}},
		{"PadReflect", 2, func(b *Backend, x, s []kernels.Buffer) {
			b.PadReflect(x[0], x[1].Slice(0, n*c*(h-2)*(w-2)), n*c, h-2, w-2, 1)
		}},
		{"Transpose", 2, func(b *Backend, x, s []kernels.Buffer) {
			b.Permute(x[0], x[1], []int{n, c, h * w}, []int{0, 2, 1})
		}},
		{"Adam", 7, func(b *Backend, x, s []kernels.Buffer) {
			c := b.Alloc(kernels.AdamConstants)
			defer b.Free(c)
			b.Upload(c, kernels.AdamStep{LR: 1e-9, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8, Step: 1}.Constants())
			b.Adam(x[:1], x[1:2], x[2:3], x[3:4], c)
		}},
	}
}

// BenchmarkVector runs operations at batch 16.
func BenchmarkVector(bench *testing.B) {
	for _, shape := range [][4]int{{16, 32, 256, 256}, {16, 128, 64, 64}, {16, 512, 8, 8}} {
		size := shape[0] * shape[1] * shape[2] * shape[3]
		for _, op := range benchOps(shape) {
			for _, table := range List() {
				bench.Run(fmt.Sprintf("%s/%s/%dx%dx%dx%d", op.name, table, shape[0], shape[1], shape[2], shape[3]), func(bench *testing.B) {
					b := open(bench, table, 0)
					x, s := fresh(b, 4, size), fresh(b, 7, shape[1])
					s[4] = s[4].Slice(0, 1)
					meter(bench, b).Move(int64(4*op.values*float64(size)), func() { op.run(b, x, s) })
				})
			}
		}
	}
}
