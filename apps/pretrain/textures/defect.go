package textures

import (
	"math"
	"math/rand/v2"
)

// defect changes a picture where its field is above 0.
type defect struct {
	covers field                                        // how much of a pixel, 0–1
	paint  func(i int, old colour, x, y float64) colour // what stands there
}

// newDefect draws one for picture m.
func newDefect(r *rand.Rand, m *Image) defect {
	d := defect{covers: place(r, m.Size)}
	switch r.IntN(6) {
	case 0, 1:
		d.paint = stain(r)
	case 2:
		d.paint = foreign(r, m.Size)
	case 3:
		d.paint = moved(r, m)
	case 4:
		d.paint = dent(r, m.Size)
	default:
		d.paint = worn(r, m)
	}
	return d
}

// place is where a defect lies: a blob, a scratch, a crack, any shape, or some of
// them together.
func place(r *rand.Rand, size int) field {
	one := func() shape {
		f := randomFrame(r, size)
		var s shape
		switch r.IntN(4) {
		case 0:
			s = scratch(r, size)
		case 1:
			s = crack(r, size)
		case 2:
			s = blob(r.Uint64(), scaleBetween(r, 1.5, 14), between(r, 0.2, 1))
		default:
			s = randomShape(r, scaleBetween(r, 2, 14))
		}
		return func(x, y float64) float64 { return s(f.to(x, y)) }
	}
	shapes := []shape{one()}
	for range []int{0, 0, 0, 1, 2}[r.IntN(5)] {
		shapes = append(shapes, one())
	}
	soft := scaleBetween(r, 1, 4)
	return func(x, y float64) float64 {
		nearest := math.Inf(1)
		for _, s := range shapes {
			nearest = min(nearest, s(x, y))
		}
		return step(-nearest, soft)
	}
}

// scratch is a thin arc.
func scratch(r *rand.Rand, size int) shape {
	half, width := between(r, 0.08, 0.4)*float64(size), scaleBetween(r, 0.4, 2)
	bend := between(r, -0.01, 0.01)
	return func(u, v float64) float64 {
		return math.Hypot(max(math.Abs(u)-half, 0), v-bend*u*u) - width
	}
}

// crack wanders and grows thinner towards its ends.
func crack(r *rand.Rand, size int) shape {
	half, width := between(r, 0.08, 0.3)*float64(size), scaleBetween(r, 0.6, 2)
	seed, period, swing := r.Uint64(), between(r, 4, 12), between(r, 2, 8)
	return func(u, v float64) float64 {
		way := swing * (perlin(u/period, 0, seed) + 0.5*perlin(2.7*u/period, 9, seed))
		end := math.Abs(u) / half
		return math.Hypot(max(math.Abs(u)-half, 0), v-way) - width*max(1-end*end, 0)
	}
}

// stain tints what lies below: dirt, oil, paint, rust.
func stain(r *rand.Rand) func(int, colour, float64, float64) colour {
	tint, opacity := randomColour(r), between(r, 0.1, 0.9)
	grain := cloud(r, 32)
	rough := between(r, 0, 0.4)
	return func(_ int, old colour, x, y float64) colour {
		return old.mix(tint.scale(1+rough*(grain(x, y)-0.5)), opacity)
	}
}

// foreign puts another material there.
func foreign(r *rand.Rand, size int) func(int, colour, float64, float64) colour {
	other := newImage(size)
	paintAny(r, other)
	return func(i int, _ colour, _, _ float64) colour { return other.colourAt(i) }
}

// moved takes the place's content from elsewhere in the picture.
func moved(r *rand.Rand, m *Image) func(int, colour, float64, float64) colour {
	old, angle, way := m.clone(), between(r, 0, 2*math.Pi), between(r, 2, 30)
	dx, dy := way*math.Cos(angle), way*math.Sin(angle)
	return func(_ int, _ colour, x, y float64) colour { return old.colourNear(x+dx, y+dy) }
}

// dent makes the place darker and lighter along a direction, as relief does.
func dent(r *rand.Rand, size int) func(int, colour, float64, float64) colour {
	f, period := randomFrame(r, size), scaleBetween(r, 4, 20)
	strength := between(r, 0.15, 0.7)
	return func(_ int, old colour, x, y float64) colour {
		u, _ := f.to(x, y)
		return old.scale(1 + strength*math.Sin(u/period))
	}
}

// worn takes the texture away: only its average stays.
func worn(r *rand.Rand, m *Image) func(int, colour, float64, float64) colour {
	smooth := m.clone()
	smooth.blur(between(r, 2, 6))
	return func(i int, _ colour, _, _ float64) colour { return smooth.colourAt(i) }
}

func (m *Image) colourAt(i int) colour {
	n := m.Size * m.Size
	return colour{float64(m.Pix[i]), float64(m.Pix[n+i]), float64(m.Pix[2*n+i])}
}

func (m *Image) colourNear(x, y float64) (c colour) {
	for k := range c {
		c[k] = float64(sample(m.plane(k), m.Size, x, y))
	}
	return c
}
