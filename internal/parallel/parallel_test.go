package parallel

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEachCallsEveryIndexOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100} {
		calls := make([]atomic.Int32, n)
		require.NoError(t, Each(t.Context(), n, func(i int) error { calls[i].Add(1); return nil }))
		for i := range calls {
			require.EqualValues(t, 1, calls[i].Load(), "index %d of %d", i, n)
		}
	}
}

func TestEachReturnsTheFirstError(t *testing.T) {
	err := Each(t.Context(), 50, func(i int) error {
		if i < 3 {
			return nil
		}
		return fmt.Errorf("index %d", i)
	})
	require.EqualError(t, err, "index 3")
}

func TestEachStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var calls atomic.Int32
	err := Each(ctx, 1_000_000, func(int) error {
		if calls.Add(1) == 10 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, calls.Load(), int32(1_000_000))
}

// squares yields the squares of 0 … n-1, or an error at index bad.
func squares(ctx context.Context, n, depth, bad int) func(func(int, error) bool) {
	return Ahead(ctx, n, depth, func(_ context.Context, i int) (int, error) {
		if i == bad {
			return 0, errors.New("bad")
		}
		return i * i, nil
	})
}

func TestAheadKeepsTheOrder(t *testing.T) {
	for _, depth := range []int{0, 1, 5} {
		i := 0
		for v, err := range squares(t.Context(), 20, depth, -1) {
			require.NoError(t, err)
			require.Equal(t, i*i, v)
			i++
		}
		require.Equal(t, 20, i)
	}
}

func TestAheadEndsWithTheFirstError(t *testing.T) {
	n := 0
	var last error
	for _, err := range squares(t.Context(), 20, 2, 4) {
		n, last = n+1, err
	}
	require.Equal(t, 5, n)
	require.EqualError(t, last, "bad")
}

// The next value is made while the caller works: it waits for it without asking.
func TestAheadWorksAhead(t *testing.T) {
	made := make(chan int, 3)
	for v, err := range Ahead(t.Context(), 3, 1, func(_ context.Context, i int) (int, error) { made <- i; return i, nil }) {
		require.NoError(t, err)
		if v == 0 {
			require.Equal(t, []int{0, 1}, []int{<-made, <-made})
		}
	}
}

func TestAheadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range squares(ctx, 1000, 1, -1) {
		n, last = n+1, err
		if n == 3 {
			cancel()
		}
	}
	require.Equal(t, 4, n, "nothing comes after the end but the error")
	require.ErrorIs(t, last, context.Canceled)

	ended := make(chan struct{})
	for range Ahead(t.Context(), 1000, 0, func(ctx context.Context, i int) (int, error) {
		if i == 1 {
			<-ctx.Done() // the loop's end reaches a slow disk
			close(ended)
		}
		return i, ctx.Err()
	}) {
		break
	}
	<-ended
}
