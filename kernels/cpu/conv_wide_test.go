package cpu

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWideAgainstTwin(t *testing.T) {
	for _, table := range tables() {
		if !table.supported {
			continue
		}
		t.Run(table.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(8, 8))
			n := table.wide.pixels
			for rows := 1; rows <= 4; rows++ {
				for k := range 20 {
					src, w, start := normals(rng, 100+n), normals(rng, k*rows), normals(rng, rows)
					steps := make([]int32, k)
					for i := range steps {
						steps[i] = int32(rng.IntN(100))
					}
					for _, init := range [][]float32{nil, start} {
						cRow := n + rng.IntN(5)
						got := normals(rng, rows*cRow+10)
						want := append([]float32(nil), got...)
						table.wide.rows[rows-1](got[5:], cRow, init, src, w, steps)
						wideTwin(rows, n)(want[5:], cRow, init, src, w, steps)
						for i := range want {
							require.InDelta(t, want[i], got[i], 1e-4, "%d rows, k %d, value %d", rows, k, i)
						}
					}
				}
			}
		})
	}
}
