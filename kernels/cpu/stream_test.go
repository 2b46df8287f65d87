package cpu

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// squareSum records y += x², with room in between, n values.
func squareSum(t *testing.T, s kernels.Stream, y, x kernels.Buffer) kernels.Graph {
	t.Helper()
	g, err := s.Capture(func() {
		room := s.Alloc(x.Len())
		s.Unary(kernels.Square, room, x, 0, 0)
		s.AddScaled(y, room, 1)
		s.Free(room)
	})
	require.NoError(t, err)
	return g
}

// Graphs of a stream take the same memory for what they have in between, and give it
// back with the stream.
func TestStreamMemory(t *testing.T) {
	const n = 1 << 20
	b := open(t, "", 2)
	x, y := b.AllocPersistent(n), b.AllocPersistent(n)
	b.Fill(x, 3)
	b.Fill(y, 0)
	func() {
		s := b.Stream()
		first := squareSum(t, s, y, x)
		reserved := b.Stats().Reserved
		require.GreaterOrEqual(t, lent(b), n)
		second := squareSum(t, s, y, x)
		require.Equal(t, reserved, b.Stats().Reserved, "a second graph takes memory of its own")
		for range 3 {
			require.True(t, first.Launch())
			require.True(t, second.Launch())
		}
		require.Zero(t, b.Stats().InUse-8*n, "buffers in use")
	}()
	got := make([]float32, n)
	b.Download(got, y)
	require.Equal(t, slices.Repeat([]float32{6 * 9}, n), got)
	for deadline := time.Now().Add(10 * time.Second); lent(b) > 0; time.Sleep(time.Millisecond) {
		runtime.GC()
		require.True(t, time.Now().Before(deadline), "a stream that is garbage keeps its memory")
	}
}

// lent is how many values of the arena's regions are in use.
func lent(b *Backend) int {
	b.arena.mu.Lock()
	defer b.arena.mu.Unlock()
	n := 0
	for _, r := range b.arena.regions {
		n += len(r.data)
		for _, f := range r.free {
			n -= f.length
		}
	}
	return n
}

// Streams of one backend do their work at once, with its threads.
func TestStreamsSideBySide(t *testing.T) {
	const n, rounds = 300_000, 20
	b := open(t, "", 3)
	x := b.AllocPersistent(n)
	b.Fill(x, 2)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			s := b.Stream()
			y := s.Alloc(n)
			defer s.Free(y)
			s.Fill(y, 0)
			g := squareSum(t, s, y, x)
			for range rounds {
				g.Launch()
			}
			got := make([]float32, n)
			s.Download(got, y)
			if want := float32(4 * rounds); got[0] != want || got[n-1] != want {
				t.Errorf("got %g and %g, want %g", got[0], got[n-1], want)
			}
		})
	}
	group.Wait()
}

// A graph that was given up is no longer launched.
func TestLaunchAfterRelease(t *testing.T) {
	b := open(t, "", 1)
	x := b.AllocPersistent(10)
	g := squareSum(t, b.Stream(), x, x)
	g.Release()
	require.PanicsWithValue(t, "cpu.Graph.Launch: called after Release", func() { g.Launch() })
}

// TestBiasOfRecordedConvolutions: whatever way a convolution is computed, it reads its
// bias when the recorded work is done.
func TestBiasOfRecordedConvolutions(t *testing.T) {
	for _, shape := range []kernels.ConvShape{
		kernels.NewConvShape(1, 5, 16, 16, 7, 1, 1, 1, 0, 1),
		kernels.NewConvShape(1, 5, 6, 6, 7, 1, 1, 1, 0, 1),
		kernels.NewConvShape(1, 32, 16, 16, 32, 3, 3, 1, 1, 1),
		kernels.NewConvShape(1, 3, 64, 64, 32, 3, 3, 2, 1, 1),
		kernels.NewConvShape(1, 32, 64, 64, 3, 7, 7, 1, 3, 1),
	} {
		b := open(t, "", 2)
		s := b.Stream()
		x, w, bias, y := b.Alloc(shape.XLen()), b.Alloc(shape.WLen()), b.Alloc(shape.OutC), b.Alloc(shape.YLen())
		b.Fill(x, 0)
		b.Fill(w, 1)
		b.Fill(bias, 1)
		g, err := s.Capture(func() { s.Conv2d(y, x, w, bias, shape, 1) })
		require.NoError(t, err)
		b.Fill(bias, 2)
		require.True(t, g.Launch())
		got := make([]float32, shape.YLen())
		b.Download(got, y)
		require.Equal(t, slices.Repeat([]float32{2}, len(got)), got, shape)
	}
}
