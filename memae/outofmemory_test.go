package memae

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae/dataset"
)

// bounded is a backend with little memory.
type bounded struct {
	kernels.Backend
	limit, inUse, most int64 // bytes
}

func (b *bounded) Alloc(n int) kernels.Buffer {
	if b.inUse+4*int64(n) > b.limit {
		panic(&kernels.Failure{Backend: "bounded", Op: "Alloc", Err: kernels.ErrOutOfMemory})
	}
	b.inUse += 4 * int64(n)
	b.most = max(b.most, b.inUse)
	return b.Backend.Alloc(n)
}

func (b *bounded) Free(x kernels.Buffer) {
	b.inUse -= 4 * int64(x.Len())
	b.Backend.Free(x)
}

// unbounded measures.
func unbounded(t *testing.T) *bounded { return &bounded{Backend: backend(t), limit: 1 << 40} }

// stepMemory is what a step of so many photos takes.
func stepMemory(t *testing.T, photos int) int64 {
	t.Helper()
	b := unbounded(t)
	s, err := NewStepper(tinyConfig(), Options{Backend: b})
	require.NoError(t, err)
	_, err = s.Step(shapes{photos, -1})
	require.NoError(t, err)
	return b.most
}

// A step that finds too little memory names the largest batch that does not.
func TestStepOffersABatchThatFits(t *testing.T) {
	five, six := stepMemory(t, 5), stepMemory(t, 6)
	require.Less(t, five, six)
	for limit, fits := range map[int64]int{five: 5, six - 1: 5, stepMemory(t, 2): 2, stepMemory(t, 2) - 1: 0} {
		c := tinyConfig()
		c.Batch = 8
		d, err := New(c, Options{Backend: &bounded{Backend: backend(t), limit: limit}})
		require.NoError(t, err)
		err = d.Fit(context.Background(), shapes{8, -1})
		var short *MemoryError
		require.ErrorAs(t, err, &short)
		require.Equal(t, []int{8, fits}, []int{short.Batch, short.Fits}, "%d bytes", limit)
		require.ErrorIs(t, err, kernels.ErrOutOfMemory)
		for photos := range d.trainer.workplaces {
			require.LessOrEqual(t, photos, fits, "room for batches that do not fit")
		}
		if fits > 0 {
			require.ErrorContains(t, err, "set batch to at most")
		} else {
			require.ErrorContains(t, err, "whatever the batch")
		}
	}
}

// Scoring takes as many photos at once as there is memory for; scores stay.
func TestScoringInPartsThatFit(t *testing.T) {
	var photos []dataset.Image
	for i := range 11 {
		img, err := shapes{11, -1}.Image(i)
		require.NoError(t, err)
		photos = append(photos, img)
	}
	b := unbounded(t)
	d := fit(t, tinyConfig(), Options{Backend: b}, shapes{8, -1})
	memory := func(n int) int64 {
		b.most = b.inUse
		_, err := d.Score(context.Background(), photos[:n])
		require.NoError(t, err)
		return b.most
	}
	want, err := d.Score(context.Background(), photos)
	require.NoError(t, err)
	one, three := memory(1), memory(3)
	b.limit = three
	for range 2 {
		got, err := d.Score(context.Background(), photos)
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i := range want {
			require.InDelta(t, want[i].Raw, got[i].Raw, 1e-6*want[i].Raw, "photo %d", i)
		}
	}
	b.limit = one - 1
	_, err = d.Score(context.Background(), photos)
	var short *MemoryError
	require.ErrorAs(t, err, &short)
	require.Zero(t, short.Fits)
}

// A detector for which there is no room at all is an error, not a panic.
func TestNoRoomForTheWeights(t *testing.T) {
	_, err := New(tinyConfig(), Options{Backend: full{backend(t)}})
	require.ErrorIs(t, err, kernels.ErrOutOfMemory)
	require.ErrorContains(t, err, "AllocPersistent")
}

// full has no memory left for weights.
type full struct{ kernels.Backend }

func (full) AllocPersistent(int) kernels.Buffer {
	panic(&kernels.Failure{Backend: "full", Op: "AllocPersistent", Err: kernels.ErrOutOfMemory})
}
