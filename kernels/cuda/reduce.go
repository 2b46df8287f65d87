package cuda

import (
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Sizes of a reduction's segments. They are part of the order of summation, so
// they depend on shapes only.
const (
	segmentTerms = 1 << 14 // of a block: 64 for each of its threads
	threadTerms  = 64      // of a thread
	enoughBlocks = 1 << 10 // more segments bring nothing
	fewTerms     = 128     // a thread's work even where its values are far from its neighbours'
)

// Reduce folds the marked axes of x.
func (b *Backend) Reduce(op kernels.ReduceOp, y, x kernels.Buffer, sizes []int, reduced []bool) {
	const name = "Reduce"
	shape.CheckReduce("cuda.Reduce", op)
	kept, folded, innerKept := shape.Reduce("cuda.Reduce", sizes, reduced)
	outputs, terms := shape.Volume(kept), shape.Volume(folded)
	src, dst := b.ptr(name, x, shape.Product(sizes)), b.ptr(name, y, outputs)
	k, f := newAxes("cuda.Reduce", kept), newAxes("cuda.Reduce", folded)
	byThreads := innerKept || terms <= fewTerms
	blocks, segment := cutReduction(outputs, terms, byThreads)
	segments := ceilDiv(terms, segment)
	partial, release := b.scratch(name, 2*outputs*segments, segments > 1)
	defer release()
	l := driver.Launch{X: blocks, Y: segments, Z: 1, Threads: threads}
	if byThreads {
		launch(b, name, "reduce_threads", l, struct {
			y, partial, x           driver.Ptr
			kept, folded            axes
			outputs, terms, segment uint32
			op                      int32
		}{dst, partial, src, k, f, uint32(outputs), uint32(terms), uint32(segment), int32(op)})
	} else {
		launch(b, name, "reduce_blocks", l, struct {
			y, partial, x  driver.Ptr
			kept, folded   axes
			terms, segment uint32
			op             int32
		}{dst, partial, src, k, f, uint32(terms), uint32(segment), int32(op)})
	}
	if segments > 1 {
		launch(b, name, "reduce_finish", b.flat(outputs), struct {
			y, partial        driver.Ptr
			outputs, segments uint32
			op                int32
		}{dst, partial, uint32(outputs), uint32(segments), int32(op)})
	}
}

// cutReduction returns how many blocks take all outputs side by side, and how many of
// an output's terms one of them folds.
func cutReduction(outputs, terms int, byThreads bool) (blocks, segment int) {
	if !byThreads {
		return outputs, max(segmentTerms, ceilDiv(terms, mostBlocks))
	}
	blocks = ceilDiv(outputs, threads)
	return blocks, max(threadTerms, ceilDiv(terms, max(enoughBlocks/blocks, 1)))
}

// scratch takes memory of n values that lasts until release: what is queued until
// then may use it. Where it is not needed, it is address 0.
func (b *Backend) scratch(op string, n int, needed bool) (p driver.Ptr, release func()) {
	if !needed {
		return 0, func() {}
	}
	p = b.take(op, n, passing)
	return p, func() { b.memory.give(p, valueBytes*int64(n)) }
}
