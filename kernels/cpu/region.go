package cpu

import "slices"

// region is a run of memory that blocks are cut from, at the lowest place where
// they fit: what is rarely needed stays at the end, untouched. Neighbouring free
// runs are one.
type region struct {
	arena *arena
	data  []float32
	free  []run // by offset
	lent  block // of another arena, which data is; none: data is the region's own
}

// run is part of a region, in values.
type run struct{ offset, length int }

// take cuts off a run of n values; ok is false where there is none.
func (r *region) take(n int) (offset int, ok bool) {
	for i := range r.free {
		f := &r.free[i]
		if f.length < n {
			continue
		}
		offset = f.offset
		f.offset += n
		f.length -= n
		if f.length == 0 {
			r.free = slices.Delete(r.free, i, i+1)
		}
		return offset, true
	}
	return 0, false
}

// give puts a run back.
func (r *region) give(offset, n int) {
	i, _ := slices.BinarySearchFunc(r.free, offset, func(f run, offset int) int { return f.offset - offset })
	before := i > 0 && r.free[i-1].offset+r.free[i-1].length == offset
	after := i < len(r.free) && offset+n == r.free[i].offset
	switch {
	case before && after:
		r.free[i-1].length += n + r.free[i].length
		r.free = slices.Delete(r.free, i, i+1)
	case before:
		r.free[i-1].length += n
	case after:
		r.free[i].offset = offset
		r.free[i].length += n
	default:
		r.free = slices.Insert(r.free, i, run{offset, n})
	}
}

// block is memory cut from a region; the zero value is none.
type block struct {
	region         *region
	offset, length int
}

func (b block) values() []float32 {
	return b.region.data[b.offset : b.offset+b.length : b.offset+b.length]
}

// release puts the block back into its arena.
func (b block) release() { b.region.arena.give(b) }

func (b block) bytes() int64 { return 4 * int64(b.length) }
