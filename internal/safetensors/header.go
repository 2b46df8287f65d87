package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"unicode/utf8"
)

const (
	metadataKey = "__metadata__"
	// maxHeader is the limit of the reference implementation, in bytes.
	maxHeader = 100_000_000
	maxRank   = 64 // PyTorch's limit on a tensor's dimensions
	prefixLen = 8  // the header length that opens the file
)

// Info describes one tensor of a file.
type Info struct {
	Name  string
	DType DType
	Shape []int
	begin int64 // first byte, counted from the end of the header
	end   int64 // one past the last byte
}

// Numel returns the number of values. Infos come from checked headers only.
func (i Info) Numel() int { return int(i.end-i.begin) / i.DType.Size() }

// parseHeader reads the JSON header of a file whose values take dataSize
// bytes. The result is in the order of the data.
func parseHeader(header []byte, dataSize int64) ([]Info, map[string]string, error) {
	if !utf8.Valid(header) {
		return nil, nil, errors.New("header is not UTF-8 text")
	}
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, errors.New("header does not start with {")
	}
	var infos []Info
	var metadata map[string]string
	dec := json.NewDecoder(bytes.NewReader(header))
	dec.UseNumber() // a token that is out of place may be a number of any length
	err := eachField(dec, func(key string) (err error) {
		if key == metadataKey {
			metadata, err = parseMetadata(dec)
			return err
		}
		info, err := parseInfo(dec, key)
		if err != nil {
			return fmt.Errorf("tensor %.64q: %w", key, err)
		}
		infos = append(infos, info)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if rest := header[dec.InputOffset():]; len(bytes.Trim(rest, " ")) != 0 {
		return nil, nil, errors.New("header has text after its closing brace")
	}
	if err := checkLayout(infos, dataSize); err != nil {
		return nil, nil, err
	}
	return infos, metadata, nil
}

// eachField reads one JSON object from dec and calls visit after each key;
// visit consumes the value. Keys are compared exactly, as the reference does;
// encoding/json alone would accept other case and repeated keys.
func eachField(dec *json.Decoder, visit func(key string) error) error {
	if open, err := dec.Token(); err != nil {
		return fmt.Errorf("header is not valid JSON: %w", err)
	} else if open != json.Delim('{') {
		return fmt.Errorf("header has %.64v where an object should stand", open)
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return fmt.Errorf("header is not valid JSON: %w", err)
		}
		key := token.(string) // inside an object the decoder yields string keys only
		if seen[key] {
			return fmt.Errorf("header has %.64q twice", key)
		}
		seen[key] = true
		if err := visit(key); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("header is not valid JSON: %w", err)
	}
	return nil
}

func parseMetadata(dec *json.Decoder) (map[string]string, error) {
	metadata := map[string]string{}
	err := eachField(dec, func(key string) error {
		var value string
		if err := dec.Decode(&value); err != nil {
			return fmt.Errorf("metadata %.64q is not a string", key)
		}
		metadata[key] = value
		return nil
	})
	return metadata, err
}

func parseInfo(dec *json.Decoder, name string) (Info, error) {
	info := Info{Name: name}
	var shape, offsets []int64
	err := eachField(dec, func(key string) error {
		var target any
		want := "a list of whole numbers"
		switch key {
		case "dtype":
			target, want = &info.DType, "a string"
		case "shape":
			target = &shape
		case "data_offsets":
			target = &offsets
		default:
			return fmt.Errorf("unknown header field %.64q", key)
		}
		if err := dec.Decode(target); err != nil {
			return fmt.Errorf("header field %s is not %s", key, want) // err may quote all of it
		}
		return nil
	})
	switch {
	case err != nil:
		return Info{}, err
	case info.DType.Size() == 0:
		return Info{}, fmt.Errorf("unknown dtype %.64q", info.DType)
	case shape == nil:
		return Info{}, errors.New("header has no shape")
	case len(shape) > maxRank:
		return Info{}, fmt.Errorf("shape has %d sizes, want at most %d", len(shape), maxRank)
	case len(offsets) != 2:
		return Info{}, fmt.Errorf("data_offsets has %d numbers, want 2", len(offsets))
	}
	info.Shape = make([]int, len(shape))
	for i, d := range shape {
		if d > maxValues {
			return Info{}, fmt.Errorf("shape %v is too large", shape)
		}
		info.Shape[i] = int(max(d, -1)) // numel refuses -1
	}
	info.begin, info.end = offsets[0], offsets[1]
	return info, nil
}

// checkLayout sorts infos by position and checks that they fill dataSize
// bytes without gap or overlap, each with the bytes its shape and dtype need.
func checkLayout(infos []Info, dataSize int64) error {
	sort.SliceStable(infos, func(i, j int) bool {
		if infos[i].begin != infos[j].begin {
			return infos[i].begin < infos[j].begin
		}
		return infos[i].end < infos[j].end
	})
	var at int64
	for _, info := range infos {
		if info.begin < 0 || info.end < info.begin || info.end > dataSize {
			return fmt.Errorf("tensor %.64q: bytes %d to %d lie outside the %d bytes of data",
				info.Name, info.begin, info.end, dataSize)
		}
		if info.begin != at {
			return fmt.Errorf("tensor %.64q: starts at byte %d, want %d (gap or overlap)", info.Name, info.begin, at)
		}
		n, err := numel(info.Shape)
		if err != nil {
			return fmt.Errorf("tensor %.64q: %w", info.Name, err)
		}
		// n is at most maxValues, a value at most 8 bytes: no overflow.
		if want := int64(n) * int64(info.DType.Size()); want != info.end-info.begin {
			return fmt.Errorf("tensor %.64q: has %d bytes, want %d for %s %v",
				info.Name, info.end-info.begin, want, info.DType, info.Shape)
		}
		at = info.end
	}
	if at != dataSize {
		return fmt.Errorf("file has %d bytes of data, its tensors need %d", dataSize, at)
	}
	return nil
}
