package cpu

import (
	"math"
	"slices"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/internal/shape"
)

// Softmax computes the softmax of every row over the columns that mask allows.
func (b *Backend) Softmax(y, x, mask kernels.Buffer, rows, cols int) {
	src := b.in("Softmax", x, rows*cols)
	allowed := b.optional("Softmax", mask, rows*cols)
	dst := b.out("Softmax", y, rows*cols)
	group := max(grain/4/max(cols, 1), 1)
	b.pool.run((rows+group-1)/group, func(chunk int) {
		sums, room := borrow[[2]float64](b, 1)
		defer room.release()
		acc := &sums[0]
		for lo := chunk * group * cols; lo < min((chunk+1)*group, rows)*cols; lo += cols {
			if allowed == nil {
				b.softmaxRow(dst[lo:lo+cols], src[lo:lo+cols], nil, acc)
			} else {
				b.softmaxRow(dst[lo:lo+cols], src[lo:lo+cols], allowed[lo:lo+cols], acc)
			}
		}
	})
}

// softmaxRow computes one row. acc is scratch.
func (b *Backend) softmaxRow(y, x, mask []float32, acc *[2]float64) {
	k := &b.table.vector
	if mask != nil {
		for i, m := range mask {
			y[i] = x[i]
			if m == 0 {
				y[i] = float32(math.Inf(-1))
			}
		}
		x = y
	}
	acc[0] = math.Inf(-1)
	k.fold[kernels.Largest](acc, x)
	top := float32(acc[0])
	k.expMinus(y, x, top, 0)
	acc[0] = 0
	k.fold[kernels.Sum](acc, y)
	k.unary[kernels.Affine](y, y, float32(1/acc[0]), 0)
	if mask != nil && top-top != 0 {
		// Not finite: every difference became NaN.
		for i, m := range mask {
			if m == 0 {
				y[i] = 0
			}
		}
	}
}

// SmallestK marks the k smallest values of every row. NaN counts as larger than
// every number.
func (b *Backend) SmallestK(mask, x kernels.Buffer, rows, cols, k int) {
	shape.CheckSmallest("cpu.SmallestK", cols, k)
	src := b.in("SmallestK", x, rows*cols)
	dst := b.out("SmallestK", mask, rows*cols)
	group := max(grain/32/max(cols, 1), 1)
	b.pool.run((rows+group-1)/group, func(chunk int) {
		keys, room := borrow[uint32](b, 2*cols)
		defer room.release()
		for row := chunk * group; row < min((chunk+1)*group, rows); row++ {
			smallestK(dst[row*cols:(row+1)*cols], src[row*cols:(row+1)*cols], keys, k)
		}
	})
}

// smallestK marks one row; keys is scratch of twice its length.
func smallestK(mask, x []float32, keys []uint32, k int) {
	clear(mask)
	if k == 0 {
		return
	}
	n := len(x)
	for i, v := range x {
		keys[i] = orderedKey(v)
	}
	copy(keys[n:], keys[:n])
	threshold := selectKey(keys[n:2*n], k-1)
	ties := k
	for _, key := range keys[:n] {
		if key < threshold {
			ties--
		}
	}
	for i, key := range keys[:n] {
		switch {
		case key < threshold:
			mask[i] = 1
		case key == threshold && ties > 0:
			mask[i] = 1
			ties--
		}
	}
}

// orderedKey maps values to integers of the same order: -0 equals 0, NaN is
// the largest.
func orderedKey(v float32) uint32 {
	if v != v {
		return math.MaxUint32
	}
	if v == 0 {
		return 1 << 31
	}
	bits := math.Float32bits(v)
	if bits>>31 != 0 {
		return ^bits
	}
	return bits | 1<<31
}

// selectKey returns the key of the given rank, reordering keys (Hoare's
// selection with the median of three).
func selectKey(keys []uint32, rank int) uint32 {
	for len(keys) > 16 {
		a, b, c := keys[0], keys[len(keys)/2], keys[len(keys)-1]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := 0, len(keys)-1
		for i <= j {
			for keys[i] < pivot {
				i++
			}
			for keys[j] > pivot {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
				i++
				j--
			}
		}
		switch {
		case rank <= j:
			keys = keys[:j+1]
		case rank >= i:
			keys, rank = keys[i:], rank-i
		default:
			return pivot
		}
	}
	slices.Sort(keys)
	return keys[rank]
}
