package textures

import (
	"math"
	"math/rand/v2"
)

// largestPeriod of patterns, pixels.
const largestPeriod = 40

// wobble shifts places smoothly, so that no pattern is perfect; amplitude in
// pixels.
func wobble(r *rand.Rand, amplitude float64) func(x, y float64) (float64, float64) {
	seed, period := r.Uint64(), scaleBetween(r, 12, 60)
	return func(x, y float64) (float64, float64) {
		return x + amplitude*perlin(x/period, y/period, seed), y + amplitude*perlin(x/period, y/period, seed+1)
	}
}

// grating is a wave along one direction: sinusoidal, sharp-edged or a sawtooth.
func grating(r *rand.Rand, size int) field {
	f, bend := randomFrame(r, size), wobble(r, between(r, 0, 4))
	period, profile, duty := scaleBetween(r, 2.5, largestPeriod), r.IntN(3), between(r, 0.2, 0.8)
	radial := chance(r, 0.2)
	return func(x, y float64) float64 {
		u, v := f.to(bend(x, y))
		if radial {
			u = math.Hypot(u, v)
		}
		phase := u/period - math.Floor(u/period)
		switch profile {
		case 0:
			return 0.5 + 0.5*math.Sin(2*math.Pi*phase)
		case 1:
			return step(math.Abs(phase-0.5)-duty/2, 1.5/period)
		default:
			return phase
		}
	}
}

// weave crosses threads over and under one another.
func weave(r *rand.Rand, size int) field {
	f, bend := randomFrame(r, size), wobble(r, between(r, 0, 3))
	period, width := scaleBetween(r, 4, largestPeriod), between(r, 0.55, 1)
	float := 1 + r.IntN(3) // threads passed over at a time: plain weave, twills
	tint := between(r, 0, 0.3)
	return func(x, y float64) float64 {
		u, v := f.to(bend(x, y))
		u, v = u/period, v/period
		i, j := math.Floor(u), math.Floor(v)
		across, along := u-i-0.5, v-j-0.5
		level := tint
		if over := int(i+j) % (2 * float); over < float && over > -float {
			across, along, level = along, across, 0
		}
		if math.Abs(across) > width/2 {
			return 0
		}
		return level + (1-tint)*math.Cos(math.Pi*across/width)*(0.6+0.4*math.Cos(math.Pi*along))
	}
}

// tiling lays bricks, a board or a perforation, each cell in a tone of its own.
func tiling(r *rand.Rand, size int) field {
	f, bend := randomFrame(r, size), wobble(r, between(r, 0, 3))
	width := scaleBetween(r, 5, largestPeriod)
	height := width * scaleBetween(r, 0.4, 1)
	offset := []float64{0, 0.5, 1. / 3}[r.IntN(3)]
	radius := min(width, height) / 2
	cell := box(width/2-between(r, 0.5, 2), height/2-between(r, 0.5, 2), radius*between(r, 0, 0.5))
	if chance(r, 0.35) {
		cell = disc(radius * between(r, 0.4, 0.95))
	}
	seed, tones := r.Uint64(), between(r, 0, 0.6)
	return func(x, y float64) float64 {
		u, v := f.to(bend(x, y))
		j := math.Floor(v / height)
		u += offset * width * j
		i := math.Floor(u / width)
		inside := step(-cell(u-(i+0.5)*width, v-(j+0.5)*height), 1.5)
		return inside * (1 - tones*unitHash(int(i), int(j), seed))
	}
}

// pattern is any of them, its contrast varied over the picture in half of the
// cases.
func pattern(r *rand.Rand, size int) field {
	kinds := []func(*rand.Rand, int) field{grating, weave, tiling}
	f := kinds[r.IntN(len(kinds))](r, size)
	if chance(r, 0.5) {
		return f
	}
	grain, share := cloud(r, size), between(r, 0.1, 0.5)
	return func(x, y float64) float64 { return f(x, y)*(1-share) + share*grain(x, y) }
}

func paintPattern(r *rand.Rand, m *Image) { m.fill(pattern(r, m.Size), randomPalette(r)) }
