package dataset

// LoadMask reads the ground-truth mask at path and scales it to width×height
// pixels by nearest neighbour, as PIL does. A pixel is true (defective) where
// any channel is above zero. The result is in row order: mask[y*width+x].
func LoadMask(path string, width, height int) ([]bool, error) {
	checkSize("LoadMask", width, height)
	img, err := Load(path)
	if err != nil {
		return nil, err
	}
	mask := make([]bool, 0, width*height)
	r, g, b := img.Plane(0), img.Plane(1), img.Plane(2)
	columns := nearest(img.Width, width)
	for _, y := range nearest(img.Height, height) {
		for _, x := range columns {
			i := y*img.Width + x
			mask = append(mask, r[i] > 0 || g[i] > 0 || b[i] > 0)
		}
	}
	return mask, nil
}

// nearest returns the input pixel under the centre of each output pixel for a
// side scaled from n to m pixels. The position is summed up step by step, as in
// PIL (ImagingScaleAffine in Geometry.c): where a centre falls on the border of
// two pixels, the rounding of that sum decides which one is taken.
func nearest(n, m int) []int {
	indices := make([]int, m)
	step := float64(n) / float64(m)
	at := step / 2
	for i := range indices {
		indices[i] = min(int(at), n-1)
		at += step
	}
	return indices
}
