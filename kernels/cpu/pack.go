package cpu

import (
	"math"
	"sync"

	"github.com/org/trustmae/kernels"
)

var _ kernels.Packer = (*Backend)(nil)

// packCache keeps forms of a buffer's contents that kernels want, such as
// weights in panels. A form is made again once the buffer has been written.
type packCache struct {
	mu       sync.Mutex
	forms    map[packKey]*packed
	changing bool // the buffer was written after a form had been made, or will be
}

// packKey names a form of a part of a buffer.
type packKey struct {
	form   string // which kernel's form, with its parameters
	offset *float32
	length int
}

// packed is a form. It has the lifetime of its buffer: a block of the arena beside
// a short-lived one, memory of its own beside a persistent one. A large form beside a
// persistent buffer is kept from the second use on, and not if the buffer changes, as
// weights do in training: making it anew costs little next to the memory that the
// forms of all layers would fill.
type packed struct {
	version uint64
	data    []float32 // nil: not kept
	block   block
}

// largeForm is the fewest values (4 MiB) of a large form.
const largeForm = 1 << 20

// packedUse is a form in use.
type packedUse struct {
	data  []float32
	block block // to give back after use, if it has a region
}

// release ends the use of a form.
func (u packedUse) release() {
	if u.block.region != nil {
		u.block.release()
	}
}

// packedForm returns the form of src, a part of c, made by pack into a slice of
// size values when it is missing or older than the contents. The caller releases
// it.
func (b *Backend) packedForm(c *buffer, form string, size int, pack func(dst, src []float32)) packedUse {
	if b.pool.recorder.recording() {
		return b.recordForm(c, form, size, pack)
	}
	p := &c.root.packs
	p.mu.Lock()
	defer p.mu.Unlock()
	version, key := c.root.version.Load(), c.formKey(form)
	f := p.forms[key]
	if f != nil && f.data != nil && f.version == version {
		return packedUse{data: f.data}
	}
	if f != nil && f.version != version {
		p.changing = true
	}
	if size >= largeForm && c.root.persistent() && (f == nil || p.changing) {
		p.put(key, &packed{version: version})
		use := b.takeForm(size)
		pack(use.data, c.data)
		return use
	}
	if f == nil || f.data == nil {
		f = c.root.newPacked(size)
	}
	pack(f.data, c.data)
	f.version = version
	p.put(key, f)
	return packedUse{data: f.data}
}

// recordForm is packedForm on a stream that records. Forms that are worth keeping are
// looked at again whenever the work is done, others made.
func (b *Backend) recordForm(c *buffer, form string, size int, pack func(dst, src []float32)) packedUse {
	f := c.root.packs.kept(c.formKey(form), c.root, size)
	if f == nil {
		use := b.takeForm(size)
		pack(use.data, c.data)
		return use
	}
	b.serial(func() {
		p := &c.root.packs
		p.mu.Lock()
		defer p.mu.Unlock()
		if version := c.root.version.Load(); f.version != version {
			pack(f.data, c.data)
			f.version = version
		}
	})
	return packedUse{data: f.data}
}

// kept returns a form that is kept from now on, or nil where none should be.
func (p *packCache) kept(key packKey, r *root, size int) *packed {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !r.persistent() || size >= largeForm && p.changing {
		return nil
	}
	f := p.forms[key]
	if f == nil || f.data == nil {
		f = r.newPacked(size)
		f.version = neverPacked
		p.put(key, f)
	}
	return f
}

// neverPacked is no version of a buffer.
const neverPacked = math.MaxUint64

// formKey names a form of c.
func (c *buffer) formKey(form string) packKey { return packKey{form, &c.data[0], len(c.data)} }

// takeForm returns memory for a form that is not kept.
func (b *Backend) takeForm(size int) packedUse {
	block := b.memory().take(aligned(size))
	return packedUse{block.values()[:size], block}
}

func (p *packCache) put(key packKey, f *packed) {
	if p.forms == nil {
		p.forms = make(map[packKey]*packed)
	}
	p.forms[key] = f
}

func (r *root) newPacked(size int) *packed {
	f := &packed{}
	if r.persistent() {
		f.data = lasting(&r.device.arena, f, size, false)
		return f
	}
	f.block = r.device.arena.take(aligned(size))
	f.data = f.block.values()[:size]
	return f
}

// Changing keeps no large forms of x from now on; see [kernels.Packer]. Those of
// weights before their first change would become garbage, which is collected late
// where much memory is in use.
func (b *Backend) Changing(x kernels.Buffer) {
	p := &b.own("Changing", x).root.packs
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changing = true
}

// free gives the forms of a short-lived buffer back.
func (p *packCache) free() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.forms {
		f.block.release()
	}
	p.forms = nil
}
