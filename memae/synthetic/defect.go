package synthetic

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// defect is one flaw on a part.
type defect struct {
	// distance is the signed distance to the flaw's outline at a place on the
	// part, negative inside, in sides of the picture.
	distance func(u, v float64) float64
	// soft is the width of the outline, in sides; 0 for a sharp one.
	soft float64
	// onMetal says that the flaw shows on metal only, and not across a hole.
	onMetal bool
	// opacity is how much of the flaw's colour covers the part inside it.
	opacity float64
	// colour is what the camera sees there, given the good part's colour.
	colour func(good colour, x, y, u, v float64) colour
}

// newDefect draws a flaw of a kind for a part.
func newDefect(p *part, kind Kind, r *rand.Rand) defect {
	switch kind {
	case Scratch:
		return newScratch(r)
	case Stain:
		return newStain(r)
	case Chip:
		return newChip(p, r)
	case Hole:
		return newHole(p, r)
	case Spot:
		return newSpot(r)
	}
	panic(fmt.Sprintf("synthetic.Generate: got kind %q, want %q or one of %q", kind, Good, Kinds()))
}

// between draws a number from [low, high).
func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// onDisc draws a place on the metal, clear of the bore and the rim.
func onDisc(r *rand.Rand) (u, v float64) {
	sin, cos := math.Sincos(between(r, 0, 2*math.Pi))
	radius := between(r, 0.19, 0.32)
	return radius * cos, radius * sin
}

// blob is a ragged disc: its radius varies by the share ragged with direction.
func blob(r *rand.Rand, u0, v0, radius, ragged float64) func(u, v float64) float64 {
	seed := r.Uint64()
	return func(u, v float64) float64 {
		du, dv := u-u0, v-v0
		d := math.Hypot(du, dv)
		// Noise on a circle closes on itself; the small term keeps d = 0 apart.
		n := smooth(seed, 8+2*du/(d+1e-9), 8+2*dv/(d+1e-9))
		return d - radius*(1+ragged*n)
	}
}

func newScratch(r *rand.Rand) defect {
	u0, v0 := onDisc(r)
	angle := between(r, 0, math.Pi)
	sin, cos := math.Sincos(angle)
	half, width := between(r, 0.17, 0.24), between(r, 0.010, 0.015)
	bend := between(r, -0.6, 0.6)
	light := colour{0.97, 0.98, 0.99}
	if r.IntN(2) == 0 {
		light = colour{0.15, 0.14, 0.14}
	}
	return defect{
		distance: func(u, v float64) float64 {
			along := (u-u0)*cos + (v-v0)*sin
			across := (v-v0)*cos - (u-u0)*sin - bend*along*along
			return math.Hypot(max(0, math.Abs(along)-half), across) - width
		},
		onMetal: true,
		opacity: 0.85,
		colour:  func(colour, float64, float64, float64, float64) colour { return light },
	}
}

func newStain(r *rand.Rand) defect {
	u0, v0 := onDisc(r)
	tint := colour{0.66, 0.55, 0.38}.scale(between(r, 0.9, 1.05))
	return defect{
		distance: blob(r, u0, v0, between(r, 0.085, 0.11), 0.45),
		soft:     0.02,
		onMetal:  true,
		opacity:  1,
		colour: func(good colour, _, _, _, _ float64) colour {
			return colour{good[0] * tint[0], good[1] * tint[1], good[2] * tint[2]}
		},
	}
}

func newChip(p *part, r *rand.Rand) defect {
	sin, cos := math.Sincos(between(r, 0, 2*math.Pi))
	bite := blob(r, discRadius*cos, discRadius*sin, between(r, 0.09, 0.115), 0.3)
	return defect{
		distance: func(u, v float64) float64 {
			if p.metal(u, v) < 0.1 {
				return 1 // nothing to break off
			}
			return bite(u, v)
		},
		opacity: 1,
		colour:  func(_ colour, x, y, _, _ float64) colour { return p.belt(x, y) },
	}
}

func newHole(p *part, r *rand.Rand) defect {
	bu, bv := bolt(r.IntN(boltCount))
	d := defect{
		distance: func(u, v float64) float64 {
			if p.metal(u, v) > 0.9 {
				return 1 // nothing to fill
			}
			return math.Hypot(u-bu, v-bv) - boltRadius - p.edge
		},
		opacity: 1,
	}
	if r.IntN(2) == 0 {
		d.colour = func(_ colour, _, _, u, v float64) colour { return p.steel(u, v) }
		return d
	}
	seed := r.Uint64()
	d.colour = func(_ colour, _, _, u, v float64) colour {
		return colour{0.66, 0.40, 0.14}.add(0.08 * smooth(seed, u*60, v*60))
	}
	return d
}

func newSpot(r *rand.Rand) defect {
	u0, v0 := onDisc(r)
	paints := []colour{{0.16, 0.72, 0.32}, {0.16, 0.50, 0.95}, {0.95, 0.36, 0.26}}
	paint := paints[r.IntN(len(paints))]
	return defect{
		distance: blob(r, u0, v0, between(r, 0.06, 0.075), 0.15),
		onMetal:  true,
		opacity:  0.85,
		colour:   func(colour, float64, float64, float64, float64) colour { return paint },
	}
}
