package synthetic

import "math"

// hash mixes a seed and two lattice coordinates into 64 random bits (the
// finaliser of splitmix64; Steele, Lea, Flood, OOPSLA 2014). Noise that is a
// function of its place does not depend on the order of drawing.
func hash(seed uint64, x, y int) uint64 {
	z := seed + uint64(x)*0x9e3779b97f4a7c15 + uint64(y)*0xd1b54a32d192ed03
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// lattice is the noise value in [-1, 1) at a lattice point.
func lattice(seed uint64, x, y int) float64 {
	return float64(hash(seed, x, y)>>11)/(1<<52) - 1
}

// grain is noise of mean 0 and standard deviation 1 for one pixel and channel:
// the sum of four uniform numbers, near enough to a normal one for a sensor.
func grain(seed uint64, pixel, channel int) float64 {
	h := hash(seed, pixel, channel)
	sum := h&0xffff + h>>16&0xffff + h>>32&0xffff + h>>48
	return (float64(sum)/65535 - 2) * math.Sqrt(3)
}

// smooth is value noise: lattice values joined by smooth steps, in [-1, 1],
// varying over distances of about 1.
func smooth(seed uint64, x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	tx, ty := ease(x-fx), ease(y-fy)
	top := mix(lattice(seed, ix, iy), lattice(seed, ix+1, iy), tx)
	bottom := mix(lattice(seed, ix, iy+1), lattice(seed, ix+1, iy+1), tx)
	return mix(top, bottom, ty)
}

// ease is the smooth step 3t²−2t³ on [0, 1].
func ease(t float64) float64 { return t * t * (3 - 2*t) }

// mix goes from a at t = 0 to b at t = 1.
func mix(a, b, t float64) float64 { return a + (b-a)*t }

// cover turns a signed distance (negative inside, in sides of the picture) into
// the share of a pixel that is inside, with an edge of the given width.
func cover(distance, edge float64) float64 {
	return ease(min(1, max(0, 0.5-distance/edge)))
}
