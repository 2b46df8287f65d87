package textures

import (
	"image"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// signs are what print is made of.
const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:-/%#"

// stencil is a printed sheet, 255 where there is ink.
func stencil(r *rand.Rand, size int) *image.Alpha {
	sheet := image.NewAlpha(image.Rect(0, 0, size, size))
	face := basicfont.Face7x13
	pen := font.Drawer{Dst: sheet, Src: image.Opaque, Face: face}
	pitch := face.Height + r.IntN(6)
	for y := face.Ascent; y < size+face.Height; y += pitch {
		if chance(r, 0.15) {
			continue
		}
		line := make([]byte, 0, size/face.Advance+1)
		for len(line) <= size/face.Advance {
			if chance(r, 0.12) {
				line = append(line, ' ')
			} else {
				line = append(line, signs[r.IntN(len(signs))])
			}
		}
		pen.Dot = fixed.P(-r.IntN(face.Advance), y)
		pen.DrawString(string(line))
	}
	return sheet
}

// bars is a bar code across the frame.
func bars(r *rand.Rand) field {
	module, seed := between(r, 1.2, 4), r.Uint64()
	return func(u, _ float64) float64 {
		place := u / module
		i := int(place + 1e6) // places are far from −10⁶ modules
		return float64(hash(i, 0, seed) & 1)
	}
}

// ink is print as a field, 1 where there is ink, in any size and direction.
func ink(r *rand.Rand, size int) field {
	f, zoom := randomFrame(r, size), scaleBetween(r, 0.8, 4)
	if chance(r, 0.2) {
		code := bars(r)
		return func(x, y float64) float64 { return code(f.to(x, y)) }
	}
	sheet := stencil(r, size)
	values := make([]float32, len(sheet.Pix))
	for i, v := range sheet.Pix {
		values[i] = float32(v) / 255
	}
	return func(x, y float64) float64 {
		u, v := f.to(x, y)
		middle := float64(size) / 2
		return float64(sample(values, size, u/zoom+middle, v/zoom+middle))
	}
}

// paintPrint prints on a ground of another kind.
func paintPrint(r *rand.Rand, m *Image) {
	flat := []painter{paintCloud, paintPower, paintPattern, paintSolids}
	flat[r.IntN(len(flat))](r, m)
	f, c, opacity := ink(r, m.Size), randomColour(r), between(r, 0.5, 1)
	region := randomShape(r, scaleBetween(r, 15, float64(m.Size)))
	at := randomFrame(r, m.Size)
	for i := range m.Size * m.Size {
		x, y := float64(i%m.Size), float64(i/m.Size)
		u, v := at.to(x, y)
		if region(u, v) < 0 {
			m.mix(i, c, opacity*f(x, y))
		}
	}
}
