package textures

import (
	"math"
	"math/rand/v2"
)

// shape is a signed distance in pixels from its own centre, negative inside.
type shape func(u, v float64) float64

func disc(radius float64) shape {
	return func(u, v float64) float64 { return math.Hypot(u, v) - radius }
}

func ring(radius, half float64) shape {
	return func(u, v float64) float64 { return math.Abs(math.Hypot(u, v)-radius) - half }
}

// box has half sides a and b and corners of the given radius.
func box(a, b, corner float64) shape {
	return func(u, v float64) float64 {
		du, dv := math.Abs(u)-a+corner, math.Abs(v)-b+corner
		return math.Hypot(max(du, 0), max(dv, 0)) + min(max(du, dv), 0) - corner
	}
}

// polygon is regular, with the given radius of its inscribed circle.
func polygon(sides int, radius float64) shape {
	sector := 2 * math.Pi / float64(sides)
	return func(u, v float64) float64 {
		angle := math.Atan2(v, u)
		angle -= sector * math.Round(angle/sector)
		return math.Hypot(u, v)*math.Cos(angle) - radius
	}
}

// blob is a disc whose edge is uneven by the given share of its radius.
func blob(seed uint64, radius, uneven float64) shape {
	return func(u, v float64) float64 {
		d := math.Hypot(u, v)
		n := perlin(1.5*u/(d+1e-9)+7, 1.5*v/(d+1e-9)+7, seed)
		return d - radius*(1+uneven*n)
	}
}

// randomShape reaches about radius pixels from its centre.
func randomShape(r *rand.Rand, radius float64) shape {
	switch r.IntN(6) {
	case 0:
		return disc(radius)
	case 1:
		return ring(radius*0.8, radius*between(r, 0.08, 0.3))
	case 2:
		return polygon(3+r.IntN(6), radius*0.8)
	case 3:
		return blob(r.Uint64(), radius, between(r, 0.2, 1))
	default:
		a, b := radius*between(r, 0.3, 0.9), radius*between(r, 0.1, 0.9)
		return box(a, b, min(a, b)*r.Float64())
	}
}

// paintLeaves lets shapes fall on one another until they cover the picture:
// edges, corners and occlusions of all sizes. Their radii follow a power law,
// whose exponent of 3 makes the picture alike at every scale.
func paintLeaves(r *rand.Rand, m *Image) {
	m.fill(func(_, _ float64) float64 { return 0 }, randomPalette(r))
	smallest, largest := scaleBetween(r, 1.5, 8), float64(m.Size)/2
	colours := make([]colour, 3+r.IntN(20))
	for i := range colours {
		colours[i] = randomColour(r)
	}
	share := math.Pow(smallest/largest, 2)
	for covered := 0.; covered < 1.5*float64(m.Size*m.Size); {
		// The inverse of the distribution function of a density ∝ radius⁻³.
		radius := smallest / math.Sqrt(1-r.Float64()*(1-share))
		covered += radius * radius
		m.leaf(r, randomShape(r, radius), radius, colours[r.IntN(len(colours))])
	}
}

// leaf paints one shape, shaded along a direction.
func (m *Image) leaf(r *rand.Rand, s shape, radius float64, c colour) {
	f := randomFrame(r, m.Size)
	shade, soft := between(r, -0.3, 0.3)/radius, between(r, 0.7, 1.5)
	reach := int(2*radius) + 2
	for j := max(int(f.y)-reach, 0); j < min(int(f.y)+reach, m.Size); j++ {
		for i := max(int(f.x)-reach, 0); i < min(int(f.x)+reach, m.Size); i++ {
			u, v := f.to(float64(i), float64(j))
			if a := step(-s(u, v), soft); a > 0 {
				m.mix(j*m.Size+i, c.scale(1+shade*u), a)
			}
		}
	}
}
