package torchpickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The legacy form opens with two pickled numbers: the magic number
// 0x1950a86a20f9469cfc6c and the protocol version 1001.
const (
	legacyMagic    = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
	legacyProtocol = "\x80\x02M\xe9\x03."
)

// legacyStorages are runs of values behind the pickles: for each key of the
// key list an int64 count, then the values.
type legacyStorages struct {
	file  io.ReaderAt
	start map[string]int64 // of the values, by key
}

func openLegacy(file io.ReaderAt, size int64) (storages, any, error) {
	head := make([]byte, min(size, maxPickle))
	if n, err := file.ReadAt(head, 0); n < len(head) {
		return nil, nil, fmt.Errorf("file is cut short: %w", err)
	}
	opening := legacyMagic + legacyProtocol
	if len(head) < len(opening) || string(head[:len(opening)]) != opening {
		return nil, nil, errors.New("unknown legacy version, want 1001")
	}
	at := len(opening)
	var parts [3]result // system information, state dictionary, storage keys
	for i := range parts {
		part, err := run(head[at:])
		if err != nil {
			return nil, nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		parts[i] = part
		at += part.length
	}
	if err := checkSystem(parts[0].value); err != nil {
		return nil, nil, err
	}
	keys, err := stringList(parts[2].value)
	if err != nil {
		return nil, nil, fmt.Errorf("list of storages: %w", err)
	}
	l := &legacyStorages{file: file, start: map[string]int64{}}
	if err := l.index(keys, parts[1].storages, int64(at), size); err != nil {
		return nil, nil, err
	}
	return l, parts[1].value, nil
}

// index finds the values of each storage: keys in file order from byte at on,
// the sizes as the state dictionary gives them.
func (l *legacyStorages) index(keys []string, known map[string]storage, at, size int64) error {
	for _, key := range keys {
		s, ok := known[key]
		if _, twice := l.start[key]; !ok || twice {
			return fmt.Errorf("storage %.64q is listed twice or belongs to no tensor", key)
		}
		var prefix [8]byte
		if n, err := l.file.ReadAt(prefix[:], at); n < len(prefix) {
			return fmt.Errorf("storage %s: file is cut short: %w", key, err)
		}
		if count := binary.LittleEndian.Uint64(prefix[:]); count != uint64(s.numel) {
			return fmt.Errorf("storage %s holds %d values, want %d", key, count, s.numel)
		}
		at += int64(len(prefix))
		bytes := s.numel * int64(s.dtype.Size())
		if bytes > size-at {
			return fmt.Errorf("storage %s: file is cut short: %d bytes left, want %d", key, size-at, bytes)
		}
		l.start[key] = at
		at += bytes
	}
	if at != size {
		return fmt.Errorf("file has %d bytes after its last value", size-at)
	}
	return nil
}

func (l *legacyStorages) read(s storage) ([]byte, error) {
	at, ok := l.start[s.key]
	if !ok {
		return nil, fmt.Errorf("storage %s is not in the file", s.key)
	}
	raw := make([]byte, s.numel*int64(s.dtype.Size())) // index compared it with the file
	if n, err := l.file.ReadAt(raw, at); n < len(raw) {
		return nil, fmt.Errorf("storage %s: %w", s.key, err)
	}
	return raw, nil
}

// checkSystem refuses files of big-endian machines.
func checkSystem(v any) error {
	d, ok := v.(*dict)
	if !ok {
		return fmt.Errorf("system information is %s, want a dict", kind(v))
	}
	if i, ok := d.at["little_endian"]; !ok || d.values[i] != true {
		return errors.New("values are not little-endian")
	}
	return nil
}

func stringList(v any) ([]string, error) {
	l, ok := v.(*list)
	if !ok {
		return nil, fmt.Errorf("is %s, want a list", kind(v))
	}
	texts := make([]string, len(l.items))
	for i, item := range l.items {
		if texts[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("has %s, want str", kind(item))
		}
	}
	return texts, nil
}
