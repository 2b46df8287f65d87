package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/org/trustmae/internal/atomicfile"
)

// Write streams tensors and metadata to w. The order of tensors does not
// matter: the file has F32 first, then BF16 and F16 (so that values stay
// aligned), each by name in byte order; metadata keys are in byte order too. Names must be unique,
// dtypes F32, F16 or BF16; nothing is written if a tensor is unfit.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	ordered := sorted(tensors)
	seen := make(map[string]bool, len(ordered))
	for _, t := range ordered {
		if err := t.check(); err != nil {
			return fmt.Errorf("write safetensors: %w", err)
		}
		if seen[t.Name] {
			return fmt.Errorf("write safetensors: tensor %q appears twice", t.Name)
		}
		seen[t.Name] = true
	}
	header, err := buildHeader(ordered, metadata)
	if err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	values, raw := make([]float32, chunk), make([]byte, 0, chunk*F32.Size())
	for _, t := range ordered {
		count, _ := numel(t.Shape) // checked
		for at := 0; at < count; at += chunk {
			raw = encodeValues(t.dtype(), raw[:0], t.values(values, at, min(chunk, count-at)))
			if _, err := w.Write(raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteFile is Write to a file that appears whole or not at all.
func WriteFile(path string, tensors []Tensor, metadata map[string]string) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		return Write(w, tensors, metadata)
	})
}

// writeRank orders dtypes in a file as the reference implementation does:
// later dtypes of its enumeration first.
var writeRank = map[DType]int{F32: 0, BF16: 1, F16: 2}

// sorted returns tensors in file order; unfit ones are reported by check.
func sorted(tensors []Tensor) []Tensor {
	ordered := slices.Clone(tensors)
	slices.SortStableFunc(ordered, func(a, b Tensor) int {
		if d := writeRank[a.dtype()] - writeRank[b.dtype()]; d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return ordered
}

// buildHeader returns length prefix and padded JSON, tensors being in file
// order. It is written field by field because the order of keys matters and
// encoding/json sorts those of a map.
func buildHeader(ordered []Tensor, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, prefixLen))
	b.WriteByte('{')
	if len(metadata) > 0 {
		writeJSON(&b, metadataKey)
		b.WriteString(":{")
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(&b, key)
			b.WriteByte(':')
			writeJSON(&b, metadata[key])
		}
		b.WriteByte('}')
	}
	at := 0
	for i, t := range ordered {
		if i > 0 || len(metadata) > 0 {
			b.WriteByte(',')
		}
		count, _ := numel(t.Shape) // checked
		end := at + count*t.dtype().Size()
		writeJSON(&b, t.Name)
		fmt.Fprintf(&b, `:{"dtype":"%s","shape":[%s],"data_offsets":[%d,%d]}`, t.dtype(), joinInts(t.Shape), at, end)
		at = end
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if n := b.Len() - prefixLen; n > maxHeader {
		return nil, fmt.Errorf("header has %d bytes, the format allows %d: shorten the metadata", n, maxHeader)
	}
	header := b.Bytes()
	binary.LittleEndian.PutUint64(header, uint64(len(header)-prefixLen))
	return header, nil
}

// writeJSON appends s as a JSON string without escaping HTML characters.
func writeJSON(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string into a bytes.Buffer cannot fail
	b.Truncate(b.Len() - 1)
}

func joinInts(values []int) string {
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(values), "[]")), ",")
}
