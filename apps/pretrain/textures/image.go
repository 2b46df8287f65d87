package textures

import (
	"math"
	"math/rand/v2"
)

// Image is a square RGB picture: planar rows [3,Size,Size], 0 black to 1 white.
type Image struct {
	Size int
	Pix  []float32
}

func newImage(size int) *Image {
	return &Image{Size: size, Pix: make([]float32, 3*size*size)}
}

// clone copies the picture.
func (m *Image) clone() *Image {
	c := newImage(m.Size)
	copy(c.Pix, m.Pix)
	return c
}

// plane is one of the three colour planes.
func (m *Image) plane(c int) []float32 {
	n := m.Size * m.Size
	return m.Pix[c*n : (c+1)*n]
}

// mix moves a pixel towards c by the share a.
func (m *Image) mix(pixel int, c colour, a float64) {
	n := m.Size * m.Size
	for k := range 3 {
		p := &m.Pix[k*n+pixel]
		*p += float32(a) * (float32(c[k]) - *p)
	}
}

// clamp limits all values to what a file can hold.
func (m *Image) clamp() {
	for i, v := range m.Pix {
		m.Pix[i] = min(max(v, 0), 1)
	}
}

// sample interpolates a plane between pixels, repeating its edge.
func sample(plane []float32, size int, x, y float64) float32 {
	last := float64(size - 1)
	x, y = min(max(x, 0), last), min(max(y, 0), last)
	i, j := int(x), int(y)
	i2, j2 := min(i+1, size-1), min(j+1, size-1)
	fx, fy := float32(x-float64(i)), float32(y-float64(j))
	top := plane[j*size+i]*(1-fx) + plane[j*size+i2]*fx
	bottom := plane[j2*size+i]*(1-fx) + plane[j2*size+i2]*fx
	return top*(1-fy) + bottom*fy
}

// colour is red, green, blue in 0–1.
type colour [3]float64

func (c colour) mix(d colour, a float64) colour {
	for k := range c {
		c[k] += a * (d[k] - c[k])
	}
	return c
}

func (c colour) scale(f float64) colour {
	for k := range c {
		c[k] *= f
	}
	return c
}

// luminance weighs the channels as Rec. 601 does.
func (c colour) luminance() float64 { return 0.299*c[0] + 0.587*c[1] + 0.114*c[2] }

// randomColour is grey in a third of the cases, as many products are.
func randomColour(r *rand.Rand) colour {
	c := colour{r.Float64(), r.Float64(), r.Float64()}
	saturation := r.Float64()
	if chance(r, 1./3) {
		saturation = 0
	}
	l := c.luminance()
	return colour{l, l, l}.mix(c, saturation)
}

// palette maps 0–1 to colours, linearly between its entries.
type palette []colour

func randomPalette(r *rand.Rand) palette {
	p := make(palette, 2+r.IntN(3))
	for i := range p {
		p[i] = randomColour(r)
	}
	return p
}

func (p palette) at(v float64) colour {
	v = min(max(v, 0), 1) * float64(len(p)-1)
	i := min(int(v), len(p)-2)
	return p[i].mix(p[i+1], v-float64(i))
}

// field is a function of the place, in pixels.
type field func(x, y float64) float64

// fill colours every pixel by a field with values in 0–1.
func (m *Image) fill(f field, p palette) {
	for i := range m.Size * m.Size {
		m.mix(i, p.at(f(float64(i%m.Size), float64(i/m.Size))), 1)
	}
}

// frame is a turned and shifted system of coordinates.
type frame struct{ x, y, sin, cos float64 }

// randomFrame lies anywhere in a picture, turned by any angle; in half of the
// cases by a multiple of 90°, as products are placed.
func randomFrame(r *rand.Rand, size int) frame {
	angle := between(r, 0, 2*math.Pi)
	if chance(r, 0.5) {
		angle = math.Pi / 2 * float64(r.IntN(4))
	}
	f := frame{x: between(r, 0, float64(size)), y: between(r, 0, float64(size))}
	f.sin, f.cos = math.Sincos(angle)
	return f
}

// to gives the place in the frame.
func (f frame) to(x, y float64) (u, v float64) {
	x, y = x-f.x, y-f.y
	return x*f.cos + y*f.sin, y*f.cos - x*f.sin
}

// between draws evenly from [a,b).
func between(r *rand.Rand, a, b float64) float64 { return a + (b-a)*r.Float64() }

// scaleBetween draws evenly from [a,b) on a logarithmic scale.
func scaleBetween(r *rand.Rand, a, b float64) float64 {
	return a * math.Exp(r.Float64()*math.Log(b/a))
}

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// step rises smoothly from 0 at -width/2 to 1 at width/2.
func step(v, width float64) float64 {
	t := min(max(v/width+0.5, 0), 1)
	return t * t * (3 - 2*t)
}
