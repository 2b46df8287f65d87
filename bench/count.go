package bench

import (
	"fmt"

	"github.com/org/trustmae/internal/layers"
	"github.com/org/trustmae/memae"
)

// PairMACs counts the multiply-adds of the perceptual distance of two images:
// their trunks. The distance itself, a channel-weighted sum, is left out, as are
// norms, activations and pools everywhere in this package.
func PairMACs(net string, size int) (int64, error) {
	t, err := layers.Trunk(net, size)
	if err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	return 2 * t.MACs(), nil
}

// DetectMACs counts scoring one photo: reconstruction and the perceptual distance
// that c names; "auto" is an error.
func DetectMACs(c memae.Config) (int64, error) {
	pair, err := PairMACs(c.Score.Net, c.Size)
	return Generator(c).MACs() + pair, err
}

// StepMACs counts one training step of a batch with the discriminator: forward
// passes, and those gradients that the step needs, with VGG-19 for the VGG term.
func StepMACs(c memae.Config, batch int) int64 {
	sum := generatorStep(c) + discriminatorStep(c)
	if c.Loss.VGG != 0 {
		// both images forward, and back to the reconstruction
		sum += 3 * layers.VGG19(c.Size).MACs()
	}
	return int64(batch) * sum
}

// generatorStep is the generator's forward and backward pass for one photo: the
// gradient of every weight, and of every layer's input but the first one's.
func generatorStep(c memae.Config) int64 {
	g := Generator(c)
	return 3*g.MACs() - g[0].MACs()
}

// discriminatorStep is the discriminator's part for one photo. In the
// generator's turn: real and reconstructed photo forward, and the gradient of the
// reconstruction. In its own: both forward, and for each the gradient of every
// weight and of every layer's input but the first one's.
func discriminatorStep(c memae.Config) int64 {
	d := Discriminator(c)
	own := 2 * (3*d.MACs() - d[0].MACs())
	return 3*d.MACs() + own
}
