package torchpickle

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// zipStorages are the entries NAME/data/KEY of an archive.
type zipStorages struct {
	size    int64  // of the file in bytes
	unread  int64  // bytes that storages may still take: entries must not overlap
	prefix  string // NAME/
	entries map[string]*zip.File
}

// openZip reads NAME/data.pkl, where NAME is whatever torch.save called the
// file.
func openZip(file io.ReaderAt, size int64) (storages, any, error) {
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return nil, nil, err
	}
	z := &zipStorages{size: size, unread: size, entries: map[string]*zip.File{}}
	for _, entry := range archive.File {
		if strings.Contains(entry.Name, `\`) || !fs.ValidPath(strings.TrimSuffix(entry.Name, "/")) {
			return nil, nil, fmt.Errorf("zip entry %.64q is no plain path inside the archive", entry.Name)
		}
		if z.entries[entry.Name] != nil {
			return nil, nil, fmt.Errorf("zip entry %.64q appears twice", entry.Name)
		}
		z.entries[entry.Name] = entry
		if name, ok := strings.CutSuffix(entry.Name, "/data.pkl"); ok && !strings.Contains(name, "/") {
			if z.prefix != "" {
				return nil, nil, errors.New("zip archive has several data.pkl")
			}
			z.prefix = name + "/"
		}
	}
	if z.prefix == "" {
		return nil, nil, errors.New("zip archive without data.pkl")
	}
	if z.entries[z.prefix+"byteorder"] != nil { // absent before torch 2.1
		order, err := z.content("byteorder", 16)
		if err != nil {
			return nil, nil, err
		}
		if string(order) != "little" {
			return nil, nil, fmt.Errorf("values are %s-endian, want little", order)
		}
	}
	program, err := z.content("data.pkl", maxPickle)
	if err != nil {
		return nil, nil, err
	}
	state, err := run(program)
	if err == nil && state.length != len(program) {
		err = errors.New("data.pkl has bytes after its end")
	}
	return z, state.value, err
}

func (z *zipStorages) read(s storage) ([]byte, error) {
	want := s.numel * int64(s.dtype.Size())
	if z.unread -= want; z.unread < 0 {
		return nil, errors.New("the storages take more bytes than the file has")
	}
	raw, err := z.content("data/"+s.key, want)
	if err == nil && int64(len(raw)) != want {
		err = fmt.Errorf("storage %s has %d bytes, want %d", s.key, len(raw), want)
	}
	return raw, err
}

// content returns an entry of at most limit bytes; the checksum is verified.
// torch.save never compresses, so no entry can be larger than the file.
func (z *zipStorages) content(name string, limit int64) ([]byte, error) {
	entry := z.entries[z.prefix+name]
	if entry == nil {
		return nil, fmt.Errorf("zip archive without %s", name)
	}
	if entry.Method != zip.Store || entry.CompressedSize64 != entry.UncompressedSize64 {
		return nil, fmt.Errorf("zip entry %s is compressed, torch.save stores", name)
	}
	if entry.UncompressedSize64 > uint64(min(limit, z.size)) {
		return nil, fmt.Errorf("zip entry %s has %d bytes, want at most %d", name, entry.UncompressedSize64, min(limit, z.size))
	}
	r, err := entry.Open()
	if err != nil {
		return nil, fmt.Errorf("zip entry %s: %w", name, err)
	}
	defer r.Close()
	data := make([]byte, entry.UncompressedSize64)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("zip entry %s: %w", name, err)
	}
	// The checksum is compared on reading past the end.
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		return nil, fmt.Errorf("zip entry %s: %w", name, err)
	}
	return data, nil
}
