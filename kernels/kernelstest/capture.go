package kernelstest

import (
	"math"
	"slices"
	"testing"

	"github.com/org/trustmae/kernels"
)

// checkCapture records work that reads and changes buffers, repeats it, and
// demands what the same operations give one by one; then what the contract says of
// memory and of mistakes.
func checkCapture(t *testing.T, b kernels.Stream) {
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
	g, err := b.Capture(work(state))
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
	checkCapturedWeights(t, b)
	checkCapturedTaps(t, b, in)
	checkCaptureMistakes(t, b, in)
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

// checkCapturedWeights changes a convolution's weights, of which a backend may keep
// another form, between launches and within them.
func checkCapturedWeights(t *testing.T, b kernels.Stream) {
	s := kernels.NewConvShape(1, 16, 8, 8, 16, 3, 3, 1, 1, 1)
	w, x, y := b.AllocPersistent(s.WLen()), b.Alloc(s.XLen()), b.Alloc(s.YLen())
	defer b.Free(x)
	defer b.Free(y)
	b.Fill(x, 1)
	b.Fill(w, 0)
	g, err := b.Capture(func() {
		b.AddScaled(w, w, 1)
		b.Conv2d(y, x, w, nil, s, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	got := make([]float32, s.YLen())
	check := func(weight float32) {
		t.Helper()
		g.Launch()
		b.Download(got, y)
		inside := got[s.OutW+1] // has all of its 9·16 terms
		if want := 9 * 16 * weight; math.Abs(float64(inside-want)) > 1e-3 {
			t.Errorf("weights %g: got %g, want %g", weight, inside, want)
		}
	}
	b.Fill(w, 0.5)
	check(1)
	check(2)
	b.Fill(w, 4)
	check(8)
}

// checkCapturedTaps changes values of the host after they were an argument.
func checkCapturedTaps(t *testing.T, b kernels.Stream, x kernels.Buffer) {
	const side = 5
	image, taps := x.Slice(0, side*side), []float32{0, 1, 0}
	y := b.Alloc(side * side)
	defer b.Free(y)
	g, err := b.Capture(func() { b.FilterSeparable(y, image, 1, side, side, taps) })
	if err != nil {
		t.Fatal(err)
	}
	defer g.Release()
	taps[1] = 2
	b.Fill(image, 3)
	if !g.Launch() {
		t.Fatal("Launch refuses though all memory is free")
	}
	got := make([]float32, side*side)
	if b.Download(got, y); got[0] != 3 {
		t.Errorf("filtered by recorded taps: got %g, want 3", got[0])
	}
}

// checkCaptureMistakes demands panics, after which the backend goes on.
func checkCaptureMistakes(t *testing.T, b kernels.Stream, x kernels.Buffer) {
	host := make([]float32, x.Len())
	var left kernels.Buffer
	for name, f := range map[string]func(){
		"Upload": func() { b.Upload(x, host) }, "short Upload": func() { b.Upload(x.Slice(0, 2), host[:2]) },
		"Download": func() { b.Download(host, x) }, "Sync": b.Sync,
		"Capture":     func() { _, _ = b.Capture(func() {}) },
		"left in use": func() { left = b.Alloc(10) },
	} {
		if !panics(func() { _, _ = b.Capture(f) }) {
			t.Errorf("%s within Capture: no panic", name)
		}
		b.Fill(x, 3)
		if b.Download(host, x); host[0] != 3 {
			t.Errorf("after a panic because of %s: got %v, want 3", name, host[0])
		}
	}
	b.Free(left)
}
