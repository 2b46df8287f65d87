package dataset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Tags of TIFF 6.0; EXIF data are a TIFF structure too.
const (
	tagOrientation = 0x0112
	tagPlanar      = 0x011c
	// planarSeparate stores channel after channel.
	planarSeparate = 2
)

// errPlanar: the decoder ignores the tag and would return scrambled pixels.
var errPlanar = errors.New("the tiff file stores its channels as separate planes, which cannot be read: save it with interleaved channels or as PNG")

// orientation returns the EXIF orientation (1 to 8) of a JPEG or TIFF file, and
// 1 for others. Damaged EXIF data are common and harmless: they count as none.
func orientation(r source, f format) (int, error) {
	var tags map[uint16]uint16
	switch f {
	case formatJPEG:
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
		tags = shortTags(bytes.NewReader(exifSegment(bufio.NewReader(r))))
	case formatTIFF:
		tags = shortTags(r)
		// One channel has one plane, whatever the tag says; the tag is also
		// rejected for it, since such files are next to unknown.
		if tags[tagPlanar] == planarSeparate {
			return 0, errPlanar
		}
	}
	if o := int(tags[tagOrientation]); o >= 1 && o <= 8 {
		return o, nil
	}
	return 1, nil
}

// exifSegment returns the TIFF structure in the EXIF segment of a JPEG file, or
// nil. It reads marker by marker up to the start of the pixel data.
func exifSegment(r *bufio.Reader) []byte {
	const (
		app1 = 0xe1
		sos  = 0xda
		eoi  = 0xd9
	)
	if _, err := r.Discard(2); err != nil { // start of image
		return nil
	}
	for {
		var head [4]byte // 0xff, marker, length
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil
		}
		length := int(binary.BigEndian.Uint16(head[2:])) - 2
		if head[0] != 0xff || head[1] == sos || head[1] == eoi || length < 0 {
			return nil
		}
		if head[1] != app1 {
			if _, err := r.Discard(length); err != nil {
				return nil
			}
			continue
		}
		segment := make([]byte, length)
		if _, err := io.ReadFull(r, segment); err != nil {
			return nil
		}
		if data, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok {
			return data
		}
	}
}

// shortTags returns the tags of the first directory of a TIFF structure that
// hold one 16-bit number.
func shortTags(r io.ReaderAt) map[uint16]uint16 {
	const (
		entryLen  = 12
		typeShort = 3
	)
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(head[4:]))
	var count [2]byte
	if _, err := r.ReadAt(count[:], at); err != nil {
		return nil
	}
	entries := make([]byte, entryLen*int(order.Uint16(count[:])))
	if n, err := r.ReadAt(entries, at+2); err != nil {
		entries = entries[:n-n%entryLen]
	}
	tags := make(map[uint16]uint16)
	for ; len(entries) > 0; entries = entries[entryLen:] {
		if order.Uint16(entries[2:]) == typeShort && order.Uint32(entries[4:]) == 1 {
			tags[order.Uint16(entries)] = order.Uint16(entries[8:])
		}
	}
	return tags
}
