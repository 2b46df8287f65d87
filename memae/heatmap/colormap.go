package heatmap

import (
	"image/color"
	"math"
)

// Colormap gives a colour to a number in 0–1. Those of this package rise evenly
// in lightness, so that equal steps of the score look equal, also in print and
// to people who do not see all colours.
type Colormap struct {
	table [256]color.RGBA
}

// The colour maps are those of matplotlib (Smith and van der Walt, 2015, CC0),
// as polynomials of degree six in each channel, fitted and published by Matt
// Zucker ("Colormap polynomials", shadertoy.com/view/WlfXRN, CC0).
var (
	// Inferno runs from black through red to pale yellow. It suits overlays:
	// what is normal stays dark.
	Inferno = newColormap([7]rgb{
		{0.0002189403691192265, 0.001651004631001012, -0.01948089843709184},
		{0.1065134194856116, 0.5639564367884091, 3.932712388889277},
		{11.60249308247187, -3.972853965665698, -15.9423941062914},
		{-41.70399613139459, 17.43639888205313, 44.35414519872813},
		{77.162935699427, -33.40235894210092, -81.80730925738993},
		{-71.31942824499214, 32.62606426397723, 73.20951985803202},
		{25.13112622477341, -12.24266895238567, -23.07032500287172},
	})
	// Viridis runs from dark blue through green to yellow.
	Viridis = newColormap([7]rgb{
		{0.2777273272234177, 0.005407344544966578, 0.3340998053353061},
		{0.1050930431085774, 1.404613529898575, 1.384590162594685},
		{-0.3308618287255563, 0.214847559468213, 0.09509516302823659},
		{-4.634230498983486, -5.799100973351585, -19.33244095627987},
		{6.228269936347081, 14.17993336680509, 56.69055260068105},
		{4.776384997670288, -13.74514537774601, -65.35303263337234},
		{-5.435455855934631, 4.645852612178535, 26.3124352495832},
	})
)

type rgb [3]float64

// newColormap tabulates a polynomial; coefficients[k] belongs to t^k.
func newColormap(coefficients [7]rgb) *Colormap {
	m := &Colormap{}
	for i := range m.table {
		t := float64(i) / 255
		var c [3]uint8
		for k := range c {
			v := 0.0
			for j := len(coefficients) - 1; j >= 0; j-- {
				v = v*t + coefficients[j][k]
			}
			c[k] = uint8(math.Round(255 * min(1, max(0, v))))
		}
		m.table[i] = color.RGBA{c[0], c[1], c[2], 255}
	}
	return m
}

// At returns the colour of t; below 0 it is the first one, above 1 and for NaN
// the last one.
func (m *Colormap) At(t float64) color.RGBA {
	if !(t < 1) {
		return m.table[255]
	}
	return m.table[int(max(0, t)*255+0.5)]
}
