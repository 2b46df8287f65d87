package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cpu"
)

func TestMeasurePeak(t *testing.T) {
	for _, table := range cpu.List() {
		t.Run(table, func(t *testing.T) {
			b, err := cpu.New(cpu.Options{Table: table})
			require.NoError(t, err)
			p, err := MeasurePeak(b)
			require.NoError(t, err)
			t.Logf("%s: %.0f GFLOP/s with one thread, %.0f with %d (%s)", b.Name(), p.One, p.All, b.Threads(), p.How)
			require.Greater(t, p.One, 0.1)
			require.Greater(t, p.All, 0.1)
			require.Less(t, p.One, 2000., "no core does as much")
			if fmaLoopOf(b.Name()).run != nil { // its stretches bear other programs
				require.Greater(t, p.All, 0.7*p.One)
			}
			// measured once
			again, err := MeasurePeak(b)
			require.NoError(t, err)
			require.Equal(t, p, again)
		})
	}
}
