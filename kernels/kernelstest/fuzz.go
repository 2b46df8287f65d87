package kernelstest

import (
	"bytes"
	"hash/fnv"
	"slices"
	"testing"

	"github.com/org/trustmae/kernels"
)

// Fuzz adds seeds to f and turns bytes into calls of the named group of operations
// (a subtest of [Run]) at any shapes. Of every list of backends the
// first is compared with the reference, the others must give its bits.
func Fuzz(f *testing.F, name string, backends [][]kernels.Backend) {
	at := slices.IndexFunc(groups, func(g group) bool { return g.name == name })
	if at < 0 {
		f.Fatalf("kernelstest.Fuzz: no group %q", name)
	}
	Seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range groups[at].random(NewDecoder(data)) {
			c.record = true
			for _, list := range backends {
				if err := c.check(list[0], list[1:]); err != nil {
					t.Errorf("%s: %s: %v", list[0].Name(), c.name, err)
				}
			}
		}
	})
}

// Seed adds a few seeds of bytes for a [Decoder].
func Seed(f *testing.F) {
	f.Add([]byte(nil)) // sizes of 1
	for _, step := range []int{3, 5, 7, 11} {
		seed := make([]byte, 16)
		for i := range seed {
			seed[i] = byte(i * step)
		}
		f.Add(seed)
	}
	f.Add(bytes.Repeat([]byte{255}, 16))
}

// randomShapes is how many random shapes Run tries for every group.
const randomShapes = 20

// randoms are calls at random shapes.
func (g group) randoms() []call {
	if g.random == nil {
		return nil
	}
	var list []call
	s := newSource(seed)
	for range randomShapes {
		list = append(list, g.random(RandomDecoder(s.Uint64()))...)
	}
	return list
}

// Decoder turns bytes into sizes and choices, and makes values that depend on all
// of them. Where bytes have run out sizes are 1 and choices the first.
type Decoder struct {
	*source
	data []byte
}

// NewDecoder returns a decoder of data.
func NewDecoder(data []byte) *Decoder {
	h := fnv.New64a()
	h.Write(data)
	return &Decoder{newSource(h.Sum64()), data}
}

// RandomDecoder returns a decoder of random bytes.
func RandomDecoder(seed uint64) *Decoder {
	data := make([]byte, 24)
	s := newSource(seed)
	for i := range data {
		data[i] = byte(s.Uint32())
	}
	return NewDecoder(data)
}

// Below returns a number from 0 to n-1, n at most 65536.
func (d *Decoder) Below(n int) int {
	v := 0
	for limit := 1; limit < n && len(d.data) > 0; limit <<= 8 {
		v = v<<8 | int(d.data[0])
		d.data = d.data[1:]
	}
	return v % n
}

// Size returns a size from 1 to most.
func (d *Decoder) Size(most int) int { return 1 + d.Below(most) }

// flag returns one of two choices.
func (d *Decoder) flag() bool { return d.Below(2) == 1 }

// extreme returns a value that is not finite, or 0 for none.
func (d *Decoder) extreme() float32 { return choose(d, 0, nan32, inf32, -inf32) }

// choose returns one of several values.
func choose[T any](d *Decoder, values ...T) T { return values[d.Below(len(values))] }

// shape returns up to most axes of at most width, and at most volume values.
func (d *Decoder) shape(most, width, volume int) []int {
	shape := make([]int, d.Below(most+1))
	for i := range shape {
		shape[i] = d.Size(min(width, volume))
		volume /= shape[i]
	}
	return shape
}
