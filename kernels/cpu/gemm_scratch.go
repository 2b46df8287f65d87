package cpu

// scratch is memory borrowed from the arena, contents undefined.
type scratch struct {
	data    []float32
	backend *Backend
	class   int
}

// scratch borrows n values; the caller releases them.
func (b *Backend) scratch(n int) scratch {
	class := sizeClass(max(n, 1))
	return scratch{b.arena.take(class)[:n], b, class}
}

func (s scratch) release() { s.backend.arena.give(s.class, s.data[:s.class]) }
