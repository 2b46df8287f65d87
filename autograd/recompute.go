package autograd

import "github.com/org/trustmae/kernels"

// recipe is how to compute the values of a storage again, bit for bit: cheaper
// than keeping them where they are as large as what they come from and one pass
// away, such as a norm's output. The values go when the last handle does, though
// recorded operations saved them, and come back when the first of these asks.
type recipe struct {
	sources []*storage // what compute reads, kept as long as the values may be asked for
	compute func(y kernels.Buffer)
}

// recomputable lets go of the values of y between their last use in the forward
// pass and their first in the backward pass. compute writes them from sources,
// which nobody may overwrite meanwhile; of sources, nil ones do not count.
func (t *Tape) recomputable(y *Tensor, sources []*Tensor, compute func(y kernels.Buffer)) {
	if y.node == nil {
		return // nobody will save it
	}
	r := &recipe{compute: compute}
	for _, x := range sources {
		if x != nil {
			x.store.retain()
			r.sources = append(r.sources, x.store)
		}
	}
	y.store.recipe = r
}

// shelve gives the memory back if only recorded operations still need the values
// and they can be computed again.
func (s *storage) shelve() {
	if s.recipe != nil && s.buf != nil && s.refs > 0 && s.refs == s.saves {
		s.backend.Free(s.buf)
		s.buf, s.shelved = nil, true
	}
}

// unshelve brings the values back.
func (s *storage) unshelve() {
	s.shelved = false
	s.buf = s.backend.Alloc(s.length)
	s.recipe.compute(s.buf)
}
