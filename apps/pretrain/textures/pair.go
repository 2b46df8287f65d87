package textures

import (
	"math"
	"math/rand/v2"
)

// Pair is a picture as a camera sees it, and as it should look.
type Pair struct {
	Photo     *Image    // may have a defect
	Reference *Image    // the same without it, changed harmlessly
	Defect    []float32 // [Size,Size], 1 on the defect, 0 elsewhere
	Far       []float32 // [Size,Size], 1 where no defect is within a few pixels
}

// defective is the share of pairs that have a defect.
const defective = 0.85

// visible is the least change of a pixel, averaged over the colours, that counts
// as a defect.
const visible = 0.03

// margin is how far from a defect Far begins, pixels.
const margin = 4

// NewPair draws a pair of size×size pixels.
func NewPair(size int, seed, index uint64) Pair {
	r := rand.New(rand.NewPCG(seed, index))
	m := picture(r, size)
	p := Pair{Photo: m.clone(), Reference: m, Defect: make([]float32, size*size)}
	if chance(r, defective) {
		p.spoil(r)
	}
	if chance(r, 0.25) {
		p.Photo.glint(r)
	}
	if chance(r, 0.5) {
		p.Reference.rebuild(r)
	}
	p.Reference.harmless(r)
	if chance(r, 0.3) {
		p.Photo.noise(r, scaleBetween(r, 0.002, 0.02))
	}
	p.Far = far(p.Defect, size)
	return p
}

// spoil adds one to three defects to the photo and marks those of their pixels
// that can be seen.
func (p *Pair) spoil(r *rand.Rand) {
	m := p.Photo
	for range 1 + r.IntN(3) {
		d := newDefect(r, m)
		for i := range p.Defect {
			x, y := float64(i%m.Size), float64(i/m.Size)
			if a := d.covers(x, y); a > 0 {
				m.mix(i, d.paint(i, m.colourAt(i), x, y), a)
			}
		}
	}
	m.clamp()
	n := len(p.Defect)
	for i := range p.Defect {
		change := float32(0)
		for c := range 3 {
			change += float32(math.Abs(float64(m.Pix[c*n+i] - p.Reference.Pix[c*n+i])))
		}
		if change/3 >= visible {
			p.Defect[i] = 1
		}
	}
}

// harmless changes the picture as an auto-encoder, a camera or a file does: a
// shift of up to a pixel and a half, light, blur, resampling, noise,
// compression.
func (m *Image) harmless(r *rand.Rand) {
	if chance(r, 0.6) {
		dx, dy, bend := between(r, -1.5, 1.5), between(r, -1.5, 1.5), wobble(r, between(r, 0, 1.5))
		m.move(func(x, y float64) (float64, float64) { return bend(x+dx, y+dy) })
	}
	if chance(r, 0.6) {
		m.relight(r)
	}
	switch r.IntN(4) {
	case 0:
		m.blur(between(r, 0.3, 1.8))
	case 1:
		m.resample(between(r, 1.2, 4))
	case 2:
		m.soften(between(r, 0.2, 0.9), between(r, 0.8, 3))
	}
	if chance(r, 0.3) {
		m.noise(r, scaleBetween(r, 0.002, 0.02))
	}
	if chance(r, 0.2) {
		m.compress(50 + r.IntN(46))
	}
	m.clamp()
}

// relight changes brightness, contrast and white balance a little.
func (m *Image) relight(r *rand.Rand) {
	contrast, level := between(r, 0.88, 1.12), between(r, -0.06, 0.06)
	for c := range 3 {
		gain := contrast * between(r, 0.97, 1.03)
		for i, v := range m.plane(c) {
			m.plane(c)[i] = 0.5 + float32(gain)*(v-0.5) + float32(level)
		}
	}
}

// soften takes away the given share of what is finer than sigma pixels: fine
// texture that an auto-encoder does not draw.
func (m *Image) soften(share, sigma float64) {
	smooth := m.clone()
	smooth.blur(sigma)
	for i, v := range smooth.Pix {
		m.Pix[i] += float32(share) * (v - m.Pix[i])
	}
}

// far marks the pixels that have no defect within margin.
func far(defect []float32, size int) []float32 {
	out := make([]float32, len(defect))
	for i := range out {
		out[i] = 1
	}
	for i, d := range defect {
		if d == 0 {
			continue
		}
		x, y := i%size, i/size
		for j := max(y-margin, 0); j <= min(y+margin, size-1); j++ {
			clear(out[j*size+max(x-margin, 0) : j*size+min(x+margin, size-1)+1])
		}
	}
	return out
}
