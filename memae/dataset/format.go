package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// format is a file format, as told by a file's first bytes.
type format string

const (
	formatPNG  format = "png"
	formatJPEG format = "jpeg"
	formatBMP  format = "bmp"
	formatTIFF format = "tiff"
)

// sniffLen is how many leading bytes sniff looks at: a BMP file header and the
// length field of the header after it.
const sniffLen = 18

const wantFormats = "photos must be PNG, JPEG, BMP or TIFF"

// foreign are formats worth naming when they are refused.
var foreign = []struct{ magic, name string }{
	{"GIF8", "a GIF"},
	{"RIFF", "a WebP or another RIFF file"},
	{"II+\x00", "a BigTIFF"},
	{"MM\x00+", "a BigTIFF"},
	{"\x00\x00\x00\x0cjP", "a JPEG 2000"},
	{"%PDF", "a PDF"},
	{"PK\x03\x04", "a zip archive"},
}

// sniff tells the format from a file's first bytes.
func sniff(head []byte) (format, error) {
	s := string(head)
	switch {
	case strings.HasPrefix(s, "\x89PNG\r\n\x1a\n"):
		return formatPNG, nil
	case strings.HasPrefix(s, "\xff\xd8\xff"):
		return formatJPEG, nil
	case strings.HasPrefix(s, "II*\x00"), strings.HasPrefix(s, "MM\x00*"):
		return formatTIFF, nil
	case strings.HasPrefix(s, "BM") && len(s) >= sniffLen && bmpHeaderLen(binary.LittleEndian.Uint32(head[14:])):
		return formatBMP, nil
	case len(s) == 0:
		return "", errors.New("the file is empty")
	}
	for _, f := range foreign {
		if strings.HasPrefix(s, f.magic) {
			return "", fmt.Errorf("the file is %s: %s", f.name, wantFormats)
		}
	}
	return "", fmt.Errorf("the file is no image: %s", wantFormats)
}

// bmpHeaderLen reports whether n is the length of a known BMP header. Plain
// text may well begin with "BM", but hardly with one of these after it.
func bmpHeaderLen(n uint32) bool {
	switch n {
	case 12, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

// sniffFile tells the format of the regular file at path.
func sniffFile(path string) (format, error) {
	file, err := openRegular(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	var head [sniffLen]byte
	n, err := io.ReadFull(file, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	return sniff(head[:n])
}

// openRegular opens a file after making sure that it is one: opening a named
// pipe would wait for a writer for ever.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	return os.Open(path)
}
