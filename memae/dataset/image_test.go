package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

const (
	testWidth, testHeight = 11, 7
)

// testColor is the colour of the test picture at x, y; it uses all 16 bits.
func testColor(x, y int) color.RGBA64 {
	return color.RGBA64{R: uint16(x*5957 + 3), G: uint16(y*9362 + 1), B: uint16((x*y)*900 + 77), A: 0xffff}
}

// drawTest draws the test picture into the given kind of image.
func drawTest(dst interface {
	image.Image
	Set(x, y int, c color.Color)
}) image.Image {
	for y := range testHeight {
		for x := range testWidth {
			dst.Set(x, y, testColor(x, y))
		}
	}
	return dst
}

// checkAgainst compares img with a reference through image.Image.At.
func checkAgainst(t *testing.T, img Image, ref image.Image, tol float64) {
	t.Helper()
	require.Equal(t, []int{ref.Bounds().Dx(), ref.Bounds().Dy()}, []int{img.Width, img.Height})
	for y := range img.Height {
		for x := range img.Width {
			r, g, b, _ := ref.At(x, y).RGBA()
			for c, v := range []uint32{r, g, b} {
				got := float64(img.Plane(c)[y*img.Width+x])
				require.True(t, math.Abs(got-float64(v)/65535) <= tol, "channel %d at %d,%d: got %v, want %v", c, x, y, got, float64(v)/65535)
			}
		}
	}
}

func encodePNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, png.Encode(&buf, img))
	return buf.Bytes()
}

func encodeJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, jpeg.Encode(&buf, img, &jpeg.Options{Quality: 95}))
	return buf.Bytes()
}

func encodeTIFF(t testing.TB, img image.Image, compression tiff.CompressionType) []byte {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, tiff.Encode(&buf, img, &tiff.Options{Compression: compression}))
	return buf.Bytes()
}

func encodeBMP(t testing.TB, img image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, bmp.Encode(&buf, img))
	return buf.Bytes()
}

func TestLoadFormats(t *testing.T) {
	rect := image.Rect(0, 0, testWidth, testHeight)
	palette := color.Palette{color.Black, color.White, color.RGBA{200, 30, 4, 255}, color.RGBA{1, 90, 250, 255}}
	grey8, grey16 := drawTest(image.NewGray(rect)), drawTest(image.NewGray16(rect))
	rgb8, rgb16 := drawTest(image.NewRGBA(rect)), drawTest(image.NewRGBA64(rect))
	paletted := drawTest(image.NewPaletted(rect, palette))
	const exact = 1e-6
	for _, c := range []struct {
		name   string
		data   []byte
		ref    image.Image
		tol    float64
		format format
		bits   int
		grey   bool
	}{
		{"png grey 8", encodePNG(t, grey8), grey8, exact, formatPNG, 8, true},
		{"png grey 16", encodePNG(t, grey16), grey16, exact, formatPNG, 16, true},
		{"png rgb 8", encodePNG(t, rgb8), rgb8, exact, formatPNG, 8, false},
		{"png rgb 16", encodePNG(t, rgb16), rgb16, exact, formatPNG, 16, false},
		{"png palette", encodePNG(t, paletted), paletted, exact, formatPNG, 8, false},
		{"tiff grey 8", encodeTIFF(t, grey8, tiff.Uncompressed), grey8, exact, formatTIFF, 8, true},
		{"tiff grey 16", encodeTIFF(t, grey16, tiff.Deflate), grey16, exact, formatTIFF, 16, true},
		{"tiff rgb 8", encodeTIFF(t, rgb8, tiff.Deflate), rgb8, exact, formatTIFF, 8, false},
		{"tiff rgb 16", encodeTIFF(t, rgb16, tiff.Uncompressed), rgb16, exact, formatTIFF, 16, false},
		{"tiff palette", encodeTIFF(t, paletted, tiff.Uncompressed), paletted, exact, formatTIFF, 8, false},
		{"bmp grey", encodeBMP(t, grey8), grey8, exact, formatBMP, 8, false},
		{"bmp rgb", encodeBMP(t, rgb8), rgb8, exact, formatBMP, 8, false},
		{"bmp palette", encodeBMP(t, paletted), paletted, exact, formatBMP, 8, false},
		{"jpeg grey", encodeJPEG(t, grey8), grey8, 0.08, formatJPEG, 8, true},
		{"jpeg rgb", encodeJPEG(t, rgb8), rgb8, 0.35, formatJPEG, 8, false}, // 4:2:0
	} {
		t.Run(c.name, func(t *testing.T) {
			// The name tells nothing: all of them are called .dat.
			path := write(t, t.TempDir(), "photo.dat", c.data)
			img, err := Load(path)
			require.NoError(t, err)
			checkAgainst(t, img, c.ref, c.tol)
			decoded, err := Decode(c.data)
			require.NoError(t, err)
			require.Equal(t, img, decoded)
			p, err := decodeFile(path)
			require.NoError(t, err)
			require.Equal(t, []any{c.format, c.bits, c.grey}, []any{p.format, p.bits, p.grey})
		})
	}
}

func TestFromImageHonoursBounds(t *testing.T) {
	rect := image.Rect(-3, 5, -3+testWidth+4, 5+testHeight+2)
	for _, full := range []interface {
		image.Image
		Set(x, y int, c color.Color)
		SubImage(image.Rectangle) image.Image
	}{
		image.NewGray(rect), image.NewGray16(rect), image.NewRGBA(rect), image.NewRGBA64(rect),
		image.NewNRGBA(rect), image.NewNRGBA64(rect), image.NewCMYK(rect), image.NewPaletted(rect, color.Palette{color.Black, color.White}),
	} {
		for y := range testHeight {
			for x := range testWidth {
				full.Set(x-1, y+6, testColor(x, y))
			}
		}
		sub := full.SubImage(image.Rect(-1, 6, -1+testWidth, 6+testHeight))
		ref := image.NewRGBA64(image.Rect(0, 0, testWidth, testHeight))
		for y := range testHeight {
			for x := range testWidth {
				ref.Set(x, y, sub.At(x-1, y+6))
			}
		}
		t.Run(fmt.Sprintf("%T", full), func(t *testing.T) { checkAgainst(t, FromImage(sub), ref, 1e-5) })
	}
	ycbcr := image.NewYCbCr(rect, image.YCbCrSubsampleRatio420)
	for i := range ycbcr.Y {
		ycbcr.Y[i] = uint8(i * 7)
	}
	for i := range ycbcr.Cb {
		ycbcr.Cb[i], ycbcr.Cr[i] = uint8(i*31), uint8(i*17)
	}
	sub := ycbcr.SubImage(image.Rect(-1, 6, -1+testWidth, 6+testHeight))
	ref := image.NewRGBA64(image.Rect(0, 0, testWidth, testHeight))
	for y := range testHeight {
		for x := range testWidth {
			r, g, b := color.YCbCrToRGB(ycbcr.YCbCrAt(x-1, y+6).Y, ycbcr.YCbCrAt(x-1, y+6).Cb, ycbcr.YCbCrAt(x-1, y+6).Cr)
			ref.Set(x, y, color.RGBA{r, g, b, 255})
		}
	}
	checkAgainst(t, FromImage(sub), ref, 1e-5)
}

func TestAlphaIsCompositedOverBlack(t *testing.T) {
	rect := image.Rect(0, 0, 2, 1)
	narrow, wide := image.NewNRGBA(rect), image.NewNRGBA64(rect)
	set := func(x int, r, g, b, a uint8) {
		c := func(v uint8) uint16 { return uint16(v) * 0x101 }
		narrow.SetNRGBA(x, 0, color.NRGBA{r, g, b, a})
		wide.SetNRGBA64(x, 0, color.NRGBA64{c(r), c(g), c(b), c(a)})
	}
	check := func(want []float64) {
		t.Helper()
		for _, img := range []image.Image{narrow, wide} {
			got, err := Decode(encodePNG(t, img))
			require.NoError(t, err)
			require.InDeltaSlice(t, want, got.Pix, 1e-4, "%T", img)
		}
	}
	set(0, 255, 102, 51, 51)
	set(1, 255, 102, 51, 255)
	check([]float64{0.2, 1, 0.08, 0.4, 0.04, 0.2})
	// Zero everywhere: a fourth channel that nobody filled in.
	set(0, 255, 102, 51, 0)
	set(1, 0, 255, 0, 0)
	check([]float64{1, 0, 0.4, 1, 0.2, 0})
}

// exif puts an orientation tag into a JPEG file.
func exif(data []byte, order binary.AppendByteOrder, orientation uint16) []byte {
	head := "II*\x00"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		head = "MM\x00*"
	}
	body := append([]byte("Exif\x00\x00"), head...)
	body = order.AppendUint32(body, 8)
	body = order.AppendUint16(body, 2)
	for _, tag := range [][2]uint16{{0x0100, 640}, {tagOrientation, orientation}} {
		body = order.AppendUint16(body, tag[0])
		body = order.AppendUint16(body, 3)
		body = order.AppendUint32(body, 1)
		body = order.AppendUint16(body, tag[1])
		body = order.AppendUint16(body, 0)
	}
	body = order.AppendUint32(body, 0)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return bytes.Join([][]byte{data[:2], segment, body, data[2:]}, nil)
}

func TestOrientationOfJPEG(t *testing.T) {
	// Dark but for a bright block in the top left corner of the stored photo.
	stored := image.NewGray(image.Rect(0, 0, 48, 32))
	for y := range 8 {
		for x := range 8 {
			stored.SetGray(x, y, color.Gray{255})
		}
	}
	data := encodeJPEG(t, stored)
	// Where the stored top left corner is shown (EXIF 2.3: 0th row, 0th column).
	for orientation, want := range map[uint16]struct{ width, height, x, y int }{
		0: {48, 32, 0, 0}, 1: {48, 32, 0, 0}, 2: {48, 32, 47, 0}, 3: {48, 32, 47, 31}, 4: {48, 32, 0, 31},
		5: {32, 48, 0, 0}, 6: {32, 48, 31, 0}, 7: {32, 48, 31, 47}, 8: {32, 48, 0, 47}, 9: {48, 32, 0, 0},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			file := exif(data, order, orientation)
			img, err := Decode(file)
			require.NoError(t, err)
			require.Equal(t, []int{want.width, want.height}, []int{img.Width, img.Height}, "orientation %d", orientation)
			for _, corner := range [][2]int{{0, 0}, {img.Width - 1, 0}, {0, img.Height - 1}, {img.Width - 1, img.Height - 1}} {
				bright := corner == [2]int{want.x, want.y}
				v := img.Pix[corner[1]*img.Width+corner[0]]
				require.Equal(t, bright, v > 0.5, "orientation %d, corner %v is %v", orientation, corner, v)
			}
			path := write(t, t.TempDir(), "a.jpg", file)
			direct, own, err := LoadWithSize(path, 20, 30)
			require.NoError(t, err)
			require.Equal(t, image.Pt(img.Width, img.Height), own, "orientation %d", orientation)
			want := Resize(img, 20, 30)
			require.InDeltaSlice(t, want.Pix, direct.Pix, 1e-5, "orientation %d", orientation)
		}
	}
}

func TestLoadRefusesBadFiles(t *testing.T) {
	photo := drawTest(image.NewRGBA(image.Rect(0, 0, testWidth, testHeight)))
	large := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range large.Pix {
		large.Pix[i] = uint8(i * i)
	}
	jpg, pngs, tif := encodeJPEG(t, large), encodePNG(t, large), encodeTIFF(t, photo, tiff.Uncompressed)
	flipped := bytes.Clone(pngs)
	flipped[len(flipped)/2] ^= 0x40
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"text":           {[]byte("hello, I am a text\n"), "the file is no image: photos must be PNG, JPEG, BMP or TIFF"},
		"text like BMP":  {[]byte("BM is how this text begins, by chance"), "the file is no image"},
		"empty":          {nil, "the file is empty"},
		"gif":            {[]byte("GIF89a and so on, and so on"), "the file is a GIF"},
		"truncated JPEG": {jpg[:len(jpg)*2/3], "the jpeg file is damaged or cut short: copy it again"},
		"truncated PNG":  {pngs[:len(pngs)*2/3], "the png file is damaged or cut short: copy it again"},
		"truncated TIFF": {tif[:len(tif)/2], "the tiff file is damaged or cut short: copy it again"},
		"truncated BMP":  {encodeBMP(t, photo)[:100], "the bmp file is damaged or cut short: copy it again"},
		"flipped bit":    {flipped, "the png file is damaged"},
		"only a header":  {pngs[:8], "the png file is damaged or cut short"},
		"planar TIFF":    {planar(t, tif), "separate planes"},
	} {
		path := write(t, t.TempDir(), "photo.png", c.data)
		_, err := Load(path)
		require.ErrorContains(t, err, c.want, name)
		require.ErrorContains(t, err, path, name)
	}
}

// planar appends a directory with the tag for separate planes to a TIFF file.
func planar(t *testing.T, data []byte) []byte {
	order := binary.LittleEndian
	require.Equal(t, "II", string(data[:2]))
	out := bytes.Clone(data)
	at := order.Uint32(out[4:])
	n := order.Uint16(out[at:])
	entries := out[at+2 : at+2+12*uint32(n)]
	order.PutUint32(out[4:], uint32(len(out)))
	out = order.AppendUint16(out, n+1)
	done := false
	for ; len(entries) > 0; entries = entries[12:] {
		if !done && order.Uint16(entries) > tagPlanar {
			out = append(out, 0x1c, 0x01, 3, 0, 1, 0, 0, 0, planarSeparate, 0, 0, 0)
			done = true
		}
		out = append(out, entries[:12]...)
	}
	require.True(t, done)
	return append(out, 0, 0, 0, 0)
}

// hugePNG is the header of a PNG file that claims a size.
func hugePNG(width, height uint32) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	data := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(chunk))
}

func TestLoadRefusesHugePhotosAtOnce(t *testing.T) {
	for _, size := range [][2]uint32{{20000, 20000}, {1 << 30, 1}, {1, 1 << 30}, {1<<31 - 1, 1}, {10001, 10000}} {
		path := write(t, t.TempDir(), "huge.png", hugePNG(size[0], size[1]))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Load(path)
		runtime.ReadMemStats(&after)
		require.ErrorContains(t, err, fmt.Sprintf("the photo is %d×%d pixels, at most 100 megapixels are read", size[0], size[1]))
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	}
	_, err := Decode(hugePNG(10000, 10000)) // allowed, but has no pixels
	require.ErrorContains(t, err, "cut short")
}

func TestDecoderPanicBecomesError(t *testing.T) {
	saved := codecs[formatPNG]
	defer func() { codecs[formatPNG] = saved }()
	c := saved
	c.decode = nil // calling it panics
	codecs[formatPNG] = c
	_, err := Decode(encodePNG(t, image.NewGray(image.Rect(0, 0, 2, 2))))
	require.ErrorContains(t, err, "the file is damaged (decoder failed")
}

func FuzzDecode(f *testing.F) {
	small := drawTest(image.NewRGBA(image.Rect(0, 0, testWidth, testHeight)))
	f.Add(encodePNG(f, small))
	f.Add(exif(encodeJPEG(f, small), binary.BigEndian, 6))
	f.Add(encodeBMP(f, small))
	f.Add(encodeTIFF(f, small, tiff.Deflate))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width > (1<<20)/max(c.Height, 1) {
			t.Skip("large")
		}
		img, err := Decode(data)
		if err != nil {
			return
		}
		require.Len(t, img.Pix, 3*img.Width*img.Height)
		for _, v := range img.Pix {
			require.True(t, v >= 0 && v <= 1, "value %v", v)
		}
	})
}
