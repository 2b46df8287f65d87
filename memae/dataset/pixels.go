package dataset

import (
	"image"
	"image/color"
)

// rows writes row y of a picture (0 at the top, whatever its Bounds) into three
// slices of its width, values in [0,1]. It may keep buffers: one caller at a time.
type rows func(y int, r, g, b []float32)

// unit8 holds v/255.
var unit8 = func() (table [256]float32) {
	for i := range table {
		table[i] = float32(i) / 255
	}
	return table
}()

// unit16 returns v/65535 of a big-endian pair of bytes.
func unit16(p []uint8) float32 {
	return float32(uint16(p[0])<<8|uint16(p[1])) / 65535
}

// rowsOf returns the row reader for a picture: direct ones for the types that
// the decoders return, and one through image.Image.At for all others. Alpha is
// composited over black.
func rowsOf(img image.Image) rows {
	switch p := img.(type) {
	case *image.Gray:
		return greyRows(p)
	case *image.Gray16:
		return grey16Rows(p)
	case *image.YCbCr:
		return ycbcrRows(p)
	case *image.RGBA:
		// Values are premultiplied: composited over black already.
		return rgba8Rows(p.Pix, p.Stride, p.Rect.Dx(), false)
	case *image.NRGBA:
		return rgba8Rows(p.Pix, p.Stride, p.Rect.Dx(), !p.Opaque() && !transparent(p.Pix, p.Stride, p.Rect, 4, 1))
	case *image.RGBA64:
		return rgba16Rows(p.Pix, p.Stride, p.Rect.Dx(), false)
	case *image.NRGBA64:
		return rgba16Rows(p.Pix, p.Stride, p.Rect.Dx(), !p.Opaque() && !transparent(p.Pix, p.Stride, p.Rect, 8, 2))
	case *image.Paletted:
		return palettedRows(p)
	}
	return anyRows(img)
}

// transparent reports whether all alpha values, the last bytes of each pixel,
// are zero.
func transparent(pix []uint8, stride int, rect image.Rectangle, size, alpha int) bool {
	for y := range rect.Dy() {
		row := pix[y*stride:][:rect.Dx()*size]
		for i := size; i <= len(row); i += size {
			for _, a := range row[i-alpha : i] {
				if a != 0 {
					return false
				}
			}
		}
	}
	return true
}

func greyRows(p *image.Gray) rows {
	return func(y int, r, g, b []float32) {
		for x, v := range p.Pix[y*p.Stride:][:p.Rect.Dx()] {
			r[x] = unit8[v]
		}
		copy(g, r)
		copy(b, r)
	}
}

func grey16Rows(p *image.Gray16) rows {
	return func(y int, r, g, b []float32) {
		row := p.Pix[y*p.Stride:]
		for x := range r {
			r[x] = unit16(row[2*x:])
		}
		copy(g, r)
		copy(b, r)
	}
}

// rgba8Rows reads pixels of four bytes; straight says that alpha must still be
// multiplied in.
func rgba8Rows(pix []uint8, stride, width int, straight bool) rows {
	return func(y int, r, g, b []float32) {
		row := pix[y*stride:][:4*width]
		for x := range width {
			p := row[4*x : 4*x+4 : 4*x+4]
			r[x], g[x], b[x] = unit8[p[0]], unit8[p[1]], unit8[p[2]]
			if straight {
				a := unit8[p[3]]
				r[x], g[x], b[x] = r[x]*a, g[x]*a, b[x]*a
			}
		}
	}
}

// rgba16Rows reads pixels of four big-endian 16-bit values, as rgba8Rows.
func rgba16Rows(pix []uint8, stride, width int, straight bool) rows {
	return func(y int, r, g, b []float32) {
		row := pix[y*stride:][:8*width]
		for x := range width {
			p := row[8*x : 8*x+8 : 8*x+8]
			r[x], g[x], b[x] = unit16(p), unit16(p[2:]), unit16(p[4:])
			if straight {
				a := unit16(p[6:])
				r[x], g[x], b[x] = r[x]*a, g[x]*a, b[x]*a
			}
		}
	}
}

func palettedRows(p *image.Paletted) rows {
	table := make([][3]float32, 256) // indices beyond the palette are black
	for i, c := range p.Palette {
		table[i] = unitColor(c)
	}
	return func(y int, r, g, b []float32) {
		for x, i := range p.Pix[y*p.Stride:][:p.Rect.Dx()] {
			r[x], g[x], b[x] = table[i][0], table[i][1], table[i][2]
		}
	}
}

func anyRows(img image.Image) rows {
	origin := img.Bounds().Min
	return func(y int, r, g, b []float32) {
		for x := range r {
			c := unitColor(img.At(origin.X+x, origin.Y+y))
			r[x], g[x], b[x] = c[0], c[1], c[2]
		}
	}
}

// unitColor returns a colour composited over black.
func unitColor(c color.Color) [3]float32 {
	r, g, b, _ := c.RGBA()
	return [3]float32{float32(r) / 65535, float32(g) / 65535, float32(b) / 65535}
}
