package torchpickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxWork bounds opcodes plus copied entries of one pickle. Real state
// dictionaries need some tens of thousands.
const maxWork = 1 << 24

// machine runs one pickle. See Python's pickletools.py for the opcodes.
type machine struct {
	in    *bytes.Reader
	stack []any
	marks []int // stack heights
	memo  map[uint32]any
	seen  map[string]storage // every storage mentioned, by key
	work  int
}

// result is what a pickle left behind.
type result struct {
	value    any
	length   int                // of the pickle in bytes
	storages map[string]storage // every storage mentioned, by key
}

// run executes the pickle at the start of data.
func run(data []byte) (result, error) {
	m := &machine{in: bytes.NewReader(data), memo: map[uint32]any{}, seen: map[string]storage{}}
	for {
		at := len(data) - m.in.Len()
		code, err := m.in.ReadByte()
		if err == nil && code == opStop {
			value, err := m.pop()
			return result{value: value, length: len(data) - m.in.Len(), storages: m.seen}, err
		}
		if err == nil {
			err = m.step(code)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return result{}, fmt.Errorf("pickle is cut short at byte %d", len(data))
		}
		if err != nil {
			return result{}, fmt.Errorf("pickle byte %d: %w", at, err)
		}
	}
}

func (m *machine) step(code byte) error {
	op, ok := opcodes[code]
	if !ok {
		return fmt.Errorf("opcode %#02x (%q) is not allowed in a file of tensors", code, code)
	}
	if err := m.spend(1); err != nil {
		return err
	}
	return op(m)
}

// spend counts work that a short pickle could ask for many times over.
func (m *machine) spend(n int) error {
	if m.work += n; m.work > maxWork {
		return errors.New("pickle is too large for a file of tensors")
	}
	return nil
}

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

// base is the stack height that pop must not go below.
func (m *machine) base() int {
	if n := len(m.marks); n > 0 {
		return m.marks[n-1]
	}
	return 0
}

func (m *machine) pop() (any, error) {
	v, err := m.top()
	if err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

func (m *machine) top() (any, error) {
	if len(m.stack) <= m.base() {
		return nil, errors.New("stack is empty")
	}
	return m.stack[len(m.stack)-1], nil
}

// popMark returns the values above the last mark and removes both.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("no mark on the stack")
	}
	base := m.base()
	items := append([]any(nil), m.stack[base:]...)
	m.stack = m.stack[:base]
	m.marks = m.marks[:len(m.marks)-1]
	return items, nil
}

// uint reads an unsigned little-endian number of size bytes.
func (m *machine) uint(size int) (uint32, error) {
	var b [4]byte
	if _, err := io.ReadFull(m.in, b[:size]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b[:]), nil
}

// text reads a string whose length is a number of size bytes.
func (m *machine) text(size int) error {
	n, err := m.uint(size)
	if err != nil {
		return err
	}
	if uint64(n) > uint64(m.in.Len()) {
		return io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(m.in, b); err != nil {
		return err
	}
	return m.push(string(b))
}

// line reads up to the next newline.
func (m *machine) line() (string, error) {
	var b []byte
	for {
		c, err := m.in.ReadByte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(b), nil
		}
		b = append(b, c)
	}
}

// long reads a two's complement number of up to eight bytes.
func (m *machine) long() error {
	size, err := m.uint(1)
	if err != nil {
		return err
	}
	if size > 8 {
		return fmt.Errorf("number of %d bytes, want at most 8", size)
	}
	var b [8]byte
	if _, err := io.ReadFull(m.in, b[:size]); err != nil {
		return err
	}
	shift := 64 - 8*size
	return m.push(int64(binary.LittleEndian.Uint64(b[:])<<shift) >> shift)
}

func (m *machine) float() error {
	var b [8]byte
	if _, err := io.ReadFull(m.in, b[:]); err != nil {
		return err
	}
	return m.push(math.Float64frombits(binary.BigEndian.Uint64(b[:])))
}
