package cpu

// grain is how many values a chunk of a memory-bound operation covers: 10 to
// 60 µs of work, long against the pool's overhead and short enough to share
// out evenly. It is part of the order of summation, so it must not depend on
// the number of threads.
const grain = 1 << 16

// spread calls body for pieces [lo, hi) of [0, n), of about grain/cost values
// each, in parallel. cost is how many memory passes or operations a value takes
// relative to a plain copy.
func (b *Backend) spread(n, cost int, body func(lo, hi int)) {
	step := max(grain/cost, alignment)
	b.pool.run((n+step-1)/step, func(chunk int) {
		lo := chunk * step
		body(lo, min(lo+step, n))
	})
}

// serial calls body. What operations do to values outside a parallel part has to be in
// one, so that a stream can record it.
func (b *Backend) serial(body func()) { b.pool.run(1, func(int) { body() }) }

// spreadRows calls body for pieces [lo, hi) of every one of the given rows of
// cols values in parallel: short rows are grouped into chunks, long ones cut.
func (b *Backend) spreadRows(rows, cols int, body func(row, lo, hi int)) {
	if cols == 0 {
		return
	}
	if cols >= grain {
		pieces := (cols + grain - 1) / grain
		b.pool.run(rows*pieces, func(chunk int) {
			lo := chunk % pieces * grain
			body(chunk/pieces, lo, min(lo+grain, cols))
		})
		return
	}
	group := grain / cols
	b.pool.run((rows+group-1)/group, func(chunk int) {
		for row := chunk * group; row < min((chunk+1)*group, rows); row++ {
			body(row, 0, cols)
		}
	})
}
