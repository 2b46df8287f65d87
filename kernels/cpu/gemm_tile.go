package cpu

// gemmKernels are the micro-kernels under matrix products and convolutions.
type gemmKernels struct {
	rows, cols int // of a tile

	// tile is a matrix product that gathers its left operand, of any number of
	// tiles, that is of len(rows), a multiple of rows: for every i < len(rows) and
	// j < cols,
	//
	//	c[rows[i].c+j] = start + Σ_k a[rows[i].a+steps[k]] · b[k·cols+j]
	//
	// where start is init[j], or the old value of c if init is empty. The sum
	// starts from zero, so that partial sums stay short. With the right tables
	// this one kernel is a matrix product (a row, a column), a convolution (a
	// pixel, a tap) of any stride and dilation, its backward pass with respect
	// to the data (pixels of one phase) and to the weights (a tap, a pixel).
	tile func(c, init, a, b []float32, rows []tileRow, steps []int32)

	// dense is tile for the steps 0, 1, ..., depth-1, a plain matrix product.
	dense func(c, init, a, b []float32, rows []tileRow, depth int)

	// strided is dense for rows that lie at one distance from each other, so that the
	// next tile's can be fetched to the first-level cache.
	strided func(c, init, a, b []float32, rows []tileRow, depth int)

	// transpose writes dst[j·dstStride+i] = src[i·srcStride+j] for i < rows and
	// j < cols ≤ 16, rows and cols at least 1. dst and src do not overlap.
	transpose func(dst []float32, dstStride int, src []float32, srcStride, rows, cols int)

	// panels copies rows of a matrix to panels of cols columns,
	//
	//	dst[p·dstStride+k·cols+j] = src[k·srcStride+p·cols+j]
	//
	// for k < rows, p < panels and j < cols, rows and panels at least 1. dst and src do
	// not overlap.
	panels func(dst []float32, dstStride int, src []float32, srcStride, rows, panels int)
}

// tileRow is where a row of a tile is read and written, in values.
type tileRow struct{ a, c int32 }

// genericGemm are the plain twins.
var genericGemm = gemmTwins(4, 16)

// gemmTwins are the kernels in plain Go for tiles of any size.
func gemmTwins(rows, cols int) gemmKernels {
	dense := func(c, init, a, b []float32, rows []tileRow, depth int) {
		for _, row := range rows {
			tileTwin(cols, c, init, a, b, row, depth, nil)
		}
	}
	return gemmKernels{
		rows: rows, cols: cols, transpose: transpose16, dense: dense, strided: dense,
		tile: func(c, init, a, b []float32, rows []tileRow, steps []int32) {
			for _, row := range rows {
				tileTwin(cols, c, init, a, b, row, len(steps), steps)
			}
		},
		panels: func(dst []float32, dstStride int, src []float32, srcStride, rows, panels int) {
			for k := range rows {
				for p := range panels {
					copy(dst[p*dstStride+k*cols:][:cols], src[k*srcStride+p*cols:])
				}
			}
		},
	}
}

// tileTwin computes one row of a tile; without steps it reads a from end to end.
func tileTwin(cols int, c, init, a, b []float32, row tileRow, depth int, steps []int32) {
	var sums [32]float32
	acc := sums[:cols]
	for k := range depth {
		at := int32(k)
		if steps != nil {
			at = steps[k]
		}
		v := a[row.a+at]
		for j, w := range b[k*cols : (k+1)*cols] {
			acc[j] += v * w
		}
	}
	dst := c[row.c : int(row.c)+cols]
	start := dst
	if len(init) > 0 {
		start = init[:cols]
	}
	for j, sum := range acc {
		dst[j] = sum + start[j]
	}
}

// longestCall bounds the work of a call of assembly, which the garbage collector
// has to wait for, in rows times steps: 20 to 80 µs.
const longestCall = 1 << 17

// atOnce is how many rows of the given number of steps a call takes, whole tiles.
func (k *gemmKernels) atOnce(steps int) int {
	return max(longestCall/(max(steps, 1)*k.rows), 1) * k.rows
}

// tiles is the tile kernel in calls of bounded length. It is a function of its own
// so that the garbage collector can stop the goroutine between them.
//
//go:noinline
func (k *gemmKernels) tiles(c, init, a, b []float32, rows []tileRow, steps []int32) {
	for n := k.atOnce(len(steps)); len(rows) > 0; rows = rows[min(n, len(rows)):] {
		k.tile(c, init, a, b, rows[:min(n, len(rows))], steps)
	}
}

// denseTiles is the dense kernel in calls of bounded length.
//
//go:noinline
func (k *gemmKernels) denseTiles(c, init, a, b []float32, rows []tileRow, depth int) {
	for n := k.atOnce(depth); len(rows) > 0; rows = rows[min(n, len(rows)):] {
		k.dense(c, init, a, b, rows[:min(n, len(rows))], depth)
	}
}

// stridedTiles is the strided kernel in calls of bounded length.
//
//go:noinline
func (k *gemmKernels) stridedTiles(c, init, a, b []float32, rows []tileRow, depth int) {
	for n := k.atOnce(depth); len(rows) > 0; rows = rows[min(n, len(rows)):] {
		k.strided(c, init, a, b, rows[:min(n, len(rows))], depth)
	}
}

// transpose16 is the transpose kernel in plain Go.
func transpose16(dst []float32, dstStride int, src []float32, srcStride, rows, cols int) {
	for i := range rows {
		for j, v := range src[i*srcStride : i*srcStride+cols] {
			dst[j*dstStride+i] = v
		}
	}
}

// transposeAll transposes any number of columns:
// dst[j·dstStride+i] = src[i·srcStride+j].
func (k *gemmKernels) transposeAll(dst []float32, dstStride int, src []float32, srcStride, rows, cols int) {
	for j := 0; j < cols; j += 16 {
		k.transpose(dst[j*dstStride:], dstStride, src[j:], srcStride, rows, min(16, cols-j))
	}
}
