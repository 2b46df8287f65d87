package torchpickle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/org/trustmae/internal/safetensors"
)

// maxPickle bounds the bytes of a pickle, which holds names and shapes only.
const maxPickle = 64 << 20

// Read returns the tensors of a .pth file of size bytes, values converted to
// float32, in the order of its state dictionary. Nested dictionaries give
// names joined by dots; entries that are no tensors (an epoch number, say)
// are left out. keep selects by name, nil keeps all; the values of others are
// never read. The file is an error if it has no tensors at all.
func Read(file io.ReaderAt, size int64, keep func(name string) bool) ([]safetensors.Tensor, error) {
	var start [len(legacyMagic)]byte
	if n, err := file.ReadAt(start[:], 0); n < len(start) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var source storages
	var root any
	var err error
	switch {
	case bytes.HasPrefix(start[:], []byte("PK\x03\x04")):
		source, root, err = openZip(file, size)
	case string(start[:]) == legacyMagic:
		source, root, err = openLegacy(file, size)
	case start[8] == '{':
		return nil, errors.New("not a file of torch.save but, it seems, a safetensors file: rename it to end in .safetensors")
	default:
		return nil, errors.New("not a file of torch.save: neither a zip archive nor the legacy form")
	}
	if err != nil {
		return nil, fmt.Errorf("torch file is damaged or not a state dictionary: %w", err)
	}
	named, err := flatten(root)
	if err != nil {
		return nil, err
	}
	if keep != nil {
		kept := named[:0]
		for _, n := range named {
			if keep(n.name) {
				kept = append(kept, n)
			}
		}
		named = kept
	}
	return load(source, size, named)
}

// ReadFile is Read on a file by name; errors name path.
func ReadFile(path string, keep func(name string) bool) ([]safetensors.Tensor, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err // the operating system's error names the path
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return nil, err
	}
	tensors, err := Read(file, stat.Size(), keep)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return tensors, nil
}
