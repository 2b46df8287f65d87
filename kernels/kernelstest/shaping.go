package kernelstest

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

func permuteCases(s *source) []call {
	var list []call
	for _, c := range []permutation{
		{[]int{}, []int{}}, {[]int{5}, []int{0}}, {[]int{1, 1, 1}, []int{2, 0, 1}},
		{[]int{3, 4}, []int{1, 0}}, {[]int{16, 16}, []int{1, 0}}, {[]int{33, 70}, []int{1, 0}}, {[]int{300, 513}, []int{1, 0}},
		{[]int{2, 3, 4}, []int{0, 2, 1}}, {[]int{2, 3, 4}, []int{2, 1, 0}}, {[]int{2, 3, 4}, []int{1, 0, 2}}, {[]int{2, 3, 4}, []int{0, 1, 2}},
		{[]int{2, 17, 9, 8}, []int{0, 2, 3, 1}}, {[]int{2, 9, 8, 17}, []int{0, 3, 1, 2}}, {[]int{2, 3, 1, 5, 4}, []int{3, 1, 4, 0, 2}},
		{[]int{4, 2, 5, 2, 5}, []int{0, 1, 3, 2, 4}}, {[]int{3, 20000, 2}, []int{2, 0, 1}}, {[]int{6, 1, 7}, []int{2, 0, 1}},
	} {
		list = append(list, permuteCase(s, c))
	}
	return list
}

// permutation is Permute's shape.
type permutation struct{ shape, perm []int }

func permuteCase(s *source, c permutation) call {
	n := product(c.shape)
	x := s.wild(n)
	want := make([]float64, n)
	sizes := make([]int, len(c.perm))
	for i, p := range c.perm {
		sizes[i] = c.shape[p]
	}
	for i := range want {
		index, rest := make([]int, len(c.shape)), i
		for a := len(sizes) - 1; a >= 0; a-- {
			index[c.perm[a]] = rest % sizes[a]
			rest /= sizes[a]
		}
		at := 0
		for a, k := range index {
			at = at*c.shape[a] + k
		}
		want[i] = float64(x[at])
	}
	return call{
		name: fmt.Sprintf("%v,%v", c.shape, c.perm), operands: []operand{out(want), in(x)},
		run: func(b kernels.Backend, x []kernels.Buffer) { b.Permute(x[0], x[1], c.shape, c.perm) },
	}
}

// sparse is a linear map by its output, input and weight triples.
type sparse []struct {
	y, x   int
	weight float64
}

// apply computes the map or, with its ends exchanged, its adjoint.
func (m sparse) apply(x []float32, n int, adjoint bool) (want, scale []float64) {
	want, scale = make([]float64, n), make([]float64, n)
	for _, e := range m {
		to, from := e.y, e.x
		if adjoint {
			to, from = from, to
		}
		term := e.weight * float64(x[from])
		want[to] += term
		scale[to] += math.Abs(float64(x[from])) // weights are rounded relative to 1
	}
	return want, scale
}

// mirrorIndex is the reflected index.
func mirrorIndex(i, n int) int {
	if i < 0 {
		return -i
	}
	if i >= n {
		return 2*(n-1) - i
	}
	return i
}

func padCases(s *source) []call {
	var list []call
	for _, c := range []padding{
		{1, 1, 1, 0}, {2, 3, 4, 0}, {2, 3, 4, 2}, {3, 8, 9, 3}, {2, 4, 33, 3}, {2, 260, 300, 3}, {5, 2, 2, 1}, {1, 7, 5, 4},
	} {
		list = append(list, padPair(s, c)...)
	}
	return list
}

// padding is PadReflect's shape.
type padding struct{ planes, h, w, pad int }

// padPair is PadReflect and its adjoint.
func padPair(s *source, c padding) []call {
	oh, ow := c.h+2*c.pad, c.w+2*c.pad
	var m sparse
	for i := range c.planes * oh * ow {
		p, h, w := i/(oh*ow), i/ow%oh, i%ow
		at := (p*c.h+mirrorIndex(h-c.pad, c.h))*c.w + mirrorIndex(w-c.pad, c.w)
		m = append(m, struct {
			y, x   int
			weight float64
		}{i, at, 1})
	}
	x, dy := s.wild(c.planes*c.h*c.w), s.normal(c.planes*oh*ow)
	want, _ := m.apply(x, len(dy), false)
	back, scale := m.apply(dy, len(x), true)
	return []call{{
		name: fmt.Sprintf("PadReflect/%+v", c), operands: []operand{out(want), in(x)},
		run: func(b kernels.Backend, x []kernels.Buffer) { b.PadReflect(x[0], x[1], c.planes, c.h, c.w, c.pad) },
	}, {
		name: fmt.Sprintf("PadReflectBackward/%+v", c), operands: []operand{outScaled(back, scale), in(dy)}, tol: 4 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			b.PadReflectBackward(x[0], x[1], c.planes, c.h, c.w, c.pad)
		},
	}}
}

// bilinear lists the two inputs and weights of an output.
func bilinear(o, in, out int) (at [2]int, weight [2]float64) {
	pos := max((float64(o)+0.5)*float64(in)/float64(out)-0.5, 0)
	low := min(int(pos), in-1)
	far := pos - float64(low)
	return [2]int{low, min(low+1, in-1)}, [2]float64{1 - far, far}
}

func resizeCases(s *source) []call {
	var list []call
	for _, c := range []resizing{
		{1, 1, 1, 1, 1}, {1, 1, 1, 3, 5}, {2, 3, 4, 6, 8}, {2, 8, 8, 64, 64}, {2, 9, 7, 4, 5}, {1, 16, 20, 33, 47}, {3, 64, 64, 16, 16}, {2, 5, 300, 7, 2}, {1, 6, 6, 6, 6}, {2, 100, 90, 400, 360},
	} {
		list = append(list, resizePair(s, c)...)
	}
	return list
}

// resizing is ResizeBilinear's shape.
type resizing struct{ planes, h, w, oh, ow int }

// resizePair is ResizeBilinear and its adjoint.
func resizePair(s *source, c resizing) []call {
	var m sparse
	for i := range c.planes * c.oh * c.ow {
		p, h, w := i/(c.oh*c.ow), i/c.ow%c.oh, i%c.ow
		rows, rw := bilinear(h, c.h, c.oh)
		cols, cw := bilinear(w, c.w, c.ow)
		for a := range 2 {
			for k := range 2 {
				m = append(m, struct {
					y, x   int
					weight float64
				}{i, (p*c.h+rows[a])*c.w + cols[k], rw[a] * cw[k]})
			}
		}
	}
	x, dy := s.normal(c.planes*c.h*c.w), s.normal(c.planes*c.oh*c.ow)
	want, scale := m.apply(x, len(dy), false)
	back, backScale := m.apply(dy, len(x), true)
	return []call{{
		name: fmt.Sprintf("ResizeBilinear/%+v", c), operands: []operand{outScaled(want, scale), in(x)}, tol: 4 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			b.ResizeBilinear(x[0], x[1], c.planes, c.h, c.w, c.oh, c.ow)
		},
	}, {
		name: fmt.Sprintf("ResizeBilinearBackward/%+v", c), operands: []operand{outScaled(back, backScale), in(dy)}, tol: 4 * ulp,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			b.ResizeBilinearBackward(x[0], x[1], c.planes, c.h, c.w, c.oh, c.ow)
		},
	}}
}
