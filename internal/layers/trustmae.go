package layers

// Generator describes TrustMAE's generator.
type Generator struct {
	Side      int   // of the photos, pixels
	Channels  []int // of the first layer, then behind each stride-2 convolution
	Residuals int   // convolutions between them and the memory, on either side
	Slots     int   // of the memory
}

// FiveStages is the generator of the default configuration.
func FiveStages(side int) Generator {
	return Generator{Side: side, Channels: []int{32, 64, 128, 256, 512, 512}, Residuals: 3, Slots: 64}
}

// ThreeStages is the generator that the paper uses for fine structures.
func ThreeStages(side int) Generator {
	return Generator{Side: side, Channels: []int{32, 64, 128, 512}, Residuals: 3, Slots: 64}
}

// Table lists encoder, memory and decoder.
func (g Generator) Table() Table {
	return append(append(g.Encoder(), g.Memory()...), g.Decoder()...)
}

// latent returns channels and side of what the memory reads.
func (g Generator) latent() (channels, side int) {
	last := len(g.Channels) - 1
	return g.Channels[last], g.Side >> last
}

// Encoder lists the layers before the memory.
func (g Generator) Encoder() Table {
	t := Table{same("7x7", 3, g.Channels[0], g.Side, 7)}
	for i, out := range g.Channels[1:] {
		t = append(t, Layer{Name: "down", In: g.Channels[i], Out: out, Side: g.Side >> i, Kernel: 3, Stride: 2, Padding: 1})
	}
	return append(t, g.residuals()...)
}

// Decoder lists the layers behind the memory.
func (g Generator) Decoder() Table {
	t := g.residuals()
	for i := len(g.Channels) - 1; i > 0; i-- {
		t = append(t, Layer{Name: "up", In: g.Channels[i], Out: g.Channels[i-1], Side: g.Side >> i, Kernel: 4, Stride: 2, Padding: 1, Transposed: true})
	}
	return append(t, same("7x7", g.Channels[0], 3, g.Side, 7))
}

func (g Generator) residuals() Table {
	z, side := g.latent()
	var t Table
	for range g.Residuals {
		t = append(t, same("residual", z, z, side, 3))
	}
	return t
}

// Memory lists the two matrix products of a read: distances, and the mixture of
// the slots.
func (g Generator) Memory() Table {
	z, side := g.latent()
	return Table{same("distances", z, g.Slots, side, 1), same("mixture", g.Slots, z, side, 1)}
}

// Discriminator lists the discriminator's layers; width is the number of
// channels of the first.
func Discriminator(side, width int) Table {
	var t Table
	in, out := 3, width
	for range 6 {
		t = append(t, Layer{Name: "down", In: in, Out: out, Side: side, Kernel: 4, Stride: 2, Padding: 1})
		side, in, out = side/2, out, 2*out
	}
	return append(t, same("last", in, 1, side, 3))
}
