package memae

import (
	"math"
	"testing"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels/cpu"
)

// reconstruct returns the reconstruction of one random photo.
func reconstruct(b *cpu.Backend, g *Generator, size int) []float32 {
	tape := autograd.NewTape(b)
	defer tape.Reset()
	var y []float32
	tape.NoGrad(func() {
		pixels := make([]float32, 3*size*size)
		for i := range pixels {
			pixels[i] = float32(math.Sin(float64(i)))
		}
		out, _ := g.Forward(tape, tape.Input(pixels, 1, 3, size, size))
		y = out.Data()
	})
	return y
}

// TestFoldedGenerator compares the generator that scores with the one that was
// trained.
func TestFoldedGenerator(t *testing.T) {
	b, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range []string{"single", "double", "post"} {
		c := tinyConfig()
		c.Epochs, c.Generator.Block = 1, block
		d := fit(t, c, Options{Backend: b}, shapes{count: 8, spoil: -1})
		want, got := reconstruct(b, d.gen, c.Size), reconstruct(b, d.scorer, c.Size)
		for i := range want {
			if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 1e-5) {
				t.Fatalf("block %s: value %d is %g folded, %g as trained", block, i, got[i], want[i])
			}
		}
	}
}
