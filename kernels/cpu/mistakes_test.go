package cpu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// TestOptions: what can not be had is an error that says what can.
func TestOptions(t *testing.T) {
	_, err := New(Options{Threads: -1})
	require.EqualError(t, err, "cpu: -1 threads, want 0 (all) or more")
	_, err = New(Options{Table: "abacus"})
	require.ErrorContains(t, err, `no kernel table "abacus" on this processor; choose one of `+List()[0])
	t.Setenv("TRUSTMAE_KERNELS", "generic")
	require.Equal(t, "cpu/generic", open(t, "", 3).Name())
	require.Equal(t, 3, open(t, "", 3).Threads())
	require.Equal(t, "cpu/"+List()[0], open(t, List()[0], 0).Name(), "options precede the environment")
}

// TestBufferMistakes panic with operation, got and want.
func TestBufferMistakes(t *testing.T) {
	b, other := newTestBackend(t), newTestBackend(t)
	x, gone := b.Alloc(10), b.Alloc(10)
	b.Free(gone)
	for want, f := range map[string]func(){
		"cpu.Alloc: 0 values, want at least 1":              func() { b.Alloc(0) },
		"cpu.AllocPersistent: -1 values, want at least 1":   func() { b.AllocPersistent(-1) },
		"cpu.Buffer.Slice: [5:11], want within [0:10]":      func() { x.Slice(5, 6) },
		"cpu.Buffer.Slice: [-1:1], want within [0:10]":      func() { x.Slice(-1, 2) },
		"cpu.Fill: buffer of another backend (*cpu.buffer)": func() { other.Fill(x, 1) },
		"cpu.Download: buffer of another backend (<nil>)":   func() { b.Download(nil, nil) },
		"cpu.Fill: buffer used after Free":                  func() { b.Fill(gone, 1) },
		"cpu.Free: buffer used after Free":                  func() { b.Free(gone) },
		"cpu.Upload: buffer holds 10 values, want 9":        func() { b.Upload(x, make([]float32, 9)) },
	} {
		require.PanicsWithValue(t, want, f)
	}
}

// TestPlansAreBounded: images of any size do not fill the memory with tables.
func TestPlansAreBounded(t *testing.T) {
	b := newTestBackend(t)
	for width := range mostPlans + 10 {
		s := kernels.NewConvShape(1, 1, 1, 1+width, 1, 1, 1, 1, 0, 1)
		require.Same(t, b.plan(forward, s), b.plan(forward, s))
	}
	require.Len(t, b.plans.byKey, 10)
}
