package memae

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLargestLast compares the selection with sorting, NaN and ties included.
func TestLargestLast(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	bits := func(values []float32) []uint32 {
		var list []uint32
		for _, v := range values {
			list = append(list, math.Float32bits(v))
		}
		slices.Sort(list)
		return list
	}
	for round := range 500 {
		values := make([]float32, 1+rng.IntN(300))
		for i := range values {
			values[i] = float32(rng.IntN(1 + round)) // many ties at first
			if rng.IntN(20) == 0 {
				values[i] = float32(math.NaN())
			}
		}
		count := 1 + rng.IntN(len(values))
		sorted := slices.Clone(values)
		slices.Sort(sorted) // NaN first
		whole := bits(values)
		got := largestLast(values, count)
		if want := sorted[len(sorted)-count:]; !slices.Equal(bits(got), bits(want)) {
			t.Fatalf("round %d: the %d largest of %v are %v, got %v", round, count, sorted, want, got)
		}
		if !slices.Equal(bits(values), whole) {
			t.Fatalf("round %d: values were lost", round)
		}
	}
}
