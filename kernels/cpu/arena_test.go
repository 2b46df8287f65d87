package cpu

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// TestRegion cuts and gives back at random and compares with a map of every value.
func TestRegion(t *testing.T) {
	const size = 400
	rng := rand.New(rand.NewPCG(1, 1))
	r := new(arena).newRegion(size)
	owner := make([]int, size) // 0: free
	held := map[int]run{}
	for id := 1; id < 5000; id++ {
		if rng.IntN(2) == 0 {
			n := 1 + rng.IntN(60)
			if offset, ok := r.take(n); ok {
				for i := offset; i < offset+n; i++ {
					require.Zero(t, owner[i], "value %d is taken twice", i)
					owner[i] = id
				}
				held[id] = run{offset, n}
			} else {
				require.Less(t, longestFree(owner), n, "there was room")
			}
		} else {
			for id, b := range held {
				r.give(b.offset, b.length)
				clear(owner[b.offset : b.offset+b.length])
				delete(held, id)
				break
			}
		}
	}
	for _, b := range held {
		r.give(b.offset, b.length)
	}
	assert.Equal(t, []run{{0, size}}, r.free, "one run again")
}

func longestFree(owner []int) int {
	longest, now := 0, 0
	for _, id := range owner {
		now++
		if id != 0 {
			now = 0
		}
		longest = max(longest, now)
	}
	return longest
}

// TestRegionsAreShared: what many small buffers leave behind serves a large one.
func TestRegionsAreShared(t *testing.T) {
	b := newTestBackend(t)
	const n = smallestRegion / 8
	var list []kernels.Buffer
	for range 8 {
		list = append(list, b.Alloc(n))
	}
	reserved := b.Stats().Reserved
	assert.Equal(t, int64(4*smallestRegion), reserved)
	assert.Equal(t, reserved, b.Stats().InUse)
	for _, x := range list {
		b.Free(x)
	}
	b.Free(b.Alloc(smallestRegion))
	assert.Equal(t, kernels.Stats{Reserved: reserved}, b.Stats())
}

// TestPersistentMemoryGoes: buffers from AllocPersistent and their packed forms
// are counted until they are collected.
func TestPersistentMemoryGoes(t *testing.T) {
	b := newTestBackend(t)
	const channels = 32
	w := b.AllocPersistent(channels * channels * 9).(*buffer)
	assert.Panics(t, func() { b.Free(w) })
	b.packedForm(w, "test", 1000, func(dst, src []float32) {})
	const want = 4 * channels * channels * 9
	assert.Equal(t, kernels.Stats{InUse: want, Reserved: want + 4000}, b.Stats())
	runtime.KeepAlive(w)
	w = nil
	require.Eventually(t, func() bool {
		runtime.GC()
		return b.Stats() == kernels.Stats{}
	}, 10*time.Second, time.Millisecond)
}

// TestPackedForms are made once a version, and end with a buffer from Alloc.
func TestPackedForms(t *testing.T) {
	b := newTestBackend(t)
	for name, alloc := range map[string]func(int) kernels.Buffer{"short-lived": b.Alloc, "persistent": b.AllocPersistent} {
		t.Run(name, func(t *testing.T) {
			x := alloc(64).(*buffer)
			made := 0
			pack := func() []float32 {
				return b.packedForm(x, "test", 100, func(dst, src []float32) { made++; dst[0] = src[0] }).data
			}
			for i, v := range []float32{3, 4} {
				b.Fill(x, v)
				assert.Equal(t, v, pack()[0])
				assert.Len(t, pack(), 100)
				assert.Equal(t, i+1, made, "once for each version")
			}
			runtime.KeepAlive(x)
		})
	}
	x := b.Alloc(64).(*buffer)
	b.packedForm(x, "test", 100, func(dst, src []float32) {})
	free := func() (n int) {
		for _, f := range b.arena.regions[0].free {
			n += f.length
		}
		return n
	}
	before := free()
	b.Free(x)
	assert.Equal(t, before+64+aligned(100), free())
}

// TestLargeForms: beside persistent buffers they are kept from the second use on,
// until the buffer changes; then they are made for each use and given back.
func TestLargeForms(t *testing.T) {
	b := newTestBackend(t)
	w := b.AllocPersistent(64).(*buffer)
	made := 0
	use := func() *float32 {
		u := b.packedForm(w, "test", largeForm, func(dst, src []float32) { made++; dst[0] = src[0] })
		defer u.release()
		require.Len(t, u.data, largeForm)
		require.Equal(t, w.data[0], u.data[0])
		return &u.data[0]
	}
	passing, kept := use(), use()
	require.NotSame(t, passing, kept)
	require.Same(t, kept, use())
	require.Equal(t, 2, made)
	for i, v := range []float32{3, 4} {
		b.Fill(w, v)
		require.Same(t, passing, use())
		require.Same(t, passing, use())
		require.Equal(t, 4+2*i, made)
	}
	runtime.KeepAlive(w)

	w = b.AllocPersistent(64).(*buffer)
	b.Changing(w)
	require.Same(t, passing, use())
	require.Same(t, passing, use(), "not kept before the first change either")
	runtime.KeepAlive(w)
}

// TestDisjointSlices writes parts of one buffer from several goroutines; the race
// detector watches.
func TestDisjointSlices(t *testing.T) {
	b := newTestBackend(t)
	x := b.Alloc(4 * 100)
	done := make(chan struct{})
	for i := range 4 {
		go func() {
			b.Fill(x.Slice(100*i, 100), float32(i))
			done <- struct{}{}
		}()
	}
	for range 4 {
		<-done
	}
	values := make([]float32, 400)
	b.Download(values, x)
	for i, v := range values {
		require.Equal(t, float32(i/100), v)
	}
}

func newTestBackend(t *testing.T) *Backend {
	t.Helper()
	b, err := New(Options{})
	require.NoError(t, err)
	return b
}
