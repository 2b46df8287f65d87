package textures

import (
	"math"
	"math/rand/v2"
)

// rebuild changes the picture as an auto-encoder does that has not learnt all of
// it: edges lie a little beside their places, what is fine is blurred or gone,
// contrast is lost, and transposed convolutions leave their board behind.
func (m *Image) rebuild(r *rand.Rand) {
	if chance(r, 0.5) {
		m.move(wobble(r, between(r, 0.5, 3)))
	}
	if chance(r, 0.6) {
		m.blur(scaleBetween(r, 0.8, 4))
	} else {
		m.soften(between(r, 0.4, 1), scaleBetween(r, 1.5, 6))
	}
	if chance(r, 0.5) {
		m.fade(between(r, 0.02, 0.25))
	}
	if chance(r, 0.6) {
		m.board(r)
	}
}

// fade moves every colour plane towards its mean by the given share.
func (m *Image) fade(share float64) {
	for c := range 3 {
		mean := 0.
		for _, v := range m.plane(c) {
			mean += float64(v) / float64(m.Size*m.Size)
		}
		for i, v := range m.plane(c) {
			m.plane(c)[i] = v + float32(share*(mean-float64(v)))
		}
	}
}

// board adds the pattern that overlapping windows of transposed convolutions
// leave (Odena, Dumoulin & Olah, Deconvolution and Checkerboard Artifacts, 2016):
// of a period of 2, 4 or 8 pixels, and stronger in some places than in others.
func (m *Image) board(r *rand.Rand) {
	period, strength, where := 2<<r.IntN(3), scaleBetween(r, 0.005, 0.05), cloud(r, m.Size)
	cell := make([][3]float64, period*period)
	for i := range cell {
		grey := r.NormFloat64()
		for c := range 3 {
			cell[i][c] = strength * (grey + 0.4*r.NormFloat64())
		}
	}
	n := m.Size * m.Size
	for i := range n {
		x, y := i%m.Size, i/m.Size
		a := min(max(where(float64(x), float64(y)), 0), 1)
		for c, v := range cell[y%period*period+x%period] {
			m.Pix[c*n+i] += float32(a * v)
		}
	}
}

// glint adds small reflections of a lamp, which no reconstruction shows: soft
// spots and streaks of white.
func (m *Image) glint(r *rand.Rand) {
	for range 1 + r.IntN(5) {
		f, strength := randomFrame(r, m.Size), between(r, 0.3, 1)
		wide := scaleBetween(r, 0.6, 2)
		long := wide * scaleBetween(r, 1, 6)
		for i := range m.Size * m.Size {
			u, v := f.to(float64(i%m.Size), float64(i/m.Size))
			u, v = u/long, v/wide
			if d := u*u + v*v; d < 9 {
				m.mix(i, colour{1, 1, 1}, strength*math.Exp(-d/2))
			}
		}
	}
}
