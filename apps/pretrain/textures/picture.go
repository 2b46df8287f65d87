package textures

import "math/rand/v2"

// painter covers a picture.
type painter func(r *rand.Rand, m *Image)

// painters with how often each is taken.
var painters = []struct {
	share float64
	paint painter
}{
	{0.18, paintCloud}, {0.17, paintPower}, {0.2, paintLeaves}, {0.2, paintPattern}, {0.15, paintSolids}, {0.1, paintPrint},
}

// paintAny takes a painter by its share.
func paintAny(r *rand.Rand, m *Image) {
	v := r.Float64()
	for _, p := range painters {
		if v -= p.share; v < 0 {
			p.paint(r, m)
			return
		}
	}
	painters[0].paint(r, m) // the shares' sum is 1 but for rounding
}

// Picture draws one of size×size pixels. Sizes below 16 panic in parts of it.
func Picture(size int, seed, index uint64) *Image {
	return picture(rand.New(rand.NewPCG(seed, index)), size)
}

func picture(r *rand.Rand, size int) *Image {
	m := newImage(size)
	paintAny(r, m)
	for range r.IntN(3) {
		m.overlay(r)
	}
	m.recolour(r)
	m.illuminate(r)
	m.clamp()
	if chance(r, 0.3) {
		m.blur(between(r, 0.3, 1.2))
	}
	if chance(r, 0.4) {
		m.noise(r, scaleBetween(r, 0.003, 0.03))
	}
	if chance(r, 0.2) {
		m.compress(60 + r.IntN(36))
	}
	return m
}

// overlay lays another picture over a part of this one.
func (m *Image) overlay(r *rand.Rand) {
	top := newImage(m.Size)
	paintAny(r, top)
	covers := m.region(r)
	n := m.Size * m.Size
	for i := range n {
		a := float32(covers(float64(i%m.Size), float64(i/m.Size)))
		for c := range 3 {
			p := &m.Pix[c*n+i]
			*p += a * (top.Pix[c*n+i] - *p)
		}
	}
}

// region is a part of the picture as a field: a half plane, a shape, or where
// noise is high; 1 inside.
func (m *Image) region(r *rand.Rand) field {
	soft := scaleBetween(r, 0.8, 8)
	f := randomFrame(r, m.Size)
	switch r.IntN(3) {
	case 0:
		return func(x, y float64) float64 { u, _ := f.to(x, y); return step(u, soft) }
	case 1:
		s := randomShape(r, scaleBetween(r, 8, 0.8*float64(m.Size)))
		return func(x, y float64) float64 { return step(-s(f.to(x, y)), soft) }
	default:
		n, limit := cloud(r, m.Size), between(r, 0.4, 0.65)
		return func(x, y float64) float64 { return step(n(x, y)-limit, 0.1) }
	}
}
