package synthetic

import (
	"fmt"
	"image"
	"math/rand/v2"
)

// Sample is one photo with its truth.
type Sample struct {
	Kind   Kind
	Index  int         // which part it shows
	Photo  *image.RGBA // Size × Size, opaque
	Truth  *image.Gray // 255 on the defect, 0 elsewhere; all 0 on a good part
	Pixels int         // pixels of the defect
}

// Mask returns the truth row by row, true on the defect.
func (s Sample) Mask() []bool {
	mask := make([]bool, len(s.Truth.Pix))
	for i, v := range s.Truth.Pix {
		mask[i] = v != 0
	}
	return mask
}

// A defect covers this share of the picture; one that came out smaller or
// larger, say a stain that lies mostly across a hole, is drawn again.
const minShare, maxShare = 0.009, 0.05

// maxTries bounds the drawing of one defect. About nine in ten fit at once.
const maxTries = 100

// minAlpha is the share of a pixel that a defect must cover to count. Thinner
// covers are not painted at all, so that the truth is exact.
const minAlpha = 0.25

// Generate draws the part of an index with a defect of the given kind, or
// [Good]. The same seed, size and index is the same part under any kind: the
// photos are equal wherever the truth is 0. Of the options only Size and Seed
// count.
//
// It returns an error for options out of range and panics on an unknown kind.
func Generate(o Options, index int, kind Kind) (Sample, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Sample{}, err
	}
	return generate(o, index, kind)
}

func generate(o Options, index int, kind Kind) (Sample, error) {
	p := newPart(o.Size, o.Seed, index)
	s := Sample{
		Kind:  kind,
		Index: index,
		Photo: image.NewRGBA(image.Rect(0, 0, o.Size, o.Size)),
		Truth: image.NewGray(image.Rect(0, 0, o.Size, o.Size)),
	}
	var d defect
	var alpha []float64 // nil on a good part
	if kind != Good {
		var err error
		if d, alpha, err = p.flaw(o, index, kind); err != nil {
			return Sample{}, err
		}
	}
	for i := range s.Truth.Pix {
		x, y := place(i, o.Size)
		c := p.colourAt(x, y)
		if alpha != nil && alpha[i] > 0 {
			u, v := p.onPart(x, y)
			c = c.mix(d.colour(c, x, y, u, v), alpha[i])
			s.Truth.Pix[i] = 255
			s.Pixels++
		}
		rgb := p.lit(c, x, y, i)
		s.Photo.Pix[4*i], s.Photo.Pix[4*i+1], s.Photo.Pix[4*i+2], s.Photo.Pix[4*i+3] = rgb[0], rgb[1], rgb[2], 255
	}
	return s, nil
}

// flaw draws defects until one has the right size, and returns it with how much
// of it covers each pixel.
func (p *part) flaw(o Options, index int, kind Kind) (defect, []float64, error) {
	r := rand.New(rand.NewPCG(o.Seed, hash(o.Seed, index, 1)))
	total := float64(o.Size * o.Size)
	alpha := make([]float64, o.Size*o.Size)
	for range maxTries {
		d := newDefect(p, kind, r)
		pixels := 0.0
		for i := range alpha {
			x, y := place(i, o.Size)
			u, v := p.onPart(x, y)
			a := cover(d.distance(u, v), p.edge+d.soft)
			if a > 0 && d.onMetal {
				a *= p.metal(u, v)
			}
			alpha[i] = 0
			if a > minAlpha {
				alpha[i] = a * d.opacity
				pixels++
			}
		}
		if pixels >= minShare*total && pixels <= maxShare*total {
			return d, alpha, nil
		}
	}
	return defect{}, nil, fmt.Errorf("synthetic: no %s of the right size found for part %d in %d tries; choose another seed", kind, index, maxTries)
}

// place is the centre of a pixel, in sides of the picture from its centre.
func place(pixel, size int) (x, y float64) {
	n := float64(size)
	return (float64(pixel%size)+0.5)/n - 0.5, (float64(pixel/size)+0.5)/n - 0.5
}
