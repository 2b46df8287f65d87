package kernels

import "fmt"

// MatMulShape describes y [M,N] = op(a)·op(b).
type MatMulShape struct {
	M, N, K    int
	TransA     bool // a is stored [K,M]
	TransB     bool // b is stored [N,K]
	Accumulate bool // add to y instead of replacing it
}

// ConvShape describes a two-dimensional convolution from x [N,InC,InH,InW]
// with weights [OutC,InC,KH,KW] to y [N,OutC,OutH,OutW].
type ConvShape struct {
	N                int
	InC, InH, InW    int
	OutC, OutH, OutW int
	KH, KW           int
	Stride, Pad, Dil int // the same along both axes; Dil ≥ 1
}

// NewConvShape computes the output size,
// floor((in + 2·pad − dil·(k−1) − 1)/stride) + 1, and panics if it is empty.
func NewConvShape(n, inC, inH, inW, outC, kh, kw, stride, pad, dil int) ConvShape {
	s := ConvShape{
		N: n, InC: inC, InH: inH, InW: inW, OutC: outC, KH: kh, KW: kw,
		Stride: stride, Pad: pad, Dil: dil,
	}
	if stride < 1 || dil < 1 || pad < 0 {
		panic(fmt.Sprintf("kernels.NewConvShape: stride %d, padding %d, dilation %d, want stride and dilation ≥ 1, padding ≥ 0", stride, pad, dil))
	}
	s.OutH = (inH+2*pad-dil*(kh-1)-1)/stride + 1
	s.OutW = (inW+2*pad-dil*(kw-1)-1)/stride + 1
	if inH+2*pad < dil*(kh-1)+1 || inW+2*pad < dil*(kw-1)+1 {
		panic(fmt.Sprintf("kernels.NewConvShape: %d×%d input with padding %d is smaller than the %d×%d kernel (dilation %d)", inH, inW, pad, kh, kw, dil))
	}
	return s
}

// XLen, YLen and WLen are the numbers of values of input, output and weights.
func (s ConvShape) XLen() int { return s.N * s.InC * s.InH * s.InW }

// YLen is the number of output values.
func (s ConvShape) YLen() int { return s.N * s.OutC * s.OutH * s.OutW }

// WLen is the number of weights.
func (s ConvShape) WLen() int { return s.OutC * s.InC * s.KH * s.KW }

// FLOPs counts multiplications and additions of one direct pass.
func (s ConvShape) FLOPs() int64 {
	return 2 * int64(s.YLen()) * int64(s.InC*s.KH*s.KW)
}

// String prints the shape as test and benchmark names use it.
func (s ConvShape) String() string {
	str := fmt.Sprintf("%dx%d,s%d,p%d,%d→%d@%dx%d,N%d", s.KH, s.KW, s.Stride, s.Pad, s.InC, s.OutC, s.InH, s.InW, s.N)
	if s.Dil > 1 {
		str += fmt.Sprintf(",d%d", s.Dil)
	}
	return str
}

// PoolShape describes pooling of planes [InH,InW] to [OutH,OutW]; the caller
// chooses OutH and OutW (floor or ceil mode). Every window must cover at least
// one input value.
type PoolShape struct {
	Planes         int
	InH, InW       int
	OutH, OutW     int
	Kernel, Stride int
	Pad            int
}

// NormShape describes normalisation of x [N,C,HW] over N and HW.
type NormShape struct {
	N, C, HW int
	Eps      float32
	Slope    float32 // of the activation that follows: 1 none, 0 ReLU, else LeakyReLU
}

// SSIMShape describes the comparison of planes [H,W] within a window, the product
// of taps along both axes.
type SSIMShape struct {
	Planes, H, W int
	Taps         []float32 // an odd number
	C1, C2       float32   // stabilisers, above 0
}

// UnitShape describes vectors of C channels at the places of x [N,C,HW], to be
// scaled to length 1.
type UnitShape struct {
	N, C, HW int
	Eps      float32 // added to the length
}

// MemoryShape describes R latents of Z values that read a memory of M slots.
type MemoryShape struct {
	R, M, Z, K int     // K slots are mixed, 1 to M
	Eps        float32 // added to the squared distance
	Tau        float32 // distance by which weights fall to 1/e
}
