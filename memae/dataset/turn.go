package dataset

// Flips and turns by multiples of 90° are exact: they only move pixels. Each
// returns a new image.

// flipH mirrors left and right.
func flipH(img Image) Image {
	out := NewImage(img.Width, img.Height)
	for y := range 3 * img.Height { // all rows of all channels
		src, dst := img.Pix[y*img.Width:][:img.Width], out.Pix[y*img.Width:][:img.Width]
		for x, v := range src {
			dst[img.Width-1-x] = v
		}
	}
	return out
}

// flipV mirrors top and bottom.
func flipV(img Image) Image {
	out := NewImage(img.Width, img.Height)
	for c := range 3 {
		src, dst := img.Plane(c), out.Plane(c)
		for y := range img.Height {
			copy(dst[(img.Height-1-y)*img.Width:], src[y*img.Width:][:img.Width])
		}
	}
	return out
}

// transpose mirrors along the main diagonal: rows become columns.
func transpose(img Image) Image {
	out := NewImage(img.Height, img.Width)
	for c := range 3 {
		src, dst := img.Plane(c), out.Plane(c)
		for y := range img.Height {
			for x, v := range src[y*img.Width:][:img.Width] {
				dst[x*img.Height+y] = v
			}
		}
	}
	return out
}

// rot90 turns by quarter turns counter-clockwise, as numpy.rot90.
func rot90(img Image, quarters int) Image {
	switch quarters & 3 {
	case 1:
		return flipV(transpose(img))
	case 2:
		return flipV(flipH(img))
	case 3:
		return flipH(transpose(img))
	}
	return img
}
