package cpu

import (
	"math"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Reduce folds the marked axes of x. All folding is done in float64.
func (b *Backend) Reduce(op kernels.ReduceOp, y, x kernels.Buffer, sizes []int, reduced []bool) {
	shape.CheckReduce("cpu.Reduce", op)
	kept, folded, innerKept := shape.Reduce("cpu.Reduce", sizes, reduced)
	src := b.in("Reduce", x, shape.Product(sizes))
	dst := b.out("Reduce", y, shape.Volume(kept))
	if len(dst) == 0 {
		return
	}
	if innerKept {
		b.reduceColumns(op, dst, src, kept, folded)
	} else {
		b.reduceRows(op, dst, src, kept, folded)
	}
}

// start is the fold's neutral element.
func start(op kernels.ReduceOp) float64 {
	if op == kernels.Largest {
		return math.Inf(-1)
	}
	return 0
}

// combine folds two partial results.
func combine(op kernels.ReduceOp, u, v float64) float64 {
	if op == kernels.Largest {
		return max(u, v)
	}
	return u + v
}

// reduceRows folds where the innermost axis is folded: every output is made of
// contiguous runs.
func (b *Backend) reduceRows(op kernels.ReduceOp, dst, src []float32, kept, folded []shape.Axis) {
	runs, length := 1, 1
	if k := len(folded) - 1; k >= 0 {
		length = folded[k].Size
		folded = folded[:k]
		runs = shape.Volume(folded)
	}
	f := b.table.vector.fold[op]
	totals := b.foldRuns(op, len(dst), runs, length, func(acc *[2]float64, output, run, lo, hi int) {
		base := shape.Offset(kept, output) + shape.Offset(folded, run)
		f(acc, src[base+lo:base+hi])
	})
	b.serial(func() {
		for i := range dst {
			dst[i] = float32(totals[i][0])
		}
	})
}

// foldRuns folds, for each output, runs of length values: piece folds part
// [lo, hi) of one run into acc. Long folds are cut into segments whose partial
// results are combined in order.
func (b *Backend) foldRuns(op kernels.ReduceOp, outputs, runs, length int, piece func(acc *[2]float64, output, run, lo, hi int)) [][2]float64 {
	step := min(length, grain)         // of a piece
	cuts := (length + step - 1) / step // pieces of a run
	perSegment := max(grain/step, 1)   // pieces of a segment
	pieces := runs * cuts              // pieces of an output
	perSegment = min(perSegment, pieces)
	segments := (pieces + perSegment - 1) / perSegment
	group := max(grain/(step*perSegment), 1) // segments of a chunk
	partial := make([][2]float64, outputs*segments)
	b.pool.run((len(partial)+group-1)/group, func(chunk int) {
		for unit := chunk * group; unit < min((chunk+1)*group, len(partial)); unit++ {
			output, first := unit/segments, unit%segments*perSegment
			acc := &partial[unit]
			*acc = [2]float64{start(op), start(op)}
			for p := first; p < min(first+perSegment, pieces); p++ {
				lo := p % cuts * step
				piece(acc, output, p/cuts, lo, min(lo+step, length))
			}
		}
	})
	b.serial(func() {
		for o := range outputs {
			total := partial[o*segments]
			for _, part := range partial[o*segments+1 : (o+1)*segments] {
				total[0], total[1] = combine(op, total[0], part[0]), combine(op, total[1], part[1])
			}
			partial[o] = total
		}
	})
	return partial[:outputs]
}

// columnRun is how many neighbouring outputs reduceColumns folds together: their
// float64 partial results stay in the first-level cache.
const columnRun = 1024

// columns is a reduction whose innermost axis is kept, cut into units: block
// (position on the outer kept axes), run of neighbouring outputs and segment of
// the folded rows.
type columns struct {
	op             kernels.ReduceOp
	fold           func(acc []float64, x []float32)
	kept, folded   []shape.Axis // but the inner axis
	inner, width   int          // sizes of the inner axis and of a run
	cuts, segments int          // runs of the inner axis, segments of the rows
	rows, perUnit  int          // rows in all and of a segment
	src            []float32
}

// reduceColumns folds where the innermost axis is kept: contiguous rows are
// folded into rows of partial results.
func (b *Backend) reduceColumns(op kernels.ReduceOp, dst, src []float32, kept, folded []shape.Axis) {
	last, rows := len(kept)-1, shape.Volume(folded)
	c := columns{op: op, fold: b.table.vector.foldColumns[op], kept: kept[:last], folded: folded, inner: kept[last].Size, rows: rows, src: src}
	c.width = min(c.inner, columnRun)
	c.cuts = (c.inner + c.width - 1) / c.width
	// All segments' partial results are held at once, so their number is bounded.
	c.segments = min((rows*c.width+grain-1)/grain, 64)
	c.perUnit = (rows + c.segments - 1) / c.segments
	c.segments = (rows + c.perUnit - 1) / c.perUnit
	units := len(dst) / c.inner * c.cuts * c.segments
	group := max(grain/(c.perUnit*c.width), 1)
	var partial []float64
	if c.segments > 1 {
		partial = make([]float64, len(dst)*c.segments)
	}
	b.pool.run((units+group-1)/group, func(chunk int) {
		sums, room := borrow[float64](b, c.width)
		defer room.release()
		for unit := chunk * group; unit < min((chunk+1)*group, units); unit++ {
			block, lo, hi, segment := c.place(unit)
			if c.segments > 1 {
				at := (block*c.segments + segment) * c.inner
				c.foldUnit(partial[at+lo:at+hi], block, lo, segment)
				continue
			}
			c.foldUnit(sums[:hi-lo], block, lo, 0)
			narrow(dst[block*c.inner+lo:block*c.inner+hi], sums)
		}
	})
	if c.segments > 1 {
		b.spreadRows(len(dst)/c.inner, c.inner, func(block, lo, hi int) {
			c.combine(dst[block*c.inner+lo:block*c.inner+hi], partial[block*c.segments*c.inner+lo:])
		})
	}
}

// place finds a unit's block, run of outputs and segment.
func (c *columns) place(unit int) (block, lo, hi, segment int) {
	segment, unit = unit%c.segments, unit/c.segments
	lo = unit % c.cuts * c.width
	return unit / c.cuts, lo, min(lo+c.width, c.inner), segment
}

// foldUnit folds a segment's rows, from column lo on, into acc.
func (c *columns) foldUnit(acc []float64, block, lo, segment int) {
	for i := range acc {
		acc[i] = start(c.op)
	}
	base := shape.Offset(c.kept, block) + lo
	for row := segment * c.perUnit; row < min((segment+1)*c.perUnit, c.rows); row++ {
		at := base + shape.Offset(c.folded, row)
		c.fold(acc, c.src[at:at+len(acc)])
	}
}

// combine folds the segments' partial results, in order, into the first's place
// and dst.
func (c *columns) combine(dst []float32, partial []float64) {
	total := partial[:len(dst)]
	for s := 1; s < c.segments; s++ {
		part := partial[s*c.inner : s*c.inner+len(dst)]
		for i, v := range part {
			total[i] = combine(c.op, total[i], v)
		}
	}
	narrow(dst, total)
}

// narrow rounds to float32.
func narrow(dst []float32, src []float64) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] = float32(v)
	}
}
