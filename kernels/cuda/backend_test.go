package cuda

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/cu"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/cuda/standin"
)

// Transfers of more than the staging buffers keep their order.
func TestTransfersInPieces(t *testing.T) {
	b := open(t)
	values := make([]float32, 3*stagingValues+17)
	for i := range values {
		values[i] = float32(i % 1000003)
	}
	x := b.Alloc(len(values))
	defer b.Free(x)
	b.Upload(x, values)
	back := make([]float32, len(values))
	b.Download(back, x)
	require.True(t, slices.Equal(values, back))
}

// Goroutines share a backend.
func TestGoroutines(t *testing.T) {
	b := open(t)
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for range 20 {
				x, y := b.Alloc(1000), b.Alloc(1)
				b.Fill(x, float32(g))
				b.Reduce(kernels.Sum, y, x, []int{1000}, []bool{true})
				var sum [1]float32
				b.Download(sum[:], y)
				b.Free(x)
				b.Free(y)
				if sum[0] != float32(1000*g) {
					t.Errorf("goroutine %d: sum is %g, want %d", g, sum[0], 1000*g)
				}
			}
		})
	}
	group.Wait()
	require.Zero(t, b.Stats().InUse)
}

// The device's failures become errors that say what to do.
func TestFailures(t *testing.T) {
	b := open(t)
	if standin.Real() {
		t.Skip("would have to fill the GPU's memory")
	}
	t.Setenv("STANDIN_MEMORY", "100000000")
	huge := func() (err error) {
		defer kernels.Catch(&err)
		for range 1 << 10 {
			x := b.Alloc(1 << 22)
			defer b.Free(x)
		}
		return nil
	}
	err := huge()
	var failure *kernels.Failure
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, err, kernels.ErrOutOfMemory)
	require.ErrorContains(t, err, "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (2)")
	require.ErrorContains(t, err, "asked for 16.0 MiB")
	require.ErrorContains(t, err, "take a smaller batch")
	require.Zero(t, b.Stats().InUse)
}

// A lost device fails every call from then on, and says so.
func TestLostDevice(t *testing.T) {
	b := open(t)
	if standin.Real() {
		t.Skip("would have to break the GPU")
	}
	gone := filepath.Join(t.TempDir(), "gone")
	t.Setenv("STANDIN_LOST", gone)
	x := b.Alloc(8)
	defer b.Free(x)
	b.Fill(x, 1)
	b.Sync()
	require.NoError(t, os.WriteFile(gone, []byte("719"), 0o600))
	for name, call := range map[string]func(){
		"Sync":     func() { b.Fill(x, 1); b.Sync() }, // launched when something waits for it
		"Reduce":   func() { b.Reduce(kernels.Sum, x.Slice(0, 1), x.Slice(1, 4), []int{4}, []bool{true}) },
		"Download": func() { b.Download(make([]float32, 8), x) },
	} {
		err := func() (err error) {
			defer kernels.Catch(&err)
			call()
			return nil
		}()
		require.ErrorContains(t, err, b.Name()+": "+name)
		require.ErrorContains(t, err, "CUDA_ERROR_LAUNCH_FAILED (719)")
		require.ErrorContains(t, err, "last checkpoint")
		require.NotErrorIs(t, err, kernels.ErrOutOfMemory)
	}
}

func TestMistakesPanic(t *testing.T) {
	b := open(t)
	x := b.Alloc(4)
	require.PanicsWithValue(t, "cuda.Free: slice of 2 values of a buffer of 4, want what Alloc returned", func() { b.Free(x.Slice(0, 2)) })
	part := x.Slice(1, 2)
	b.Free(x)
	require.PanicsWithValue(t, "cuda.Fill: buffer used after Free", func() { b.Fill(part, 0) })
	require.PanicsWithValue(t, "cuda.Fill: buffer of another backend (*cuda.buffer)", func() { open(t).Fill(x, 0) })
}

func TestNoSuchDevice(t *testing.T) {
	open(t)
	_, err := Open(Options{Device: 77})
	require.ErrorContains(t, err, "cuda: device 77, want 0 to ")
}

// failing is a compiler that does not know the device.
type failing struct{ driver.Compiler }

func (failing) Library() driver.Library { return driver.Library{Version: "1.0"} }
func (failing) Compile(string, string, map[string]string, []string) ([]byte, string, error) {
	return nil, "", errors.New("no such architecture")
}

// counting counts compilations.
type counting struct {
	failing
	count int
}

func (c *counting) Compile(name, _ string, _ map[string]string, _ []string) ([]byte, string, error) {
	c.count++
	return []byte("machine code of " + name), "", nil
}

// Machine code that the cache has not whole is made again.
func TestDamagedCacheIsRebuilt(t *testing.T) {
	folder := t.TempDir()
	t.Setenv(CacheVariable, folder)
	p := cu.Program{Name: "a.cu", Text: "source"}
	var c counting
	get := func() {
		image, err := compiled(&c, p, nil, nil)
		require.NoError(t, err)
		require.Equal(t, "machine code of a.cu", string(image))
	}
	get()
	list, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Len(t, list, 1)
	whole, err := os.ReadFile(list[0])
	require.NoError(t, err)
	flipped := slices.Clone(whole)
	flipped[3] ^= 4
	for i, damaged := range [][]byte{{}, whole[:len(whole)/2], whole[:len(whole)-1], append(slices.Clone(whole), 0), flipped} {
		require.NoError(t, os.WriteFile(list[0], damaged, 0o600))
		get()
		require.Equal(t, i+2, c.count, "damage %d went unseen", i)
		get()
		require.Equal(t, i+2, c.count, "damage %d was not mended", i)
	}
}

// Machine code is made once for a source, compiler and architecture.
func TestCompiledKernelsAreKept(t *testing.T) {
	t.Setenv(CacheVariable, t.TempDir())
	p := cu.Program{Name: "a.cu", Text: "source"}
	var c counting
	get := func(p cu.Program, headers map[string]string, options ...string) {
		image, err := compiled(&c, p, headers, options)
		require.NoError(t, err)
		require.Equal(t, "machine code of a.cu", string(image))
	}
	get(p, nil, "sm_90")
	get(p, nil, "sm_90")
	require.Equal(t, 1, c.count)
	get(p, nil, "sm_80")
	get(p, map[string]string{"common.cuh": "x"}, "sm_90")
	get(cu.Program{Name: "a.cu", Text: "another"}, nil, "sm_90")
	require.Equal(t, 4, c.count)
	_, err := compiled(failing{}, p, nil, []string{"sm_1"})
	require.ErrorContains(t, err, "no such architecture")
}
