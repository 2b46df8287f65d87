package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/apps/pretrain/textures"
)

func TestPoolGivesTheStreamFirst(t *testing.T) {
	p := newPool(settings{Size: 64, Seed: 1, Pool: 3})
	for i := range uint64(3) {
		want, got := textures.NewPair(64, 1, i), p.pair(i)
		require.Equal(t, want.Defect, got.Defect)
		require.Equal(t, want.Far, got.Far)
		for k, v := range want.Photo.Pix {
			require.InDelta(t, v, got.Photo.Pix[k], 0.51/255)
		}
		for k, v := range want.Reference.Pix {
			require.InDelta(t, v, got.Reference.Pix[k], 0.51/255)
		}
	}
	endless := newPool(settings{Size: 64, Seed: 1})
	require.Equal(t, textures.NewPair(64, 1, 9), endless.pair(9))
}

func TestPoolTurnsWhatItGivesAgain(t *testing.T) {
	p := newPool(settings{Size: 64, Seed: 1, Pool: 2})
	first := p.pair(1)
	seen := [][]float32{}
	for round := range uint64(8) {
		again := p.pair(1 + 2*round)
		for _, other := range seen {
			require.NotEqual(t, other, again.Photo.Pix, "round %d", round)
		}
		seen = append(seen, again.Photo.Pix)
		// All planes are turned alike: what holds between them pixel by pixel stays.
		require.Equal(t, sorted(first, 64), sorted(again, 64), "round %d", round)
	}
	require.Equal(t, first, p.pair(1+2*8), "the ninth is the first again")
}

// sorted lists a pair's pixels, each with all that belongs to it, in an order
// that does not depend on their places.
func sorted(p textures.Pair, size int) [][]float32 {
	n := size * size
	list := make([][]float32, n)
	for i := range list {
		for c := range 3 {
			list[i] = append(list[i], p.Photo.Pix[c*n+i], p.Reference.Pix[c*n+i])
		}
		list[i] = append(list[i], p.Defect[i], p.Far[i])
	}
	slices.SortFunc(list, slices.Compare)
	return list
}
