package cpu

import "sync"

// packCache keeps forms of a buffer's contents that kernels want, such as
// weights in panels. A form is made again once the buffer has been written.
type packCache struct {
	mu    sync.Mutex
	forms map[packKey]*packed
}

// packKey names a form of a part of a buffer.
type packKey struct {
	form   string // which kernel's form, with its parameters
	offset *float32
	length int
}

type packed struct {
	version uint64
	data    []float32
}

// packedForm returns the form of src, a part of c, made by pack into a slice of
// size values when it is missing or older than the contents.
func (c *buffer) packedForm(form string, size int, pack func(dst, src []float32)) []float32 {
	p := &c.root.packs
	p.mu.Lock()
	defer p.mu.Unlock()
	key := packKey{form, &c.data[0], len(c.data)}
	f := p.forms[key]
	if f != nil && f.version == c.root.version && len(f.data) == size {
		return f.data
	}
	if f == nil || len(f.data) != size {
		f = &packed{data: alignedSlice(size)}
		if p.forms == nil {
			p.forms = make(map[packKey]*packed)
		}
		p.forms[key] = f
	}
	pack(f.data, c.data)
	f.version = c.root.version
	return f.data
}
