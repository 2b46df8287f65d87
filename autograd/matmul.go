package autograd

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// MatMulParams say which operands of [Tape.MatMul] are transposed.
type MatMulParams struct {
	TransA bool // a is [K,M]
	TransB bool // b is [N,K]
}

// MatMul returns the matrix product y [M,N] of a [M,K] and b [K,N].
func (t *Tape) MatMul(a, b *Tensor, p MatMulParams) *Tensor {
	s := p.shape(a, b)
	y := t.alloc("MatMul", s.M, s.N)
	t.backend.MatMul(y.store.buf, a.Buffer(), b.Buffer(), s)
	saved := []*Tensor{keepIf(b.requiresGrad, a), keepIf(a.requiresGrad, b)}
	return t.record("MatMul", y, []*Tensor{a, b}, saved, func(dy *Tensor, need []bool) []*Tensor {
		g := make([]*Tensor, 2)
		switch {
		case !need[0]:
		case p.TransA:
			g[0] = t.MatMul(b, dy, MatMulParams{TransA: p.TransB, TransB: true})
		default:
			g[0] = t.MatMul(dy, b, MatMulParams{TransB: !p.TransB})
		}
		switch {
		case !need[1]:
		case p.TransB:
			g[1] = t.MatMul(dy, a, MatMulParams{TransA: true, TransB: p.TransA})
		default:
			g[1] = t.MatMul(a, dy, MatMulParams{TransA: !p.TransA})
		}
		return g
	})
}

// shape checks the operands.
func (p MatMulParams) shape(a, b *Tensor) kernels.MatMulShape {
	if len(a.shape) != 2 || len(b.shape) != 2 {
		panic(fmt.Sprintf("autograd.MatMul: shapes %v and %v, want two matrices", a.shape, b.shape))
	}
	s := kernels.MatMulShape{M: a.shape[0], K: a.shape[1], N: b.shape[1], TransA: p.TransA, TransB: p.TransB}
	if p.TransA {
		s.M, s.K = s.K, s.M
	}
	k := b.shape[0]
	if p.TransB {
		s.N, k = k, s.N
	}
	if k != s.K {
		panic(fmt.Sprintf("autograd.MatMul: shapes %v and %v with %+v do not match", a.shape, b.shape, p))
	}
	return s
}
