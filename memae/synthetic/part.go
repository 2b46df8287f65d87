package synthetic

import (
	"math"
	"math/rand/v2"
)

// Sizes of the flange, in sides of the picture, centred at (0, 0).
const (
	discRadius   = 0.40
	boreRadius   = 0.105
	grooveRadius = 0.165
	boltCircle   = 0.275
	boltRadius   = 0.055
	boltCount    = 5 // of six places; the print takes the last one
	boltPlaces   = 6
)

// colour is red, green and blue in 0–1.
type colour [3]float64

func (c colour) scale(k float64) colour { return colour{c[0] * k, c[1] * k, c[2] * k} }

func (c colour) add(k float64) colour { return colour{c[0] + k, c[1] + k, c[2] + k} }

func (c colour) mix(d colour, t float64) colour {
	return colour{mix(c[0], d[0], t), mix(c[1], d[1], t), mix(c[2], d[2], t)}
}

// part is one flange in front of the camera: all that varies from one good
// part to the next.
type part struct {
	edge       float64 // width of an antialiased edge, in sides
	shiftX     float64 // position of the centre
	shiftY     float64
	cos, sin   float64 // rotation
	light      float64 // gain of the lamp, about 1
	slopeX     float64 // how the light falls off across the picture
	slopeY     float64
	print      float64 // strength of the printed mark, about 1
	gleam      float64 // direction of the highlight in radians
	latheSeed  uint64
	beltSeed   uint64
	sensorSeed uint64
}

// newPart draws the part of an index.
func newPart(size int, seed uint64, index int) part {
	r := rand.New(rand.NewPCG(seed, hash(seed, index, 0)))
	spread := func(width float64) float64 { return width * (2*r.Float64() - 1) }
	angle := spread(1.0 * math.Pi / 180)
	return part{
		edge:       1.2 / float64(size),
		shiftX:     spread(0.75 / 128),
		shiftY:     spread(0.75 / 128),
		cos:        math.Cos(angle),
		sin:        math.Sin(angle),
		light:      1 + spread(0.04),
		slopeX:     spread(0.04),
		slopeY:     spread(0.04),
		print:      0.9 + spread(0.1),
		gleam:      -math.Pi/4 + spread(0.06),
		latheSeed:  r.Uint64(),
		beltSeed:   r.Uint64(),
		sensorSeed: r.Uint64(),
	}
}

// onPart turns a place in the picture (sides, from its centre) into one on the
// part.
func (p *part) onPart(x, y float64) (u, v float64) {
	x, y = x-p.shiftX, y-p.shiftY
	return p.cos*x + p.sin*y, p.cos*y - p.sin*x
}

// bolt returns the centre of a bolt hole, 0 <= i < boltCount.
func bolt(i int) (u, v float64) {
	sin, cos := math.Sincos((float64(i) + 0.5) * 2 * math.Pi / boltPlaces)
	return boltCircle * cos, boltCircle * sin
}

// metal is the share of metal, 0–1, at a place on a good part.
func (p *part) metal(u, v float64) float64 {
	r := math.Hypot(u, v)
	d := max(r-discRadius, boreRadius-r)
	for i := range boltCount {
		bu, bv := bolt(i)
		d = max(d, boltRadius-math.Hypot(u-bu, v-bv))
	}
	return cover(d, p.edge)
}

// colourAt is what the camera sees of a good part, before light and noise.
func (p *part) colourAt(x, y float64) colour {
	u, v := p.onPart(x, y)
	belt := p.belt(x, y)
	m := p.metal(u, v)
	if m == 0 {
		return belt
	}
	return belt.mix(p.printed(p.steel(u, v), u, v), m)
}

// belt is the ribbed rubber below the part, with the part's shadow. The ribs
// belong to the station and stay put.
func (p *part) belt(x, y float64) colour {
	rib := 0.012 * math.Sin((x+y)*2*math.Pi*14)
	wear := 0.012 * smooth(p.beltSeed, x*20, y*20)
	shadow := cover(math.Hypot(x-p.shiftX-0.012, y-p.shiftY-0.018)-discRadius, 0.05)
	return colour{0.34, 0.37, 0.41}.add(rib + wear).scale(1 - 0.2*shadow)
}

// steel is turned metal: marks of the lathe along circles, the crossed
// highlight they make, a bevel that catches the light, and a groove.
func (p *part) steel(u, v float64) colour {
	r, angle := math.Hypot(u, v), math.Atan2(v, u)
	lathe := 0.018 * smooth(p.latheSeed, r*110, angle*1.5)
	cross := 0.055 * math.Cos(2*(angle-p.gleam))
	facing := math.Cos(angle + 3*math.Pi/4) // 1 towards the lamp, at the upper left
	bevel := 0.10 * facing * (cover(discRadius-0.018-r, 0.01) - cover(r-boreRadius-0.014, 0.01))
	groove := -0.12 * cover(math.Abs(r-grooveRadius)-0.006, 0.01)
	return colour{0.62, 0.63, 0.64}.add(lathe + cross + bevel + groove)
}

// mark is the printed mark, two letters.
var mark = [...]string{
	"#####.#...#",
	"..#...##.##",
	"..#...#.#.#",
	"..#...#...#",
	"..#...#...#",
}

// markCell is the side of a cell of the mark, in sides of the picture.
const markCell = 0.0135

// printed lays the printed mark over the metal, in the sixth place of the bolt
// circle, upright.
func (p *part) printed(c colour, u, v float64) colour {
	sin, cos := math.Sincos((boltCount + 0.5) * 2 * math.Pi / boltPlaces)
	col := (u-boltCircle*cos)/markCell + float64(len(mark[0]))/2
	row := (v-boltCircle*sin)/markCell + float64(len(mark))/2
	ink := 0.0
	for j := int(math.Floor(row)) - 1; j <= int(math.Floor(row))+1; j++ {
		for i := int(math.Floor(col)) - 1; i <= int(math.Floor(col))+1; i++ {
			if j < 0 || j >= len(mark) || i < 0 || i >= len(mark[j]) || mark[j][i] != '#' {
				continue
			}
			// The share of the pixel's square that lies in the cell.
			w := p.edge / markCell
			ink += overlap(col, float64(i), w) * overlap(row, float64(j), w)
		}
	}
	return c.mix(colour{0.16, 0.20, 0.38}, 0.7*p.print*min(1, ink))
}

// overlap is the share of the interval of a width around centre that lies in
// [start, start+1].
func overlap(centre, start, width float64) float64 {
	return max(0, min(centre+width/2, start+1)-max(centre-width/2, start)) / width
}

// lit applies lamp and sensor to a colour and rounds it to 8 bits.
func (p *part) lit(c colour, x, y float64, pixel int) (rgb [3]uint8) {
	gain := p.light * (1 + p.slopeX*x*2 + p.slopeY*y*2)
	for k := range c {
		value := c[k]*gain + 0.008*grain(p.sensorSeed, pixel, k)
		rgb[k] = uint8(math.Round(255 * min(1, max(0, value))))
	}
	return rgb
}
