package memae

import (
	"math/rand/v2"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// Generator is the memory-augmented auto-encoder: x [N,3,H,W] in [-1,1] →
// encoder → latents [N,Z,h,w] → memory → decoder → x̂ [N,3,H,W] in [-1,1], with
// h = H/32 or, with three stages, H/8.
type Generator struct {
	Encoder, Decoder nn.Sequential
	Memory           *Memory
	norms            []*nn.ConditionalBatchNorm2d
}

// residualBlocks before and behind the memory.
const residualBlocks = 3

// NewGenerator returns a generator with fresh weights drawn from rng.
func NewGenerator(b kernels.Backend, c Config, rng *rand.Rand) *Generator {
	g := &Generator{}
	g.build(b, c)
	for _, part := range []nn.Sequential{g.Encoder, g.Decoder} {
		if c.Generator.Init == "xavier" {
			nn.InitXavier(part, 0.02, rng)
		} else {
			nn.InitNormal(part, 0.02, rng)
		}
	}
	g.Memory = NewMemory(b, c.Memory, c.latentDim(), rng)
	return g
}

// latentDim is Z.
func (c Config) latentDim() int {
	if c.Generator.Stages == 3 {
		return c.Generator.Z3
	}
	return c.Memory.Dim
}

// channels returns the widths of the stride-2 layers; the last is Z.
func (c Config) channels() []int {
	w := c.Generator.Width
	if c.Generator.Stages == 3 {
		return []int{2 * w, 4 * w, c.latentDim()}
	}
	return []int{2 * w, 4 * w, 8 * w, 16 * w, c.latentDim()}
}

// build makes the layers of the specification's table.
func (g *Generator) build(b kernels.Backend, c Config) {
	f := layerFactory{backend: b, config: c.Generator, generator: g}
	down := c.channels()
	width := c.Generator.Width
	z := c.latentDim()

	g.Encoder = append(f.conv(3, width, 7, 1), f.norm(width))
	in := width
	for _, out := range down {
		g.Encoder = append(append(g.Encoder, f.conv(in, out, 3, 2)...), f.norm(out))
		in = out
	}
	for range residualBlocks {
		g.Encoder = append(g.Encoder, f.residual(z))
	}
	for range residualBlocks {
		g.Decoder = append(g.Decoder, f.residual(z))
	}
	for i := len(down) - 1; i >= 1; i-- { // mirror: the width before each stage
		out := down[i-1]
		g.Decoder = append(g.Decoder, f.up(in, out), f.norm(out))
		in = out
	}
	g.Decoder = append(g.Decoder, f.up(in, width), nn.NewInstanceNorm2d(float32(c.Generator.NormEps), 0))
	last := f.convOptions(7, 1)
	last.Bias = true
	g.Decoder = append(g.Decoder, nn.NewConv2d(b, width, 3, 7, last), nn.Tanh{})
}

// layerFactory makes the repeated layers. Convolutions before a norm have no
// bias, which the norm would take away again.
type layerFactory struct {
	backend   kernels.Backend
	config    GeneratorConfig
	generator *Generator
}

func (f layerFactory) convOptions(kernel, stride int) nn.Conv2dOptions {
	return nn.Conv2dOptions{Stride: stride, Padding: kernel / 2, PaddingMode: nn.PaddingMode(f.config.Pad), SpectralNorm: f.config.SpectralNorm}
}

func (f layerFactory) conv(in, out, kernel, stride int) nn.Sequential {
	return nn.Sequential{nn.NewConv2d(f.backend, in, out, kernel, f.convOptions(kernel, stride))}
}

// up is ConvT K4 S2 P1: it doubles height and width.
func (f layerFactory) up(in, out int) nn.Module {
	return nn.NewConvTranspose2d(f.backend, in, out, 4, nn.ConvTranspose2dOptions{Stride: 2, Padding: 1, SpectralNorm: f.config.SpectralNorm})
}

// norm is a conditional batch norm with the ReLU that follows it.
func (f layerFactory) norm(channels int) nn.Module { return f.normSlope(channels, 0) }

// normSlope is a conditional batch norm followed by a (leaky) ReLU; slope 1 has
// none.
func (f layerFactory) normSlope(channels int, slope float32) nn.Module {
	o := nn.DefaultNorm(slope)
	o.Eps, o.Momentum = float32(f.config.NormEps), float32(f.config.NormMomentum)
	n := nn.NewConditionalBatchNorm2d(f.backend, f.config.Classes, channels, o)
	f.generator.norms = append(f.generator.norms, n)
	return n
}

// residual is a block of one of the three kinds of GeneratorConfig.Block.
func (f layerFactory) residual(channels int) nn.Module {
	conv := func() nn.Sequential { return f.conv(channels, channels, 3, 1) }
	switch f.config.Block {
	case "double":
		body := append(conv(), f.norm(channels))
		body = append(body, conv()...)
		return nn.NewResidual(append(body, f.normSlope(channels, 1)))
	case "post":
		r := nn.NewResidual(append(conv(), f.normSlope(channels, 1)))
		r.After = nn.ReLU{}
		return r
	default:
		return nn.NewResidual(append(conv(), f.norm(channels)))
	}
}

// State names every tensor of the generator.
func (g *Generator) State() []nn.Entry {
	s := nn.Prefix("encoder", g.Encoder.State())
	s = append(s, nn.Prefix("memory", g.Memory.State())...)
	return append(s, nn.Prefix("decoder", g.Decoder.State())...)
}

// SetTraining chooses between batch and running statistics.
func (g *Generator) SetTraining(on bool) {
	g.Encoder.SetTraining(on)
	g.Decoder.SetTraining(on)
}

// Folded returns a generator that reconstructs as g does in evaluation, to
// rounding, in less time; see [nn.Fold]. It is for scoring only: it does not
// follow later changes of g but those of the memory.
func (g *Generator) Folded() *Generator {
	return &Generator{Encoder: nn.Fold(g.Encoder), Decoder: nn.Fold(g.Decoder), Memory: g.Memory, norms: g.norms}
}

// SetClasses tells which product each photo of the next batch shows, where the
// batch norms are conditional. With one product it does nothing.
func (g *Generator) SetClasses(classes []int) {
	if g.norms[0].Weight.Dim(0) == 1 {
		return
	}
	for _, n := range g.norms {
		n.SetClasses(classes)
	}
}

// Forward returns the reconstruction and the memory read that it came from.
func (g *Generator) Forward(t *autograd.Tape, x *autograd.Tensor) (*autograd.Tensor, Read) {
	z := g.Encoder.Forward(t, x)
	read := g.Memory.Read(t, z)
	return g.Decoder.Forward(t, read.Output), read
}

// weights are the convolutional weights and norms, trained at the full rate.
func (g *Generator) weights() []*autograd.Tensor { return nn.Parameters(g.Encoder, g.Decoder) }
