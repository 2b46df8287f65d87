package cuda

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// bank is an allocator with little memory.
type bank struct {
	total, used int64
	blocks      map[driver.Ptr]int64
	next        driver.Ptr
	allocations int
}

func (b *bank) Alloc(bytes int64) (driver.Ptr, error) {
	if b.used+bytes > b.total {
		return 0, &driver.Error{Call: "cuMemAlloc", Code: 2, Name: "CUDA_ERROR_OUT_OF_MEMORY"}
	}
	b.next += 1 << 20
	b.used += bytes
	b.blocks[b.next] = bytes
	b.allocations++
	return b.next, nil
}

func (b *bank) Free(p driver.Ptr) error {
	b.used -= b.blocks[p]
	delete(b.blocks, p)
	return nil
}

func (b *bank) MemInfo() (free, total int64, err error) { return b.total - b.used, b.total, nil }

func newBank(total int64) (*bank, *memory, *int) {
	b, waits := &bank{total: total, blocks: make(map[driver.Ptr]int64)}, new(int)
	return b, newMemory(b, func() error { *waits++; return nil }), waits
}

func TestMemoryIsReused(t *testing.T) {
	b, m, _ := newBank(1 << 30)
	for range 5 {
		p, err := m.take(1000, passing)
		require.NoError(t, err)
		q, err := m.take(100_000, passing)
		require.NoError(t, err)
		require.NotEqual(t, p, q)
		require.EqualValues(t, sizeClass(1000)+sizeClass(100_000), m.stats().InUse)
		m.give(p, 1000)
		m.give(q, 100_000)
	}
	require.Equal(t, 2, b.allocations)
	require.Zero(t, m.stats().InUse)
	require.Equal(t, b.used, m.stats().Reserved)
	require.NoError(t, m.close())
	require.Zero(t, b.used)
	require.Zero(t, m.stats().Reserved)
}

// Kept blocks of other sizes go back, once no work uses them, before memory is
// said to be out.
func TestMemoryMakesRoom(t *testing.T) {
	b, m, waits := newBank(10 << 20)
	p, err := m.take(6<<20, passing)
	require.NoError(t, err)
	m.give(p, 6<<20)
	_, err = m.take(8<<20, passing)
	require.NoError(t, err)
	require.Equal(t, 1, *waits)
	require.EqualValues(t, 8<<20, b.used)
	_, err = m.take(4<<20, passing)
	require.ErrorContains(t, err, "asked for 4.0 MiB, this run uses 8.0 MiB, 2.0 MiB of the device's 10.0 MiB are free")
	require.ErrorContains(t, err, "smaller batch")
	require.ErrorIs(t, err, kernels.ErrOutOfMemory)
	require.EqualValues(t, 8<<20, m.stats().InUse)
}

func TestSizeClasses(t *testing.T) {
	for _, n := range []int64{1, 255, 256, 257, 4096, 4097, 1 << 20, 1<<20 + 1, 3<<30 + 12345} {
		class := sizeClass(n)
		require.GreaterOrEqual(t, class, n)
		require.LessOrEqual(t, float64(class), max(1.125*float64(n), 256+float64(n)), "%d", n)
		require.Zero(t, class%256)
		require.Equal(t, class, sizeClass(class))
	}
}
