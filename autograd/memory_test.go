package autograd_test

import (
	"errors"
	"math"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ag "github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
	"github.com/org/trustmae/kernels"
)

// TestViews share memory and keep it alive.
func TestViews(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	before := b.Stats().InUse
	x := tape.Input([]float32{1, 2, 3, 4, 5, 6}, 3, 2)
	once := b.Stats().InUse
	flat := tape.Reshape(x, -1)
	row := tape.Narrow(x, 0, 1, 2)
	inner := tape.Narrow(row, 0, 1, 1)
	assert.Equal(t, once, b.Stats().InUse, "views take no memory")
	x.Release()
	flat.Release()
	row.Release()
	row.Release()
	assert.Equal(t, []float32{5, 6}, inner.Data(), "a view of a released tensor")
	assert.Equal(t, once, b.Stats().InUse)
	inner.Release()
	assert.Equal(t, before, b.Stats().InUse, "the last view gives the memory back")
	tape.Reset()
	assert.Equal(t, before, b.Stats().InUse)
}

// TestRelease gives memory back at the last reference, be it a handle or a
// recorded operation.
func TestRelease(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	x := gradcheck.Leaf(b, 1, 1, 2, 1000)
	x.Release()
	assert.Len(t, x.Data(), 1000, "leaves are not affected")
	empty := b.Stats().InUse

	h := tape.MulScalar(x, 2)
	one := b.Stats().InUse
	h.Release()
	assert.Equal(t, empty, b.Stats().InUse, "nothing saved it")
	assert.PanicsWithValue(t, "autograd: tensor [1000] used after Release or Tape.Reset", func() { h.Data() })
	assert.PanicsWithValue(t, "autograd: tensor [1000] used after Release or Tape.Reset", func() { tape.Square(h) })
	tape.Reset()

	h = tape.MulScalar(x, 2)
	y := tape.Square(h) // saves h
	h.Release()
	assert.Equal(t, 2*(one-empty), b.Stats().InUse-empty, "saved for the gradient")
	loss := tape.Sum(y)
	y.Release()
	lossOnly := b.Stats().InUse
	tape.Backward(loss)
	assert.Less(t, b.Stats().InUse-(one-empty), lossOnly, "given back once differentiated, but for the gradient")
	for i, g := range x.Grad().Data() {
		require.InDelta(t, 8*x.Data()[i], g, 1e-4)
	}
	tape.Reset()
	assert.Equal(t, empty+(one-empty), b.Stats().InUse, "the parameter and its gradient")
	assert.PanicsWithValue(t, "autograd: tensor [1] used after Release or Tape.Reset", func() { loss.Item() })
}

// TestScope keeps what is returned and what gradients need.
func TestScope(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	x := tape.Variable(ramp(100), 100)
	outside := tape.Square(x)
	var inside *ag.Tensor
	kept := tape.Scope(func() []*ag.Tensor {
		inside = tape.Exp(tape.MulScalar(x, 0.1))
		tape.Scope(func() []*ag.Tensor { tape.Square(x); return nil })
		return tensors{tape.Sum(inside), outside}
	})
	assert.NotPanics(t, func() { inside.Data() }, "saved by Exp")
	tape.Backward(kept[0])
	assert.Panics(t, func() { inside.Data() })
	assert.Len(t, outside.Data(), 100)
	for i, g := range x.Grad().Data() {
		require.InDelta(t, 0.1*math.Exp(0.1*float64(ramp(100)[i])), g, 1e-5)
	}
	tape.Reset()
	assert.Zero(t, b.Stats().InUse)

	tape.NoGrad(func() {
		x := tape.Input(ramp(100), 100)
		before := b.Stats().InUse
		for range 5 {
			tape.Scope(func() []*ag.Tensor { tape.Exp(tape.Square(x)); return nil })
			assert.Equal(t, before, b.Stats().InUse)
		}
	})
	tape.Reset()
	assert.Zero(t, b.Stats().InUse)
}

// trainingStep is a small network with most kinds of operation.
func trainingStep(tape *ag.Tape, p tensors, input []float32) float32 {
	x := tape.Input(input, 4, 3, 16, 16)
	h := tape.Conv2d(x, p[0], nil, ag.Conv2dParams{Stride: 2, Padding: 1})
	y, mean, variance := tape.BatchNorm(h, p[1], p[2], 1e-5, 0)
	mean.Release()
	variance.Release()
	up := tape.ConvTranspose2d(y, p[3], p[4], ag.ConvTranspose2dParams{Stride: 2, Padding: 1})
	up = tape.Tanh(tape.InstanceNorm(up, 1e-5, 0.2))
	loss := tape.Add(tape.Mean(tape.Abs(tape.Sub(up, x))), tape.Mean(tape.MaxPool2d(tape.Square(up), ag.MaxPool2dParams{Kernel: 2})))
	tape.Backward(loss)
	value := loss.Item()
	for _, w := range p {
		tape.Backend().AddScaled(w.Buffer(), w.Grad().Buffer(), -0.01)
		w.ZeroGrad()
	}
	tape.Reset()
	return value
}

func trainingParameters(b kernels.Backend) tensors {
	return tensors{
		gradcheck.Leaf(b, 1, -0.2, 0.2, 8, 3, 3, 3), gradcheck.Leaf(b, 2, 0.9, 1.1, 8), gradcheck.Leaf(b, 3, 0, 0.1, 8),
		gradcheck.Leaf(b, 4, -0.2, 0.2, 8, 3, 4, 4), gradcheck.Leaf(b, 5, 0, 0.1, 3),
	}
}

// TestTrainingStepIsStable repeats a step: no new memory, no growth, and
// learning.
func TestTrainingStepIsStable(t *testing.T) {
	b := newBackendOf(t, 1)
	p := trainingParameters(b)
	tape := ag.NewTape(b)
	input := ramp(4 * 3 * 16 * 16)
	for i := range input {
		input[i] /= 12
	}
	first := trainingStep(tape, p, input)
	trainingStep(tape, p, input)
	memory := b.Stats()
	var last float32
	allocations := testing.AllocsPerRun(10, func() { last = trainingStep(tape, p, input) })
	assert.Equal(t, memory, b.Stats())
	assert.Less(t, last, first)
	assert.Less(t, allocations, 700.0, "small objects of a step of 16 operations")

	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		trainingStep(tape, p, input)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(64<<10), "live bytes after 20 more steps")
	t.Logf("%.0f allocations a step, %v", allocations, memory)
}

// peakBackend notes the most memory in use.
type peakBackend struct {
	kernels.Backend
	peak int64
}

func (b *peakBackend) Alloc(n int) kernels.Buffer {
	x := b.Backend.Alloc(n)
	b.peak = max(b.peak, b.Stats().InUse)
	return x
}

// TestBackwardPeak: what an operation saved goes back as soon as its gradient is
// known, so that the backward pass hardly adds to the forward pass.
func TestBackwardPeak(t *testing.T) {
	b := &peakBackend{Backend: newBackendOf(t, 1)}
	const values, steps = 1024, 20
	for _, c := range []struct {
		name    string
		f       func(t *ag.Tape, y, x *ag.Tensor) *ag.Tensor
		buffers int64
	}{
		{"activations write over their gradient", func(t *ag.Tape, y, x *ag.Tensor) *ag.Tensor {
			return t.MulScalar(t.LeakyReLU(t.Tanh(y), 0.5), 2)
		}, 1},
		{"products", func(t *ag.Tape, y, x *ag.Tensor) *ag.Tensor { return t.Mul(t.Tanh(y), x) }, 4},
	} {
		tape := ag.NewTape(b)
		x := tape.Variable(make([]float32, values), values)
		loss := tape.Scope(func() []*ag.Tensor {
			y := x
			for range steps {
				y = c.f(tape, y, x)
			}
			return tensors{tape.Sum(y)}
		})[0]
		before := b.Stats().InUse
		b.peak = 0
		tape.Backward(loss)
		assert.LessOrEqual(t, b.peak-before, c.buffers*4*values+1024, c.name)
		assert.Less(t, b.Stats().InUse, int64(3*4*values), "%s: the variable and its gradient stay", c.name)
		tape.Reset()
		assert.Zero(t, b.Stats().InUse, c.name)
	}
}

// TestPenaltyStepIsStable repeats a critic's step with gradient penalty.
func TestPenaltyStepIsStable(t *testing.T) {
	b := newBackendOf(t, 1)
	images := gradcheck.Leaf(b, 20, -1, 1, 3, 2, 8, 8)
	p := criticParameters(b)
	tape := ag.NewTape(b)
	var memory kernels.Stats
	for step := range 5 {
		loss := gradientPenalty(t, tape, images, p)
		tape.Backward(loss, p[0], p[2], p[3])
		assert.Nil(t, images.Grad())
		for _, i := range []int{0, 2, 3} {
			require.NotNil(t, p[i].Grad())
			p[i].ZeroGrad()
		}
		tape.Reset()
		if step == 1 {
			memory = b.Stats()
		}
	}
	assert.Equal(t, memory, b.Stats())
}

// TestTapesShareLeaves computes on several tapes at once; the race detector
// watches.
func TestTapesShareLeaves(t *testing.T) {
	b := newBackend(t)
	p := criticParameters(b)
	image := ramp(2 * 64)
	results := make([][]float32, 4)
	var group sync.WaitGroup
	for i := range results {
		group.Go(func() {
			tape := ag.NewTape(b)
			defer tape.Reset()
			x := tape.Variable(image, 1, 2, 8, 8)
			grads, err := tape.Grad(tape.Sum(critic(tape, x, p)), tensors{x}, ag.GradOptions{})
			if assert.NoError(t, err) {
				results[i] = grads[0].Data()
			}
		})
	}
	group.Wait()
	for _, r := range results[1:] {
		assert.Equal(t, results[0], r)
	}
}

// TestDeterminism: the same step gives the same bits for any number of threads.
func TestDeterminism(t *testing.T) {
	run := func(threads int) []float32 {
		b := newBackendOf(t, threads)
		p := trainingParameters(b)
		tape := ag.NewTape(b)
		for range 3 {
			trainingStep(tape, p, ramp(4*3*16*16))
		}
		return p[3].Data()
	}
	want := run(1)
	for _, threads := range []int{1, 2, 3} {
		assert.Equal(t, want, run(threads), "%d threads", threads)
	}
}

// failing is a backend whose device dies in the backward pass.
type failing struct{ kernels.Backend }

func (f *failing) Conv2dBackwardData(dx, dy, w kernels.Buffer, s kernels.ConvShape) {
	panic(&kernels.Failure{Backend: "test", Op: "Conv2dBackwardData", Err: errors.New("device lost")})
}

// TestFailureLeaksNothing: after a failed device the tape is whole, and Reset
// gives everything back.
func TestFailureLeaksNothing(t *testing.T) {
	b := &failing{newBackend(t)}
	w := gradcheck.Leaf(b, 1, -1, 1, 2, 2, 3, 3)
	before := b.Stats().InUse
	tape := ag.NewTape(b)
	step := func() (err error) {
		defer kernels.Catch(&err)
		x := tape.Variable(ramp(32), 1, 2, 4, 4)
		h := tape.Conv2d(tape.Tanh(x), w, nil, ag.Conv2dParams{})
		_, err = tape.Grad(tape.Sum(tape.Add(tape.Square(h), h)), tensors{x, w}, ag.GradOptions{})
		return err
	}
	assert.EqualError(t, step(), "test: Conv2dBackwardData: device lost")
	assert.True(t, tape.GradEnabled())
	tape.Reset()
	assert.Equal(t, before, b.Stats().InUse)
}
