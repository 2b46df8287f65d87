package cu

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// usage is what a kernel takes of a multiprocessor.
type usage struct {
	registers int // of a thread
	local     int // bytes of a thread's stack: spilt registers, arrays that do not fit registers
	shared    int // bytes of a block
}

// elfVersion is where the version stands in an ELF file's header.
const elfVersion = 20

// Attributes in a cubin's .nv.info section.
const (
	formatSized        = 4
	attributeFrame     = 0x11 // of a function: symbol, bytes of its stack
	attributeRegisters = 0x2f // of a function: symbol, registers of a thread
)

// usages reads machine code, whose section .nv.info is a list of attributes.
func usages(image []byte) (map[string]usage, error) {
	image = slices.Clone(image)
	binary.LittleEndian.PutUint32(image[elfVersion:], uint32(elf.EV_CURRENT)) // where NVRTC writes the toolkit's
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	symbols, err := file.Symbols()
	if err != nil {
		return nil, err
	}
	list := make(map[string]usage)
	for _, s := range file.Sections {
		if name, ok := strings.CutPrefix(s.Name, ".nv.shared."); ok {
			u := list[name]
			u.shared = int(s.Size)
			list[name] = u
		}
	}
	info := file.Section(".nv.info")
	if info == nil {
		return nil, fmt.Errorf("no section .nv.info")
	}
	data, err := info.Data()
	if err != nil {
		return nil, err
	}
	for len(data) >= 4 {
		format, attribute, size := data[0], data[1], int(binary.LittleEndian.Uint16(data[2:]))
		data = data[4:]
		if format != formatSized {
			continue
		}
		if attribute == attributeFrame || attribute == attributeRegisters {
			name, value := symbols[binary.LittleEndian.Uint32(data)-1].Name, int(binary.LittleEndian.Uint32(data[4:]))
			u := list[name]
			if attribute == attributeFrame {
				u.local = value
			} else {
				u.registers = value
			}
			list[name] = u
		}
		data = data[size:]
	}
	return list, nil
}
