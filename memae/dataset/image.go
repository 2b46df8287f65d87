package dataset

import (
	"bytes"
	"fmt"
	"image"
)

// Image is a photo as planar RGB: Pix[(c*Height+y)*Width+x] with c = 0, 1, 2
// for red, green, blue (CHW), values in [0,1].
type Image struct {
	Width, Height int
	Pix           []float32
}

// NewImage returns a black image. It panics if a side is below one pixel.
func NewImage(width, height int) Image {
	checkSize("NewImage", width, height)
	return Image{Width: width, Height: height, Pix: make([]float32, 3*width*height)}
}

// Plane returns channel c (0 red, 1 green, 2 blue), sharing memory with img.
func (img Image) Plane(c int) []float32 {
	n := img.Width * img.Height
	return img.Pix[c*n : (c+1)*n]
}

// checkSize panics unless width and height are at least one.
func checkSize(op string, width, height int) {
	if width < 1 || height < 1 {
		panic(fmt.Sprintf("dataset.%s: size is %d×%d, want at least 1×1", op, width, height))
	}
}

// checkImage panics unless the pixels of img fit its size.
func checkImage(op string, img Image) {
	checkSize(op, img.Width, img.Height)
	if want := 3 * img.Width * img.Height; len(img.Pix) != want {
		panic(fmt.Sprintf("dataset.%s: image has %d values, want %d (%d×%d RGB)", op, len(img.Pix), want, img.Width, img.Height))
	}
}

// Load reads the photo at path in its own size. See the package comment for
// formats and conversions. Photos above [MaxPixels] are refused before a pixel
// is decoded.
func Load(path string) (Image, error) {
	p, err := decodeFile(path)
	if err != nil {
		return Image{}, fmt.Errorf("dataset: load %s: %w", path, err)
	}
	return p.image(), nil
}

// LoadResized reads the photo at path and resizes it to width×height pixels. It
// gives the same as Resize of Load in less time and memory: the photo is never
// held as float32 in its own size.
func LoadResized(path string, width, height int) (Image, error) {
	img, _, err := LoadWithSize(path, width, height)
	return img, err
}

// LoadWithSize is LoadResized that also tells the photo's own size, upright.
func LoadWithSize(path string, width, height int) (img Image, own image.Point, err error) {
	checkSize("LoadWithSize", width, height)
	p, err := decodeFile(path)
	if err != nil {
		return Image{}, image.Point{}, fmt.Errorf("dataset: load %s: %w", path, err)
	}
	return p.resized(width, height), p.size(), nil
}

// Decode reads a photo from the bytes of its file, as Load does.
func Decode(data []byte) (Image, error) {
	p, err := decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, fmt.Errorf("dataset: decode photo: %w", err)
	}
	return p.image(), nil
}

// FromImage converts a standard library image, with the conversions of Load.
func FromImage(src image.Image) Image {
	return picture{pixels: src, orientation: 1}.image()
}

// size returns the size as shown upright.
func (p picture) size() image.Point {
	size := p.pixels.Bounds().Size()
	if p.orientation >= 5 { // transposed
		size.X, size.Y = size.Y, size.X
	}
	return size
}

// image converts the whole picture.
func (p picture) image() Image {
	size := p.pixels.Bounds().Size()
	img := NewImage(size.X, size.Y)
	r, g, b := img.Plane(0), img.Plane(1), img.Plane(2)
	row := rowsOf(p.pixels)
	for y := range size.Y {
		i, j := y*size.X, (y+1)*size.X
		row(y, r[i:j], g[i:j], b[i:j])
	}
	return orient(img, p.orientation)
}

// resized converts and resizes the picture row by row.
func (p picture) resized(width, height int) Image {
	if p.orientation >= 5 { // a transposed picture: sides change places
		width, height = height, width
	}
	size := p.pixels.Bounds().Size()
	return orient(resizeRows(size.X, size.Y, rowsOf(p.pixels), width, height), p.orientation)
}

// orient turns an image upright, given the value of the EXIF orientation tag
// (1 upright … 8; EXIF 2.3, tag 0x0112). Unknown values leave it as it is.
func orient(img Image, orientation int) Image {
	if orientation < 2 || orientation > 8 {
		return img
	}
	if orientation >= 5 {
		img = transpose(img)
	}
	switch orientation {
	case 2, 6:
		return flipH(img)
	case 3, 7:
		return flipV(flipH(img))
	case 4, 8:
		return flipV(img)
	}
	return img
}
