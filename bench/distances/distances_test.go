package main

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels/cpu"
)

// Two grey photos, one with a white square that its reconstruction lacks.
func squares() *pairs {
	const size = 64
	p := &pairs{size: size}
	for k := range 2 {
		photo, mask := make([]float32, 3*size*size), make([]bool, size*size)
		for i := range mask {
			if x, y := i%size, i/size; k == 1 && x >= 20 && x < 36 && y >= 20 && y < 36 {
				mask[i] = true
				for c := range 3 {
					photo[c*size*size+i] = 1
				}
			}
		}
		p.photos, p.rebuilt = append(p.photos, photo), append(p.rebuilt, make([]float32, 3*size*size))
		p.masks, p.defective = append(p.masks, mask), append(p.defective, k == 1)
	}
	return p
}

func TestEveryDistanceFindsASquare(t *testing.T) {
	b, err := cpu.Default()
	require.NoError(t, err)
	var rows []row
	for _, d := range distances {
		if d.net != "" && d.net != "trustmae" && !d.random {
			continue // needs a folder
		}
		r, err := squares().measure(t.Context(), b, "", d)
		require.NoError(t, err, d.name)
		rows = append(rows, r...)
	}
	require.Len(t, rows, 7, "MSE, and three others alone and multiplied with it")
	for _, r := range rows {
		require.InDelta(t, 1, r.Max, 1e-9, r.Map)
		require.Greater(t, r.Pixel, 0.75, r.Map) // deep taps reach beyond the square
		require.Greater(t, r.AUPRO, 0.3, r.Map)
	}
	var table bytes.Buffer
	require.NoError(t, writeTable(&table, rows))
	require.Contains(t, table.String(), "MSE ⊙ embedded  100.00")
}

func TestCommandNeedsModelAndFolder(t *testing.T) {
	require.ErrorContains(t, command(t.Context(), nil), "want a model file and a labelled folder")
}

// BenchmarkPair is the map of one pair of photos. Networks that are not embedded
// have random weights, which cost what others cost.
func BenchmarkPair(b *testing.B) {
	backend, err := cpu.New(cpu.Options{Threads: runtime.GOMAXPROCS(0)})
	require.NoError(b, err)
	tape := autograd.NewTape(backend)
	for _, size := range []int{128, 256} {
		values := make([]float32, 3*size*size)
		for i := range values {
			values[i] = float32(i%251)/125 - 1
		}
		for _, d := range distances {
			if d.random {
				continue // AlexNet once more
			}
			d.random = d.net != "" && d.net != "trustmae"
			compare, err := d.open(backend, "")
			require.NoError(b, err)
			b.Run(fmt.Sprintf("%s,N=1,%d", d.name, size), func(b *testing.B) {
				tape.NoGrad(func() {
					for b.Loop() {
						compare(tape, tape.Input(values, 1, 3, size, size), tape.Full(0, 1, 3, size, size))
						tape.Reset()
					}
				})
			})
		}
	}
}
