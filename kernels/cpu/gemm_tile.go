package cpu

// gemmKernels are the micro-kernels under matrix products and convolutions.
type gemmKernels struct {
	rows, cols int // of a tile

	// tile is a small matrix product that gathers its left operand: for every
	// i < rows and j < cols,
	//
	//	c[rows[i].c+j] = start + Σ_k a[rows[i].a+steps[k]] · b[k·cols+j]
	//
	// where start is init[j], or the old value of c if init is empty. The sum
	// starts from zero, so that partial sums stay short. With the right tables
	// this one kernel is a matrix product (a row, a column), a convolution (a
	// pixel, a tap) of any stride and dilation, its backward pass with respect
	// to the data (pixels of one phase) and to the weights (a tap, a pixel).
	tile func(c, init, a, b []float32, rows []tileRow, steps []int32)

	// transpose writes dst[j·dstStride+i] = src[i·srcStride+j] for i < rows and
	// j < cols ≤ 16, rows and cols at least 1. dst and src do not overlap.
	transpose func(dst []float32, dstStride int, src []float32, srcStride, rows, cols int)
}

// tileRow is where a row of a tile is read and written, in values.
type tileRow struct{ a, c int32 }

// genericGemm are the plain twins.
var genericGemm = gemmKernels{rows: 4, cols: 16, tile: tile4x16, transpose: transpose16}

func tile4x16(c, init, a, b []float32, rows []tileRow, steps []int32) {
	tileTwin(4, 16, c, init, a, b, rows, steps)
}

// tileTwin is the tile kernel of any size in plain Go.
func tileTwin(height, width int, c, init, a, b []float32, rows []tileRow, steps []int32) {
	var sums [32]float32
	for _, row := range rows[:height] {
		acc := sums[:width]
		clear(acc)
		for k, step := range steps {
			v := a[row.a+step]
			for j, w := range b[k*width : (k+1)*width] {
				acc[j] += v * w
			}
		}
		dst := c[row.c : int(row.c)+width]
		start := dst
		if len(init) > 0 {
			start = init[:width]
		}
		for j, sum := range acc {
			dst[j] = sum + start[j]
		}
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
