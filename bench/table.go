package bench

import (
	"github.com/org/trustmae/internal/layers"
	"github.com/org/trustmae/memae"
)

// Generator lists the layers of TrustMAE's generator for photos of c.Size
// pixels: encoder, memory, decoder.
func Generator(c memae.Config) layers.Table { return generator(c).Table() }

// generator describes the generator of a configuration.
func generator(c memae.Config) layers.Generator {
	residuals := 3
	if c.Generator.Block == "double" {
		residuals = 6
	}
	w := c.Generator.Width
	channels := []int{w, 2 * w, 4 * w, 8 * w, 16 * w, c.Memory.Dim}
	if c.Generator.Stages == 3 {
		channels = []int{w, 2 * w, 4 * w, c.Generator.Z3}
	}
	return layers.Generator{Side: c.Size, Channels: channels, Residuals: residuals, Slots: c.Memory.Slots}
}

// Discriminator lists the discriminator's layers.
func Discriminator(c memae.Config) layers.Table {
	return layers.Discriminator(c.Size, c.Discriminator.Width)
}
