package cpu

// splitKernels divide rows of pixels into those of even and of odd place, and
// put them together again.
type splitKernels struct {
	// split writes even[i] = src[2i] and odd[i] = src[2i+1] for i < n.
	split func(even, odd, src []float32, n int)
	// merge writes dst[2i] = even[i] and dst[2i+1] = odd[i] for i < n.
	merge func(dst, even, odd []float32, n int)
}

// genericSplit are the plain twins.
var genericSplit = splitKernels{splitTwin, mergeTwin}

func splitTwin(even, odd, src []float32, n int) {
	even, odd, src = even[:n], odd[:n], src[:2*n]
	for i := range even {
		even[i], odd[i] = src[2*i], src[2*i+1]
	}
}

func mergeTwin(dst, even, odd []float32, n int) {
	dst, even, odd = dst[:2*n], even[:n], odd[:n]
	for i := range even {
		dst[2*i], dst[2*i+1] = even[i], odd[i]
	}
}

// blockwise makes kernels of any length from ones for multiples of eight pairs.
func blockwise(blocks splitKernels) splitKernels {
	return splitKernels{
		split: func(even, odd, src []float32, n int) {
			whole := n &^ 7
			blocks.split(even, odd, src, whole)
			splitTwin(even[whole:], odd[whole:], src[2*whole:], n-whole)
		},
		merge: func(dst, even, odd []float32, n int) {
			whole := n &^ 7
			blocks.merge(dst, even, odd, whole)
			mergeTwin(dst[2*whole:], even[whole:], odd[whole:], n-whole)
		},
	}
}

// interleave puts a row of pixels together from those of every spread-th place, which
// are distance apart in rows. spare holds twice as many values as row.
func (b *Backend) interleave(row, rows []float32, spread, distance int, spare []float32) {
	merge, n := b.table.split.merge, len(row)
	switch spread {
	case 1:
		copy(row, rows)
	case 2:
		merge(row, rows, rows[distance:], n/2)
		copy(row[n&^1:], rows[n/2:])
	case 4:
		half := (n + 1) / 2
		even, odd := spare[:n], spare[n:]
		b.interleave(even[:half], rows, 2, 2*distance, nil)
		b.interleave(odd[:n/2], rows[distance:], 2, 2*distance, nil)
		b.interleave(row, spare, 2, n, nil)
	default:
		for x := range row {
			row[x] = rows[x%spread*distance+x/spread]
		}
	}
}
