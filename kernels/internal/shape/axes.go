// Package shape holds what backends work out from shapes before they compute:
// walks over strided axes, and the checks of arguments, whose panics name the
// operation (as in "cpu.Permute"), what it got and what it wants.
package shape

import "fmt"

// Axis is one dimension of a strided walk.
type Axis struct{ Size, Stride int }

// Offset is where the index-th element of a row-major walk over axes lies.
func Offset(axes []Axis, index int) int {
	offset := 0
	for i := len(axes) - 1; i > 0; i-- {
		offset += index % axes[i].Size * axes[i].Stride
		index /= axes[i].Size
	}
	if len(axes) > 0 {
		offset += index * axes[0].Stride
	}
	return offset
}

// Product multiplies sizes.
func Product(sizes []int) int {
	n := 1
	for _, s := range sizes {
		n *= s
	}
	return n
}

// Volume multiplies the sizes of axes.
func Volume(axes []Axis) int {
	n := 1
	for _, a := range axes {
		n *= a.Size
	}
	return n
}

// Merge drops axes of size 1 and joins neighbours that both operands of a
// binary operation walk without a gap, so that the inner axis is as long as
// possible. At least one axis stays.
func Merge(shape, pStride, qStride []int) (p, q []Axis) {
	for i, size := range shape {
		if size == 1 {
			continue
		}
		if k := len(p) - 1; k >= 0 && p[k].Stride == size*pStride[i] && q[k].Stride == size*qStride[i] {
			p[k] = Axis{p[k].Size * size, pStride[i]}
			q[k] = Axis{q[k].Size * size, qStride[i]}
			continue
		}
		p, q = append(p, Axis{size, pStride[i]}), append(q, Axis{size, qStride[i]})
	}
	if len(p) == 0 {
		p, q = []Axis{{1, 1}}, []Axis{{1, 1}}
	}
	return p, q
}

// Reduce splits the axes of a reduction into kept and folded ones, joining
// neighbours of a kind, and tells whether the innermost is kept.
func Reduce(op string, shape []int, reduced []bool) (kept, folded []Axis, innerKept bool) {
	if len(reduced) != len(shape) {
		panic(fmt.Sprintf("%s: %d marks, want one for each axis of shape %v", op, len(reduced), shape))
	}
	stride := Product(shape)
	previous := -1 // kind of the axis before: 0 kept, 1 folded
	for i, size := range shape {
		if size == 1 {
			continue
		}
		stride /= max(size, 1)
		list, kind := &kept, 0
		if reduced[i] {
			list, kind = &folded, 1
		}
		if k := len(*list) - 1; kind == previous {
			(*list)[k] = Axis{(*list)[k].Size * size, stride}
		} else {
			*list = append(*list, Axis{size, stride})
		}
		previous = kind
	}
	return kept, folded, previous == 0
}

// Permuted is one axis of a permutation, with its strides in input and output.
type Permuted struct{ Size, From, To int }

// Permute lists the axes in the output's order without those of size 1,
// neighbours that stay neighbours joined. At least one axis stays.
func Permute(op string, shape, perm []int) []Permuted {
	if len(perm) != len(shape) {
		panic(fmt.Sprintf("%s: order %v, want one entry for each axis of shape %v", op, perm, shape))
	}
	strides, seen := make([]int, len(shape)), make([]bool, len(shape))
	for i, stride := len(shape)-1, 1; i >= 0; i-- {
		strides[i] = stride
		stride *= shape[i]
	}
	var axes []Permuted
	for _, p := range perm {
		if p < 0 || p >= len(shape) || seen[p] {
			panic(fmt.Sprintf("%s: order %v, want every axis of shape %v once", op, perm, shape))
		}
		seen[p] = true
		if shape[p] == 1 {
			continue
		}
		if k := len(axes) - 1; k >= 0 && axes[k].From == strides[p]*shape[p] {
			axes[k] = Permuted{Size: axes[k].Size * shape[p], From: strides[p]}
		} else {
			axes = append(axes, Permuted{Size: shape[p], From: strides[p]})
		}
	}
	if len(axes) == 0 {
		axes = []Permuted{{Size: 1, From: 1}}
	}
	for i, stride := len(axes)-1, 1; i >= 0; i-- {
		axes[i].To = stride
		stride *= axes[i].Size
	}
	return axes
}
