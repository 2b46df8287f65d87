package kernelstest

import (
	"slices"
	"testing"

	"github.com/org/trustmae/kernels"
)

// checkCapture records work that reads and changes buffers, repeats it, and
// demands what the same operations give one by one; then what the contract says of
// memory and of mistakes.
func checkCapture(t *testing.T, b kernels.Backend, c kernels.Capturer) {
	const length = 1000
	state, twin, in := b.Alloc(length), b.Alloc(length), b.Alloc(length)
	defer func() {
		for _, x := range []kernels.Buffer{state, twin, in} {
			b.Free(x)
		}
	}()
	b.Fill(state, 1)
	b.Fill(twin, 1)
	work := func(y kernels.Buffer) func() {
		return func() {
			square := b.Alloc(length)
			b.Unary(kernels.Square, square, in, 0, 0)
			b.AddScaled(y, square, 0.5)
			b.Free(square)
		}
	}
	values := func(x kernels.Buffer) []float32 {
		out := make([]float32, length)
		b.Download(out, x)
		return out
	}
	b.Fill(in, 5)
	work(twin)() // takes memory
	before := values(state)
	g, err := c.Capture(work(state))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(values(state), before) {
		t.Error("capturing did the work")
	}
	b.Fill(twin, 1)
	for i := range 3 {
		b.Fill(in, float32(i)) // contents are read when the work is done
		if !g.Launch() {
			t.Fatal("Launch refuses though all memory is free")
		}
		work(twin)()
	}
	if got, want := values(state), values(twin); !slices.Equal(got, want) || got[0] != 3.5 {
		t.Errorf("three launches give %v…, want %v…, 3.5", got[0], want[0])
	}
	checkGraphMemory(t, b, g, length)
	g.Release()
	checkCaptureMistakes(t, b, c, in)
}

// checkGraphMemory takes memory until that of the graph is in use.
func checkGraphMemory(t *testing.T, b kernels.Backend, g kernels.Graph, length int) {
	kept := b.AllocPersistent(length)
	b.Fill(kept, 7)
	if !g.Launch() {
		t.Error("Launch refuses because of persistent memory")
	}
	got := make([]float32, length)
	b.Download(got, kept)
	if got[0] != 7 {
		t.Error("persistent memory is the graph's")
	}
	var taken []kernels.Buffer
	refused := false
	for range 8 {
		x := b.Alloc(length)
		taken = append(taken, x)
		b.Fill(x, 9)
		refused = !g.Launch()
		for _, x := range taken {
			b.Download(got, x)
			if got[0] != 9 || got[length-1] != 9 {
				t.Fatal("a launch overwrites a buffer in use")
			}
		}
		if refused {
			break
		}
	}
	for _, x := range taken {
		b.Free(x)
	}
	if refused && !g.Launch() {
		t.Error("Launch refuses though memory is free again")
	}
}

// checkCaptureMistakes demands panics, after which the backend goes on.
func checkCaptureMistakes(t *testing.T, b kernels.Backend, c kernels.Capturer, x kernels.Buffer) {
	host := make([]float32, x.Len())
	var left kernels.Buffer
	for name, f := range map[string]func(){
		"Upload": func() { b.Upload(x, host) }, "short Upload": func() { b.Upload(x.Slice(0, 2), host[:2]) },
		"Download": func() { b.Download(host, x) }, "Sync": b.Sync,
		"Capture":     func() { _, _ = c.Capture(func() {}) },
		"left in use": func() { left = b.Alloc(10) },
	} {
		if !panics(func() { _, _ = c.Capture(f) }) {
			t.Errorf("%s within Capture: no panic", name)
		}
		b.Fill(x, 3)
		if b.Download(host, x); host[0] != 3 {
			t.Errorf("after a panic because of %s: got %v, want 3", name, host[0])
		}
	}
	b.Free(left)
}
