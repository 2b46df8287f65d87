package kernelstest

import (
	"slices"

	"github.com/org/trustmae/kernels"
)

// mostProducts bounds what a random call multiplies, for the references' sake.
const mostProducts = 6 << 20

// longest is a little more than a chunk of elementwise work.
const longest = 70000

// length is a run's: mostly short, where vectors end.
func (d *Decoder) length() int { return d.Size(choose(d, 100, 100, 100, longest-1)) }

func randomStorage(d *Decoder) []call {
	cols := d.length()
	rows := d.Size(min(20, 1+2*longest/cols))
	return []call{
		fillCase(cols, -3),
		copyCase(d.source, copying{rows: rows, cols: cols, yStride: cols + d.Below(20), xStride: d.Below(cols + 20)}),
	}
}

func randomUnary(d *Decoder) []call {
	op := kernels.UnaryOp(d.Below(int(kernels.UnaryOps)))
	return []call{unaryCase(d.source, op, d.length(), choose[float32](d, 0.2, 0, -1.5))}
}

func randomUpdate(d *Decoder) []call {
	n := d.length()
	sizes := []int{n}
	for range d.Below(4) {
		sizes = append(sizes, d.Size(300))
	}
	return []call{
		addScaledCase(d.source, n), blendCase(d.source, sizes, choose[float32](d, 0.9, 0)),
		adamCase(d.source, sizes, choose(d, adamSteps...)), adamInGradient(d.source, n),
	}
}

func randomBinary(d *Decoder) []call {
	op := kernels.BinaryOp(d.Below(int(kernels.BinaryOps)))
	shape := d.shape(5, 300, 20000)
	return []call{binaryCase(d.source, op, broadcast{shape, d.strides(shape), d.strides(shape)}, choose[float32](d, 0.2, 0))}
}

// strides returns contiguous ones, repeats or gaps along any axis.
func (d *Decoder) strides(shape []int) []int {
	strides := make([]int, len(shape))
	next := 1
	for i := len(shape) - 1; i >= 0; i-- {
		switch d.Below(4) {
		case 0: // repeat
		case 1:
			next += d.Below(3)
			fallthrough
		default:
			strides[i] = next
			next *= shape[i]
		}
	}
	return strides
}

func randomMatMul(d *Decoder) []call {
	s := kernels.MatMulShape{
		M: d.Size(200), N: d.Size(choose(d, 200, 1100)), K: d.Size(choose(d, 100, 700)),
		TransA: d.flag(), TransB: d.flag(), Accumulate: d.flag(),
	}
	if s.M*s.N*s.K > mostProducts {
		return nil
	}
	return []call{matMulCase(d.source, s, d.extreme())}
}

func randomConv(d *Decoder) []call {
	deep := d.Below(4) // channels enough for transformed weights
	channels := func() int {
		if deep == 1 {
			return 64 + d.Below(40)
		}
		return d.Size(40)
	}
	n, inC, outC := d.Size(3), channels(), channels()
	h, w := d.Size(24), d.Size(choose(d, 24, 24, 24, 120))
	kh := choose(d, 3, 1, 2, 4, 5, 7, 11)
	kw := choose(d, kh, 1, 3)
	stride, pad, dil := choose(d, 1, 2, 3, 4), d.Below(6), choose(d, 1, 1, 2, 3)
	if h+2*pad <= dil*(kh-1) || w+2*pad <= dil*(kw-1) {
		return nil
	}
	s := kernels.NewConvShape(n, inC, h, w, outC, kh, kw, stride, pad, dil)
	if s.FLOPs()/2 > mostProducts {
		return nil
	}
	e, extreme := convEnd{d.flag(), choose[float32](d, 1, 0, 0.2)}, d.extreme()
	return []call{
		convForward(d.source, s, e, extreme), convTranspose(d.source, s, e, extreme),
		convData(d.source, s, extreme), convWeights(d.source, s, extreme),
	}
}

func randomPool(d *Decoder) []call {
	s := kernels.PoolShape{Planes: d.Size(5), Kernel: choose(d, 2, 3, 1, 4, 5), Stride: choose(d, 2, 1, 3, 4)}
	s.Pad = d.Below(s.Kernel)
	s.InH, s.InW = d.Size(40), d.Size(150)
	// As many outputs as windows that start inside.
	s.OutH, s.OutW = d.Size(ceilDiv(s.InH+s.Pad, s.Stride)), d.Size(ceilDiv(s.InW+s.Pad, s.Stride))
	n := s.Planes * s.InH * s.InW
	x := choose(d, d.normal, d.coarse)(n)
	list := []call{poolForward(s, x, 0), poolBackward(d.source, s, x, 0)}
	return append(list, poolForward(s, d.with(d.wild(n), nan32), 1)) // where a NaN's gradient goes is left open
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func randomFilter(d *Decoder) []call {
	taps := d.normal(2*d.Below(8) + 1)
	return []call{filterCase(d.source, d.Size(4), d.Size(40), d.Size(150), taps, d.extreme())}
}

func randomSSIM(d *Decoder) []call {
	s := kernels.SSIMShape{Planes: d.Size(3), H: d.Size(40), W: d.Size(90), Taps: window(d.source, 2*d.Below(8)+1), C1: 0.05, C2: 0.2}
	return []call{ssimCase(d.source, s, d.extreme()), ssimGradCase(d.source, s, choose(d, "both", "a", "b"))}
}

func randomPermute(d *Decoder) []call {
	shape := d.shape(5, 200, 20000)
	perm := make([]int, len(shape))
	for i := range perm {
		perm[i] = i
	}
	for i := range perm {
		k := i + d.Below(len(perm)-i)
		perm[i], perm[k] = perm[k], perm[i]
	}
	return []call{permuteCase(d.source, permutation{shape, perm})}
}

func randomPad(d *Decoder) []call {
	h, w := d.Size(40), d.Size(150)
	return padPair(d.source, padding{planes: d.Size(4), h: h, w: w, pad: d.Below(min(h, w))})
}

func randomResize(d *Decoder) []call {
	return resizePair(d.source, resizing{planes: d.Size(3), h: d.Size(40), w: d.Size(120), oh: d.Size(40), ow: d.Size(120)})
}

func randomReduce(d *Decoder) []call {
	op := kernels.ReduceOp(d.Below(int(kernels.ReduceOps)))
	shape := d.shape(5, 3000, 200000)
	reduced := make([]bool, len(shape))
	for i := range reduced {
		reduced[i] = d.flag()
	}
	return []call{reduceCase(op, shape, reduced, d.hit(product(shape), d.extreme()), "random")}
}

func randomNorm(d *Decoder) []call {
	s := kernels.NormShape{N: d.Size(4), C: d.Size(40), HW: d.Size(choose(d, 70, 1500)), Eps: choose[float32](d, 1e-5, 1e-3), Slope: choose[float32](d, 1, 0, 0.2)}
	affine, n := d.flag(), s.N*s.C*s.HW
	return []call{
		normCase(d.source, s, affine, shifted(d.normal(n), choose[float32](d, 0, 1000)), "random"), normCase(d.source, s, affine, d.hit(n, d.extreme()), "extreme"),
		applyCase(d.source, s, affine), gradCase(d.source, s, affine),
	}
}

func randomUnit(d *Decoder) []call {
	s := kernels.UnitShape{N: d.Size(3), C: d.Size(choose(d, 20, 200)), HW: d.Size(choose(d, 40, 300)), Eps: 1e-10}
	n := s.N * s.C * s.HW
	return []call{unitCase(d.source, s, "random", d.hit(n, d.extreme()), d.hit(n, d.extreme()))}
}

func randomRows(d *Decoder) []call {
	rows, cols := d.Size(40), d.Size(choose(d, 70, 1500))
	n := rows * cols
	x := d.hit(n, d.extreme())
	var mask []float32
	if d.flag() {
		mask = d.coarse(n)
	}
	return []call{
		softmaxCase(rows, cols, x, mask),
		smallestCase(rows, cols, d.Below(cols+1), choose(d, d.normal, d.coarse, d.wild)(n), "random"),
	}
}

func randomMemory(d *Decoder) []call {
	s := kernels.MemoryShape{R: d.Size(70), M: d.Size(70), Z: d.Size(150), Eps: 1e-6, Tau: choose[float32](d, 0.7, 3)}
	s.K = d.Size(s.M)
	// Distances between coarse values are exact but for the root, so that which
	// slots are nearest does not depend on rounding.
	z, m := d.coarse(s.R*s.Z), d.coarse(s.M*s.Z)
	if d.flag() {
		copy(m, slices.Repeat(m[:s.Z], 2)[:min(2*s.Z, len(m))]) // equal slots
	}
	wanted := choose(d, "both", "first", "second")
	if d.flag() {
		d.with(z, d.extreme())
	}
	return []call{memoryCase(s, z, m, "random"), mixtureGradCase(d.source, s, wanted), distanceGradCase(d.source, s, wanted)}
}
