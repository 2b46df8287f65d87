package cpu

import "sync"

// packCache keeps forms of a buffer's contents that kernels want, such as
// weights in panels. A form is made again, in the same place, once the buffer has
// been written.
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

// packed is a form. It has the lifetime of its buffer: a block of the arena beside
// a short-lived one, memory of its own beside a persistent one.
type packed struct {
	version uint64
	data    []float32
	block   block
}

// packedForm returns the form of src, a part of c, made by pack into a slice of
// size values when it is missing or older than the contents.
func (c *buffer) packedForm(form string, size int, pack func(dst, src []float32)) []float32 {
	p := &c.root.packs
	p.mu.Lock()
	defer p.mu.Unlock()
	version := c.root.version.Load()
	key := packKey{form, &c.data[0], len(c.data)}
	f := p.forms[key]
	if f != nil && f.version == version {
		return f.data
	}
	if f == nil {
		f = c.root.newPacked(size)
	}
	pack(f.data, c.data)
	f.version = version
	if p.forms == nil {
		p.forms = make(map[packKey]*packed)
	}
	p.forms[key] = f
	return f.data
}

func (r *root) newPacked(size int) *packed {
	f := &packed{}
	if r.persistent() {
		f.data = lasting(&r.backend.arena, f, size, false)
		return f
	}
	f.block = r.backend.arena.take(aligned(size))
	f.data = f.block.values()[:size]
	return f
}

// free gives the forms of a short-lived buffer back.
func (p *packCache) free(a *arena) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.forms {
		a.give(f.block)
	}
	p.forms = nil
}
