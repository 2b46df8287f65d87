package cpu

import (
	"fmt"
	"testing"
)

// BenchmarkPixelTile times the kernels whose vectors run along the pixels by
// themselves, on one thread and in the first-level cache, for the terms of sums that
// first layers have and the pixels of a row: what those layers cannot exceed.
func BenchmarkPixelTile(b *testing.B) {
	for _, table := range List() {
		if table == "generic" {
			continue
		}
		backend := open(b, table, 1)
		for _, c := range []struct{ terms, pixels int }{{27, 127}, {27, 256}, {48, 128}, {75, 128}, {147, 256}} {
			k := &backend.table.shallow
			steps := pixelSteps(c.terms)
			const rows = 6
			plane := rows * c.pixels
			out, start := written(shallowGroup*plane), written(shallowGroup)
			src, w := written(c.pixels+c.terms), written(shallowGroup*c.terms)
			b.Run(fmt.Sprintf("%s/shallow/terms=%d,pixels=%d", table, c.terms, c.pixels), func(b *testing.B) {
				meter(b, backend).Compute(2*int64(shallowGroup*plane*c.terms), func() { k.strip(out, plane, start, src, 0, w, steps, c.pixels, rows, 1, nil) })
			})
		}
		for _, terms := range []int{64, 576} {
			const rows = 3
			k := backend.table.wide[rows-1]
			steps := pixelSteps(terms)
			out, start := written(rows*k.pixels), written(rows)
			src, w := written(k.pixels+terms), written(rows*terms)
			b.Run(fmt.Sprintf("%s/wide/terms=%d,pixels=%d", table, terms, k.pixels), func(b *testing.B) {
				meter(b, backend).Compute(2*int64(rows*k.pixels*terms), func() { k.tile(out, k.pixels, start, src, w, steps) })
			})
		}
	}
}

// pixelSteps are the steps of sums, one value after the other.
func pixelSteps(terms int) []int32 {
	steps := make([]int32, terms)
	for i := range steps {
		steps[i] = int32(i)
	}
	return steps
}
