package cpu

import (
	"math"
	"slices"
)

// lerp interpolates one output between inputs at and at+step.
type lerp struct {
	at, step int
	near     float32 // weight of at
	far      float32
}

// lerps lists the interpolation of every output along an axis,
// align_corners=false.
func lerps(in, out int) []lerp {
	list := make([]lerp, out)
	scale := float64(in) / float64(out)
	for i := range list {
		pos := max((float64(i)+0.5)*scale-0.5, 0)
		at := min(int(pos), in-1)
		far := float32(pos - float64(at))
		list[i] = lerp{at: at, near: 1 - far, far: far}
		if at < in-1 {
			list[i].step = 1
		}
	}
	return list
}

// lerpKernel interpolates along a row. The zero value has no assembly.
type lerpKernel struct {
	// row permutes registers: a vector of outputs finds its inputs among window
	// neighbouring ones. It may be missing: then lanes is 0.
	lanes, window int
	row           func(y, x []float32, b *lerpBlocks)
	// pairs loads the two inputs of every output, which are neighbours.
	pairs func(y, x []float32, b *lerpBlocks)
}

// lerpBlocks are the interpolations in the order in which assembly reads them: of
// vectors of outputs, the last one filled up with zeros, or of as many outputs as lie
// between two inputs.
type lerpBlocks struct {
	base        []int32   // first input of each vector's window; nil for pairs
	first       []int32   // input of every output, from its window's base; bytes for pairs
	second      []int32   // and the next input; nil for pairs
	nearWeights []float32 // weights of the two
	farWeights  []float32
}

// blocks arranges the interpolations for the kernel, or returns nil where it has no
// assembly.
func (k *lerpKernel) blocks(list []lerp, in int) *lerpBlocks {
	if b := k.windows(list, in); b != nil {
		return b
	}
	if k.pairs == nil || in > math.MaxInt32/4 {
		return nil
	}
	n := slices.IndexFunc(list, func(l lerp) bool { return l.step == 0 })
	if n < 0 {
		n = len(list) // none is at the last input
	}
	b := &lerpBlocks{first: make([]int32, n), nearWeights: make([]float32, n), farWeights: make([]float32, n)}
	for i, l := range list[:n] {
		b.first[i], b.nearWeights[i], b.farWeights[i] = int32(4*l.at), l.near, l.far
	}
	return b
}

// windows arranges vectors of outputs, or returns nil where the inputs of one do not
// fit into a window.
func (k *lerpKernel) windows(list []lerp, in int) *lerpBlocks {
	if k.lanes == 0 {
		return nil
	}
	n := (len(list) + k.lanes - 1) / k.lanes
	b := &lerpBlocks{
		base: make([]int32, n), first: make([]int32, n*k.lanes), second: make([]int32, n*k.lanes),
		nearWeights: make([]float32, n*k.lanes), farWeights: make([]float32, n*k.lanes),
	}
	for i, l := range list {
		block := i / k.lanes
		if i%k.lanes == 0 {
			b.base[block] = int32(min(l.at, max(in-k.window, 0)))
		}
		base := int(b.base[block])
		b.first[i], b.second[i] = int32(l.at-base), int32(l.at+l.step-base)
		if l.at+l.step-base >= k.window {
			return nil
		}
		b.nearWeights[i], b.farWeights[i] = l.near, l.far
	}
	return b
}

// along interpolates along a row, with the interpolations in the kernel's order or, where
// blocks is nil, as they are. scratch has room for a window.
func (k *lerpKernel) along(y, x []float32, list []lerp, blocks *lerpBlocks, scratch []float32) {
	switch {
	case blocks == nil:
		lerpRow(y, x, list)
	case blocks.base == nil:
		n := len(blocks.first)
		k.pairs(y[:n], x, blocks)
		lerpRow(y[n:], x, list[n:])
	case len(x) < k.window:
		copy(scratch[:k.window], x)
		k.row(y, scratch[:k.window], blocks)
	default:
		k.row(y, x, blocks)
	}
}

// lerpRow interpolates along a row.
func lerpRow(y, x []float32, across []lerp) {
	for i, l := range across {
		y[i] = l.near*x[l.at] + l.far*x[l.at+l.step]
	}
}
