package textures

import (
	"math"
	"math/rand/v2"
)

// light is a lamp and how a surface answers it.
type light struct {
	x, y, z                   float64 // unit vector towards the lamp
	ambient, gloss, sharpness float64
}

func randomLight(r *rand.Rand) light {
	angle, height := between(r, 0, 2*math.Pi), between(r, 0.3, 1.4)
	return light{
		x: math.Cos(angle) * math.Cos(height), y: math.Sin(angle) * math.Cos(height), z: math.Sin(height),
		ambient: between(r, 0.1, 0.6), gloss: between(r, 0, 0.8), sharpness: scaleBetween(r, 4, 60),
	}
}

// shade gives a surface of the slopes du and dv its brightness, and the share of
// white that its highlight adds (Lambert; Blinn 1977, seen from above).
func (l light) shade(du, dv float64) (diffuse, highlight float64) {
	n := 1 / math.Sqrt(du*du+dv*dv+1)
	facing := max((-du*l.x-dv*l.y+l.z)*n, 0)
	half := (-du*l.x - dv*l.y + l.z + 1) * n / math.Sqrt(2+2*l.z)
	return l.ambient + (1-l.ambient)*facing, l.gloss * math.Pow(max(half, 0), l.sharpness)
}

// paintSolids puts lit bodies on a ground of another kind: rounded, bevelled or
// bored ones.
func paintSolids(r *rand.Rand, m *Image) {
	flat := []painter{paintCloud, paintPower, paintPattern}
	flat[r.IntN(len(flat))](r, m)
	l := randomLight(r)
	for range 1 + r.IntN(4) {
		radius := scaleBetween(r, 6, 0.6*float64(m.Size))
		m.solid(r, randomShape(r, radius), radius, l)
	}
}

// solid paints one body.
func (m *Image) solid(r *rand.Rand, s shape, radius float64, l light) {
	f, c := randomFrame(r, m.Size), randomColour(r)
	bevel := between(r, 0.1, 1) * radius
	height := between(r, 0.4, 1.2) * bevel
	sink := 1.
	if chance(r, 0.25) {
		sink = -1 // a recess
	}
	level := func(x, y float64) float64 {
		u, v := f.to(x, y)
		depth := min(max(-s(u, v)/bevel, 0), 1)
		return sink * height * math.Sqrt(1-(1-depth)*(1-depth))
	}
	grain := cloud(r, m.Size)
	rough := between(r, 0, 0.25)
	for i := range m.Size * m.Size {
		x, y := float64(i%m.Size), float64(i/m.Size)
		u, v := f.to(x, y)
		a := step(-s(u, v), 1.2)
		if a == 0 {
			continue
		}
		diffuse, highlight := l.shade((level(x+0.5, y) - level(x-0.5, y)), (level(x, y+0.5) - level(x, y-0.5)))
		surface := c.scale(diffuse * (1 + rough*(grain(x, y)-0.5)))
		m.mix(i, surface.mix(colour{1, 1, 1}, min(highlight, 1)), a)
	}
}
