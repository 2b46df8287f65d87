package metrics

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestComponents(t *testing.T) {
	cases := []struct {
		name   string
		rows   []string
		labels []string
		count  int
	}{
		{"empty mask", []string{"...", "..."}, []string{"000", "000"}, 0},
		{"diagonal touches", []string{"#..", ".#.", "..#"}, []string{"100", "010", "001"}, 1},
		{"anti-diagonal touches", []string{"..#", ".#.", "#.."}, []string{"001", "010", "100"}, 1},
		{"rows do not wrap", []string{"..#", "#..", "..."}, []string{"001", "200", "000"}, 2},
		{"ring round a dot", []string{"#####", "#...#", "#.#.#", "#...#", "#####"},
			[]string{"11111", "10001", "10201", "10001", "11111"}, 2},
		{"arms that meet below", []string{"#.#", "#.#", "###"}, []string{"101", "101", "111"}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var mask []bool
			var want []int32
			for y, row := range c.rows {
				for x := range row {
					mask = append(mask, row[x] == '#')
					want = append(want, int32(c.labels[y][x]-'0'))
				}
			}
			labels, count := Components(mask, len(c.rows[0]), len(c.rows))
			require.Equal(t, want, labels)
			require.Equal(t, c.count, count)
		})
	}
	labels, count := Components(nil, 0, 0)
	require.Empty(t, labels)
	require.Zero(t, count)
}

func TestAUPROByHand(t *testing.T) {
	T, F := true, false
	cases := []struct {
		name  string
		m     []float32
		mask  []bool
		width int
		limit float64
		want  float64
	}{
		// Both defects above all good pixels: PRO is 1 from the start.
		{"perfect", []float32{9, 8, 0, 1, 2, 9}, []bool{T, T, F, F, F, T}, 6, 0.3, 1},
		// Every good pixel above every defect.
		{"hopeless", []float32{0, 0, 1, 1}, []bool{T, T, F, F}, 4, 0.3, 0},
		// One tie of everything: the diagonal, limit²/2 over limit.
		{"constant map", []float32{5, 5, 5, 5}, []bool{T, F, F, F}, 4, 0.3, 0.15},
		// A 1-pixel defect found at once and a 3-pixel defect never below the
		// limit: PRO 1/2, although only 1 of 4 defective pixels is found.
		{"small defect weighs as much", []float32{9, 1, 0, 0, 0}, []bool{T, F, T, T, T}, 5, 1, 0.5},
		// Good pixels at 3 and 1, defects at 2 and 4: PRO 1/2 over the first
		// half of the good pixels, 1 over the second.
		{"two steps", []float32{4, 3, 2, 1}, []bool{T, F, T, F}, 4, 1, 0.75},
		// As above, cut at 0.75: (0.5*0.5 + 0.25*1) / 0.75.
		{"cut in a flat part", []float32{4, 3, 2, 1}, []bool{T, F, T, F}, 4, 0.75, 2.0 / 3},
		// A defect tied with two of four good pixels: a slope from (0,0) to
		// (1/2, 1), cut at 1/4 where it has reached 1/2: area 1/16, over 1/4.
		{"cut in a slope", []float32{2, 2, 2, 1, 0}, []bool{F, T, F, F, F}, 5, 0.25, 0.25},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := AUPRO([][]float32{c.m}, [][]bool{c.mask}, c.width, len(c.m)/c.width, c.limit)
			require.NoError(t, err)
			near(t, "AUPRO", got, c.want, 1e-15)
		})
	}
}

// TestAUPROAgainstNaive compares with the definition read aloud: for each
// distinct score, count again.
func TestAUPROAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	for round := range 30 {
		const width, height = 9, 7
		levels := 2 + round
		maps, masks := make([][]float32, 3), make([][]bool, 3)
		for i := range maps {
			for range width * height {
				defective := i > 0 && r.IntN(6) == 0
				v := r.IntN(levels)
				if defective {
					v += r.IntN(levels)
				}
				maps[i], masks[i] = append(maps[i], float32(v)/8), append(masks[i], defective)
			}
		}
		limit := 0.05 + 0.95*r.Float64()
		got, err := AUPRO(maps, masks, width, height, limit)
		require.NoError(t, err)
		near(t, "AUPRO", got, naiveAUPRO(maps, masks, width, limit), 1e-12)
	}
}

func naiveAUPRO(maps [][]float32, masks [][]bool, width int, limit float64) float64 {
	var regions [][]float32 // scores of each defect
	var good, all []float32
	for i, m := range maps {
		all = append(all, m...)
		group := naiveGroups(masks[i], width)
		for p, v := range m {
			if !masks[i][p] {
				good = append(good, v)
			}
		}
		for g := range masks[i] {
			var scores []float32
			for p, v := range m {
				if masks[i][p] && group[p] == g {
					scores = append(scores, v)
				}
			}
			if scores != nil {
				regions = append(regions, scores)
			}
		}
	}
	slices.Sort(all)
	share := func(scores []float32, threshold float32) float64 {
		n := 0
		for _, s := range scores {
			if s >= threshold {
				n++
			}
		}
		return float64(n) / float64(len(scores))
	}
	var area, x, y float64
	for _, threshold := range slices.Backward(slices.Compact(all)) {
		nextX, nextY := share(good, threshold), 0.0
		for _, region := range regions {
			nextY += share(region, threshold) / float64(len(regions))
		}
		if nextX >= limit {
			at := y + (nextY-y)*(limit-x)/(nextX-x)
			return (area + (limit-x)*(y+at)/2) / limit
		}
		area += (nextX - x) * (y + nextY) / 2
		x, y = nextX, nextY
	}
	return area / limit
}

// naiveGroups gives touching pixels one number by spreading the smallest until
// nothing changes.
func naiveGroups(mask []bool, width int) []int {
	group := make([]int, len(mask))
	for p := range group {
		group[p] = p
	}
	for changed := true; changed; {
		changed = false
		for p := range mask {
			for q := range mask {
				dx, dy := p%width-q%width, p/width-q/width
				if mask[p] && mask[q] && dx*dx <= 1 && dy*dy <= 1 && group[q] < group[p] {
					group[p], changed = group[q], true
				}
			}
		}
	}
	return group
}
