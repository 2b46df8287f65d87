package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// MaxPixels is the largest photo that is decoded: 100 megapixels, about what
// the largest industrial cameras deliver. A small file may claim any size.
const MaxPixels = 100_000_000

// picture is a decoded file.
type picture struct {
	pixels image.Image
	// orientation is the EXIF orientation, 1 to 8.
	orientation int
	format      format
	// bits per channel, 8 or 16.
	bits int
	grey bool
}

// source is what decoders read from: files and byte slices.
type source interface {
	io.ReadSeeker
	io.ReaderAt
}

// codec holds the decoders of one format.
type codec struct {
	decode func(io.Reader) (image.Image, error)
	config func(io.Reader) (image.Config, error)
}

var codecs = map[format]codec{
	formatPNG:  {png.Decode, png.DecodeConfig},
	formatJPEG: {jpeg.Decode, jpeg.DecodeConfig},
	formatBMP:  {bmp.Decode, bmp.DecodeConfig},
	formatTIFF: {tiff.Decode, tiff.DecodeConfig},
}

// decodeFile decodes the photo at path. Its errors do not name the path.
func decodeFile(path string) (picture, error) {
	file, err := openRegular(path)
	if err != nil {
		return picture{}, reason(err)
	}
	defer file.Close()
	return decode(file)
}

// decode reads format, size, orientation and pixels, in this order, so that
// what cannot be read is refused as early as possible. A panic of a decoder is
// reported as an error.
func decode(r source) (p picture, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the file is damaged (decoder failed: %v)", fault)
		}
	}()
	var head [sniffLen]byte
	n, err := r.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return picture{}, err
	}
	if p.format, err = sniff(head[:n]); err != nil {
		return picture{}, err
	}
	config, err := codecs[p.format].config(buffered(r, p.format))
	if err != nil {
		return picture{}, explain(p.format, err)
	}
	if err := checkPixels(config.Width, config.Height); err != nil {
		return picture{}, err
	}
	p.bits, p.grey = depth(config.ColorModel)
	if p.orientation, err = orientation(r, p.format); err != nil {
		return picture{}, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return picture{}, err
	}
	if p.pixels, err = codecs[p.format].decode(buffered(r, p.format)); err != nil {
		return picture{}, explain(p.format, err)
	}
	return p, nil
}

// buffered returns r with a buffer, except for TIFF, whose decoder reads at
// offsets and would load the whole file through a plain reader.
func buffered(r source, f format) io.Reader {
	if f == formatTIFF {
		return r
	}
	return bufio.NewReaderSize(r, 1<<16)
}

// checkPixels refuses empty and huge photos.
func checkPixels(width, height int) error {
	if width < 1 || height < 1 {
		return fmt.Errorf("the photo is %d×%d pixels: it has no content", width, height)
	}
	// Division, since the product of two claimed sizes may overflow.
	if width > MaxPixels/height {
		return fmt.Errorf("the photo is %d×%d pixels, at most %d megapixels are read: crop it or scale it down",
			width, height, MaxPixels/1_000_000)
	}
	return nil
}

// depth returns the bits per channel of a colour model and whether it is grey.
func depth(model color.Model) (bits int, grey bool) {
	switch model {
	case color.GrayModel:
		return 8, true
	case color.Gray16Model:
		return 16, true
	case color.RGBA64Model, color.NRGBA64Model:
		return 16, false
	}
	return 8, false
}

// explain adds to a decoder's error what the user can do.
func explain(f format, err error) error {
	var (
		noTIFF tiff.UnsupportedError
		noPNG  png.UnsupportedError
		noJPEG jpeg.UnsupportedError
	)
	if errors.Is(err, bmp.ErrUnsupported) || errors.As(err, &noTIFF) || errors.As(err, &noPNG) || errors.As(err, &noJPEG) {
		return fmt.Errorf("this variant of %s cannot be read, save it as PNG with 8 or 16 bits (%w)", f, err)
	}
	return fmt.Errorf("the %s file is damaged or cut short: copy it again (%w)", f, err)
}
