package cpu

// scratch is memory borrowed from the arena, contents undefined.
type scratch struct {
	data    []float32
	backend *Backend
	class   int   // 0: cut from a region
	block   block // of the region
}

// largeScratch is the least number of values (1 MiB) that scratch takes from the
// regions instead of keeping for itself.
const largeScratch = 1 << 18

// scratch borrows n values; the caller releases them.
func (b *Backend) scratch(n int) scratch {
	if n >= largeScratch {
		block := b.arena.take(aligned(n))
		return scratch{data: block.values()[:n], backend: b, block: block}
	}
	class := sizeClass(max(n, 1))
	return scratch{data: b.arena.takeScratch(class)[:n], backend: b, class: class}
}

func (s scratch) release() {
	if s.class == 0 {
		s.backend.arena.give(s.block)
		return
	}
	s.backend.arena.giveScratch(s.class, s.data[:s.class])
}
