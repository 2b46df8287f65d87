package cuda

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// Other goroutines' work is not recorded, and theirs and the graph's do not meet
// in memory.
func TestCaptureBesideOthers(t *testing.T) {
	b := open(t)
	var group sync.WaitGroup
	for k := range 3 {
		group.Go(func() {
			for i := range 40 {
				x, y := b.Alloc(500), b.Alloc(1)
				b.Fill(x, float32(k+i))
				b.Reduce(kernels.Sum, y, x, []int{500}, []bool{true})
				var sum [1]float32
				b.Download(sum[:], y)
				b.Free(x)
				b.Free(y)
				if sum[0] != float32(500*(k+i)) {
					t.Errorf("goroutine %d: sum is %g, want %d", k, sum[0], 500*(k+i))
				}
			}
		})
	}
	count := b.Alloc(1)
	b.Fill(count, 0)
	launches := 0
	for range 10 {
		g, err := b.Capture(func() {
			x, one := b.Alloc(500), b.Alloc(1)
			b.Fill(x, 1.0/500)
			b.Reduce(kernels.Sum, one, x, []int{500}, []bool{true})
			b.AddScaled(count, one, 1)
			b.Free(x)
			b.Free(one)
		})
		require.NoError(t, err)
		for range 3 {
			if g.Launch() {
				launches++
			}
		}
		g.Release()
	}
	group.Wait()
	var got [1]float32
	b.Download(got[:], count)
	require.InDelta(t, launches, got[0], 1e-3)
	b.Free(count)
	require.Zero(t, b.Stats().InUse)
}

// What a driver refuses while it records spoils the recording, and the backend
// says so and goes on.
func TestSpoiledCapture(t *testing.T) {
	b := open(t)
	g, err := b.Capture(func() { b.must("Sync", b.stream.Sync()) })
	require.Nil(t, g)
	require.ErrorContains(t, err, "cuStreamSynchronize: CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED (900)")
	require.ErrorContains(t, err, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED (901)")
	b.Sync()

	event, err := b.device.context.NewEvent()
	require.NoError(t, err)
	_, err = b.Capture(func() {
		b.must("Record", b.stream.Record(event))
		b.must("Wait", event.Wait())
	})
	require.ErrorContains(t, err, "CUDA_ERROR_CAPTURED_EVENT (907)")
	b.Sync()
}

func TestGraphsSwitchedOff(t *testing.T) {
	b := open(t)
	t.Setenv(GraphsVariable, "off")
	_, err := b.Capture(func() {})
	require.ErrorContains(t, err, "switched off by TRUSTMAE_CUDA_GRAPHS")
}

// Graphs keep their memory from the driver until nothing else helps.
func TestGraphsGiveMemoryUp(t *testing.T) {
	b, m, _ := newBank(10 << 20)
	take := func(n int64, s span) driver.Ptr {
		p, err := m.take(n, s)
		require.NoError(t, err)
		return p
	}
	launched := func(set *workingSet) bool {
		done, err := m.whileFree(set, func() error { return nil })
		require.NoError(t, err)
		return done
	}
	m.record()
	p := take(4<<20, passing)
	m.give(p, 4<<20)
	first, inUse := m.recorded()
	require.Zero(t, inUse)
	require.True(t, launched(first))

	q := take(4<<20, lasting)
	require.NotEqual(t, p, q, "lasting memory is none of a graph's")
	require.Equal(t, p, take(4<<20, passing), "passing memory may be")
	require.False(t, launched(first), "the block is in use")

	m.record()
	m.give(p, 4<<20)
	require.Equal(t, p, take(4<<20, passing))
	_, inUse = m.recorded()
	require.Equal(t, 1, inUse)
	m.give(p, 4<<20)
	require.True(t, launched(first))

	r := take(5<<20, passing)
	require.False(t, launched(first), "the memory went to other work")
	m.forget(first)
	m.give(r, 5<<20)
	require.EqualValues(t, 4<<20, m.stats().InUse)
	m.give(q, 4<<20)
	require.NoError(t, m.close())
	require.Zero(t, b.used)
}

// While work is recorded nothing waits for the device.
func TestNoRoomWhileRecording(t *testing.T) {
	b, m, waits := newBank(10 << 20)
	p, err := m.take(6<<20, passing)
	require.NoError(t, err)
	m.give(p, 6<<20)
	m.record()
	_, err = m.take(8<<20, passing)
	require.ErrorIs(t, err, kernels.ErrOutOfMemory)
	m.recorded()
	require.Zero(t, *waits)
	require.EqualValues(t, 6<<20, b.used)
}

// A convolution is recorded with what was chosen for it, and one that nothing was
// chosen for without timing anything.
func TestConvolutionsAreRecorded(t *testing.T) {
	b := openWith(t, Options{})
	known := newLayer(kernels.NewConvShape(2, 8, 12, 12, 20, 3, 3, 1, 1, 1))
	unknown := newLayer(kernels.NewConvShape(1, 5, 9, 12, 7, 3, 3, 1, 1, 1))
	require.Equal(t, known.want(0.5), known.on(b, 0.5, 0))
	var buffers []kernels.Buffer
	put := func(values []float32) kernels.Buffer {
		x := b.Alloc(len(values))
		b.Upload(x, values)
		buffers = append(buffers, x)
		return x
	}
	results := make(map[kernels.Buffer]layer)
	var work []func()
	for _, l := range []layer{known, unknown} {
		x, w, bias, y := put(make([]float32, len(l.x))), put(l.w), put(l.bias), put(make([]float32, l.s.YLen()))
		results[y] = l
		work = append(work, func() { b.Conv2d(y, x, w, bias, l.s, 0.5) }, func() { b.Upload(x, l.x) })
	}
	g, err := b.Capture(func() { work[0](); work[2]() })
	require.NoError(t, err)
	work[1]()
	work[3]()
	require.True(t, g.Launch())
	for y, l := range results {
		got := make([]float32, l.s.YLen())
		b.Download(got, y)
		require.Equal(t, l.want(0.5), got)
	}
	if b.dnn.handle != nil {
		_, ok := chosen(b, driver.Forward, unknown.s)
		require.False(t, ok, "something was timed")
	}
	g.Release()
	for _, x := range buffers {
		b.Free(x)
	}
}
