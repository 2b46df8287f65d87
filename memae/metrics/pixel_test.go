package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrderedKeyKeepsTheOrder(t *testing.T) {
	inf := float32(math.Inf(1))
	rising := []float32{-inf, -math.MaxFloat32, -1, -math.SmallestNonzeroFloat32, 0, math.SmallestNonzeroFloat32, 0.5, 1, math.MaxFloat32, inf}
	for i, v := range rising {
		require.Equal(t, v, keyScore(orderedKey(v)))
		if i > 0 {
			require.Less(t, orderedKey(rising[i-1]), orderedKey(v), "%v and %v", rising[i-1], v)
		}
	}
	require.Equal(t, orderedKey(0), orderedKey(float32(math.Copysign(0, -1))))
}

func TestKeyIndexFindsLikeASortedSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	sets := map[string][]uint32{
		"one":       {7},
		"ends":      {0, math.MaxUint32},
		"top":       {math.MaxUint32 - 1, math.MaxUint32},
		"neighbour": {5, 6, 7, 9},
	}
	for range 3000 {
		sets["dense"] = append(sets["dense"], r.Uint32N(5000))
		sets["wide"] = append(sets["wide"], r.Uint32())
		sets["clustered"] = append(sets["clustered"], 1<<31+r.Uint32N(100)+r.Uint32N(3)<<29)
	}
	for name, keys := range sets {
		slices.Sort(keys)
		distinct := slices.Compact(slices.Clone(keys))
		ix := newKeyIndex(slices.Clone(keys))
		require.Equal(t, distinct, ix.keys, name)
		total := 0
		for _, c := range ix.count {
			total += c
		}
		require.Equal(t, len(keys), total, name)
		probe := func(key uint32) {
			wantK, wantEqual := slices.BinarySearch(distinct, key)
			k, equal := ix.find(key)
			require.Equal(t, wantK, k, "%s: %d", name, key)
			require.Equal(t, wantEqual, equal, "%s: %d", name, key)
		}
		for _, key := range distinct {
			probe(key)
			probe(key - 1)
			probe(key + 1)
			probe(r.Uint32())
		}
	}
}

// TestPixelEqualsImageMetrics runs the table look-up against the plain sort on
// scores of many magnitudes, signs and ties.
func TestPixelEqualsImageMetrics(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for round := range 20 {
		maps, masks := make([][]float32, 5), make([][]bool, 5)
		var scores []float64
		var labels []bool
		for i := range maps {
			for range 200 {
				v := float32(r.NormFloat64() * math.Exp(10*r.NormFloat64()))
				switch r.IntN(4) {
				case 0:
					v = float32(r.IntN(3) - 1)
				case 1:
					v = float32(math.Copysign(0, float64(v)))
				}
				maps[i] = append(maps[i], v)
				masks[i] = append(masks[i], r.IntN(1+round) == 0 || round == 0 && r.IntN(9) > 0)
				scores, labels = append(scores, float64(v)), append(labels, masks[i][len(masks[i])-1])
			}
		}
		if round == 0 {
			masks[0][0], labels[0] = false, false
		}
		want, err := AUROC(scores, labels)
		require.NoError(t, err)
		got, err := PixelAUROC(maps, masks)
		require.NoError(t, err)
		require.Equal(t, want, got)
		wantF1, wantAt, err := BestF1(scores, labels)
		require.NoError(t, err)
		gotF1, gotAt, err := PixelBestF1(maps, masks)
		require.NoError(t, err)
		require.Equal(t, []float64{wantF1, wantAt}, []float64{gotF1, gotAt})
	}
}

// TestMapsAreNotChanged guards the promise that callers may go on using maps.
func TestMapsAreNotChanged(t *testing.T) {
	maps, masks := benchmarkPixels(2, 32)
	before := [][]float32{slices.Clone(maps[0]), slices.Clone(maps[1])}
	_, err := AUPRO(maps, masks, 32, 32, 0.3)
	require.NoError(t, err)
	require.Equal(t, before, maps)
}

// benchmarkPixels draws n square maps like those of a detector: positive, over
// several orders of magnitude, with one defect of about 3 % in every second.
func benchmarkPixels(n, side int) (maps [][]float32, masks [][]bool) {
	r := rand.New(rand.NewPCG(1, 0))
	for i := range n {
		m, mask := make([]float32, side*side), make([]bool, side*side)
		for p := range m {
			v := 1e-3 * math.Exp(2*r.NormFloat64())
			x, y := p%side, p/side
			if i%2 == 1 && x > side/4 && x < side/2 && y > side/4 && y < side/4+side/8 {
				mask[p] = true
				v *= 8
			}
			m[p] = float32(v)
		}
		maps, masks = append(maps, m), append(masks, mask)
	}
	return maps, masks
}

func BenchmarkPixel(b *testing.B) {
	const images, side = 200, 256
	maps, masks := benchmarkPixels(images, side)
	for _, c := range []struct {
		name string
		run  func() (float64, error)
	}{
		{"AUROC", func() (float64, error) { return PixelAUROC(maps, masks) }},
		{"AUPRO", func() (float64, error) { return AUPRO(maps, masks, side, side, 0.3) }},
	} {
		b.Run(fmt.Sprintf("%s/images=%d,side=%d", c.name, images, side), func(b *testing.B) {
			b.SetBytes(images * side * side * 5)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
