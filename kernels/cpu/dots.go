package cpu

// dotKernels serve gradients of 1×1 convolutions' weights, whose terms lie one after
// the other on both sides.
type dotKernels struct {
	rows  int // of a tile
	lanes int // values of a vector

	// dots adds tiles of dot products of rows of a and rows of b: for every tile t,
	// i < rows and j < dotsCols,
	//
	//	sums[(t·rows+i)·dotsCols+j] += Σ_p a[i·stride+p] · b[tiles[t]+j·stride+p]
	//
	// over p < n. There is at least one tile. The first rows of ahead, which are as far
	// apart as those of a, are fetched to the first-level cache.
	dots func(sums, a, b []float32, stride int, tiles []int32, n int, ahead []float32)
}

// dotsCols is the rows of b of a tile.
const dotsCols = 4

// genericDots are the plain twins.
var genericDots = dotTwins(3, 8)

// dotTwins makes the kernel for any number of rows in plain Go.
func dotTwins(rows, lanes int) dotKernels {
	return dotKernels{rows, lanes, func(sums, a, b []float32, stride int, tiles []int32, n int, _ []float32) {
		for t, at := range tiles {
			for i := range rows {
				for j := range dotsCols {
					q := b[int(at)+j*stride:][:n]
					var parts [8]float32 // short sums, as a vector's lanes are
					for p, v := range a[i*stride:][:n] {
						parts[p%len(parts)] += v * q[p]
					}
					var sum float32
					for _, part := range parts {
						sum += part
					}
					sums[(t*rows+i)*dotsCols+j] += sum
				}
			}
		}
	}}
}
