package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
)

// chunk is how many values are converted at a time, reading and writing.
const chunk = 1 << 16

// Reader gives access to the tensors of an open file one by one, so that a
// caller can look at the header of a large file without loading it. It may be
// used by several goroutines if its io.ReaderAt may.
type Reader struct {
	data     io.ReaderAt // the values only
	infos    []Info
	byName   map[string]int
	metadata map[string]string
}

// NewReader parses and checks the header of a file of size bytes; it reads no
// values.
func NewReader(file io.ReaderAt, size int64) (*Reader, error) {
	var prefix [prefixLen]byte
	if size < prefixLen {
		return nil, fmt.Errorf("not a safetensors file: %d bytes, want at least %d", size, prefixLen)
	}
	if err := readFull(file, prefix[:], 0); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader || length > uint64(size-prefixLen) {
		if torch := bytes.HasPrefix(prefix[:], []byte("PK\x03\x04")) || bytes.HasPrefix(prefix[:], []byte("\x80\x02")); torch {
			return nil, errors.New("not a safetensors file but, it seems, one of torch.save: rename it to end in .pth")
		}
		return nil, fmt.Errorf("not a safetensors file, or cut short: header length %d, file has %d bytes", length, size)
	}
	header := make([]byte, length)
	if err := readFull(file, header, prefixLen); err != nil {
		return nil, err
	}
	dataStart := prefixLen + int64(length)
	infos, metadata, err := parseHeader(header, size-dataStart)
	if err != nil {
		return nil, fmt.Errorf("safetensors file is damaged or cut short: %w", err)
	}
	r := &Reader{
		data:     io.NewSectionReader(file, dataStart, size-dataStart),
		infos:    infos,
		byName:   make(map[string]int, len(infos)),
		metadata: metadata,
	}
	for i, info := range infos {
		r.byName[info.Name] = i
	}
	return r, nil
}

// Metadata returns a copy of the file's free-form strings, never nil.
func (r *Reader) Metadata() map[string]string {
	copied := make(map[string]string, len(r.metadata))
	maps.Copy(copied, r.metadata)
	return copied
}

// Infos returns the tensors in the order of their data.
func (r *Reader) Infos() []Info { return append([]Info(nil), r.infos...) }

// Tensor loads one tensor.
func (r *Reader) Tensor(name string) (Tensor, error) {
	i, ok := r.byName[name]
	if !ok {
		return Tensor{}, fmt.Errorf("safetensors file has no tensor %q", name)
	}
	return r.load(r.infos[i])
}

// Tensors loads every tensor, in the order of the data.
func (r *Reader) Tensors() ([]Tensor, error) {
	tensors := make([]Tensor, 0, len(r.infos))
	for _, info := range r.infos {
		t, err := r.load(info)
		if err != nil {
			return nil, err
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

func (r *Reader) load(info Info) (Tensor, error) {
	size := info.DType.Size()
	t := Tensor{Name: info.Name, DType: info.DType, Shape: info.Shape, Data: make([]float32, info.Numel())}
	raw := make([]byte, min(len(t.Data), chunk)*size)
	at := info.begin
	for rest := t.Data; len(rest) > 0; {
		n := min(len(rest), chunk)
		if err := readFull(r.data, raw[:n*size], at); err != nil {
			return Tensor{}, fmt.Errorf("tensor %.64q: %w", info.Name, err)
		}
		if err := DecodeValues(info.DType, rest[:n], raw[:n*size]); err != nil {
			return Tensor{}, fmt.Errorf("tensor %.64q: %w", info.Name, err)
		}
		rest, at = rest[n:], at+int64(n*size)
	}
	return t, nil
}

// ReadFile loads a whole file. Errors name path.
func ReadFile(path string) ([]Tensor, map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err // the operating system's error names the path
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	r, err := NewReader(file, stat.Size())
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	tensors, err := r.Tensors()
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return tensors, r.Metadata(), nil
}

// readFull fills p from offset at. ReaderAt may return EOF with a full read.
func readFull(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return fmt.Errorf("file is cut short: %w", io.ErrUnexpectedEOF)
	default:
		return err
	}
}
