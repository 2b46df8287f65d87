package heatmap

import (
	"fmt"
	"image"
	"image/color"
)

// The colours of contours, as in the paper's figure 3.
var (
	TruthColor      = color.RGBA{255, 0, 0, 255}
	PredictionColor = color.RGBA{0, 255, 0, 255}
)

// Contour draws the outline of a mask into dst: the pixels of the mask that are
// at most thickness pixels from the outside, diagonals included, the border of
// the picture counting as outside.
//
// The mask has width × height pixels, row by row. It need not be as large as
// dst: it is stretched to it, pixel by pixel, so that a line on an enlarged
// picture stays fine. Contour panics on a mask of another length, or a thickness
// below 1.
func Contour(dst *image.RGBA, mask []bool, width, height, thickness int, c color.RGBA) {
	checkLength("Contour", "mask pixels", len(mask), 1, width, height)
	if thickness < 1 {
		panic(fmt.Sprintf("heatmap.Contour: got a thickness of %d, want at least 1", thickness))
	}
	size := dst.Rect.Size()
	inside := func(x, y int) bool {
		return x >= 0 && x < size.X && y >= 0 && y < size.Y &&
			mask[y*height/size.Y*width+x*width/size.X]
	}
	for y := range size.Y {
		for x := range size.X {
			if inside(x, y) && nearOutside(inside, x, y, thickness) {
				dst.SetRGBA(dst.Rect.Min.X+x, dst.Rect.Min.Y+y, c)
			}
		}
	}
}

// nearOutside says whether a pixel outside is at most reach away.
func nearOutside(inside func(x, y int) bool, x, y, reach int) bool {
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			if !inside(x+dx, y+dy) {
				return true
			}
		}
	}
	return false
}
