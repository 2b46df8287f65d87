package cpu

import "unsafe"

// scratch is memory borrowed from the arena, contents undefined.
type scratch struct {
	data  []float32
	arena *arena
	class int   // 0: cut from a region
	block block // of the region
}

// largeScratch is the least number of values (1 MiB) that scratch takes from the
// regions instead of keeping for itself.
const largeScratch = 1 << 18

// scratch borrows n values; the caller releases them. What an operation borrows while
// it is recorded, outside what it has run, is the recording's.
func (b *Backend) scratch(n int) scratch {
	a := b.memory()
	if n >= largeScratch || a != &b.arena {
		block := a.take(aligned(max(n, 1)))
		return scratch{data: block.values()[:n], block: block}
	}
	class := sizeClass(max(n, 1))
	return scratch{data: a.takeScratch(class)[:n], arena: a, class: class}
}

func (s scratch) release() {
	if s.class == 0 {
		s.block.release()
		return
	}
	s.arena.giveScratch(s.class, s.data[:s.class])
}

// borrow is scratch for n values of another type, a multiple of 4 bytes in size.
func borrow[T uint32 | float64 | [2]float64 | tileRow](b *Backend, n int) (values []T, room scratch) {
	var one T
	room = b.scratch(max(n, 1) * int(unsafe.Sizeof(one)) / 4)
	return unsafe.Slice((*T)(unsafe.Pointer(&room.data[0])), n), room
}
