package textures

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// recolour changes contrast and brightness of each channel, in half of the cases
// gamma, and in a quarter takes colour away.
func (m *Image) recolour(r *rand.Rand) {
	n := m.Size * m.Size
	if chance(r, 0.25) {
		for i := range n {
			l := float32(colour{float64(m.Pix[i]), float64(m.Pix[n+i]), float64(m.Pix[2*n+i])}.luminance())
			m.Pix[i], m.Pix[n+i], m.Pix[2*n+i] = l, l, l
		}
	}
	if chance(r, 0.5) {
		gamma := scaleBetween(r, 0.6, 1.6)
		for i, v := range m.Pix {
			m.Pix[i] = float32(math.Exp(gamma * math.Log(max(float64(v), 1e-9)))) // math.Pow takes four times as long
		}
	}
	contrast, level := float32(between(r, 0.4, 1.1)), r.Float32()
	for c := range 3 {
		tint := float32(between(r, 0.9, 1.1))
		for i, v := range m.plane(c) {
			m.plane(c)[i] = tint * (level + contrast*(v-level))
		}
	}
}

// illuminate makes one side brighter than the other.
func (m *Image) illuminate(r *rand.Rand) {
	f, slope := randomFrame(r, m.Size), between(r, -0.4, 0.4)/float64(m.Size)
	n := m.Size * m.Size
	for i := range n {
		u, _ := f.to(float64(i%m.Size), float64(i/m.Size))
		for c := range 3 {
			m.Pix[c*n+i] *= float32(max(1+slope*u, 0.2))
		}
	}
}

// blur convolves with a gaussian of the given standard deviation in pixels,
// repeating the edge.
func (m *Image) blur(sigma float64) {
	reach := int(3*sigma) + 1
	taps := make([]float32, 2*reach+1)
	sum := float32(0)
	for i := range taps {
		d := float64(i - reach)
		taps[i] = float32(math.Exp(-d * d / (2 * sigma * sigma)))
		sum += taps[i]
	}
	size := m.Size
	half := make([]float32, size*size)
	inside := func(i int) int { return min(max(i, 0), size-1) }
	for c := range 3 {
		p := m.plane(c)
		for i := range half {
			x, y, v := i%size, i/size, float32(0)
			for k, w := range taps {
				v += w * p[y*size+inside(x+k-reach)]
			}
			half[i] = v / sum
		}
		for i := range half {
			x, y, v := i%size, i/size, float32(0)
			for k, w := range taps {
				v += w * half[inside(y+k-reach)*size+x]
			}
			p[i] = v / sum
		}
	}
}

// noise adds independent normal noise.
func (m *Image) noise(r *rand.Rand, deviation float64) {
	for i := range m.Pix {
		m.Pix[i] += float32(deviation * r.NormFloat64())
	}
	m.clamp()
}

// compress writes the picture as JPEG and reads it back.
func (m *Image) compress(quality int) {
	size, n := m.Size, m.Size*m.Size
	rgba := image.NewRGBA(image.Rect(0, 0, size, size))
	for i := range n {
		for c := range 3 {
			rgba.Pix[4*i+c] = uint8(min(max(m.Pix[c*n+i], 0), 1)*255 + 0.5)
		}
		rgba.Pix[4*i+3] = 255
	}
	var file bytes.Buffer
	err := jpeg.Encode(&file, rgba, &jpeg.Options{Quality: quality})
	if err != nil {
		panic(fmt.Sprintf("textures: encode a picture of %d pixels: %v", size, err)) // memory does not fail
	}
	decoded, err := jpeg.Decode(&file)
	if err != nil {
		panic(fmt.Sprintf("textures: decode what was just encoded: %v", err))
	}
	for i := range n {
		red, green, blue, _ := decoded.At(i%size, i/size).RGBA()
		m.Pix[i], m.Pix[n+i], m.Pix[2*n+i] = float32(red)/0xffff, float32(green)/0xffff, float32(blue)/0xffff
	}
}

// move takes every pixel from the place that from names.
func (m *Image) move(from func(x, y float64) (float64, float64)) {
	old := m.clone()
	for i := range m.Size * m.Size {
		x, y := from(float64(i%m.Size), float64(i/m.Size))
		for c := range 3 {
			m.plane(c)[i] = sample(old.plane(c), m.Size, x, y)
		}
	}
}

// resample brings the picture to 1/factor of its size, averaging, and back.
func (m *Image) resample(factor float64) {
	m.blur(0.45 * factor)
	small := max(int(float64(m.Size)/factor+0.5), 2)
	ratio := float64(m.Size) / float64(small)
	for c := range 3 {
		p := m.plane(c)
		coarse := make([]float32, small*small)
		for i := range coarse {
			x, y := float64(i%small), float64(i/small)
			coarse[i] = sample(p, m.Size, (x+0.5)*ratio-0.5, (y+0.5)*ratio-0.5)
		}
		for i := range p {
			x, y := float64(i%m.Size), float64(i/m.Size)
			p[i] = sample(coarse, small, (x+0.5)/ratio-0.5, (y+0.5)/ratio-0.5)
		}
	}
}
