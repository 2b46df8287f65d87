package autograd_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ag "github.com/org/trustmae/autograd"
	"github.com/org/trustmae/autograd/gradcheck"
	"github.com/org/trustmae/kernels"
)

// countingBackend counts calls of the convolution kernels.
type countingBackend struct {
	kernels.Backend
	data, weights int
}

func (b *countingBackend) Conv2dBackwardData(dx, dy, w kernels.Buffer, s kernels.ConvShape) {
	b.data++
	b.Backend.Conv2dBackwardData(dx, dy, w, s)
}

func (b *countingBackend) Conv2dBackwardWeights(dw, x, dy kernels.Buffer, s kernels.ConvShape) {
	b.weights++
	b.Backend.Conv2dBackwardWeights(dw, x, dy, s)
}

// TestBackwardLeavesOutWork counts the kernels that a chain of three
// convolutions needs for different leaves.
func TestBackwardLeavesOutWork(t *testing.T) {
	for _, c := range []struct {
		name          string
		wanted        []int // of the three weights; nil: all
		data, weights int
	}{
		{"all", nil, 2, 3},
		{"first", []int{0}, 2, 1},
		{"second", []int{1}, 1, 1},
		{"last", []int{2}, 0, 1},
		{"first and last", []int{0, 2}, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &countingBackend{Backend: newBackend(t)}
			tape := ag.NewTape(b)
			defer tape.Reset()
			x := tape.Input(ramp(2*16), 1, 2, 4, 4)
			var w, wanted tensors
			for i := range 3 {
				w = append(w, gradcheck.Leaf(b, uint64(i), -1, 1, 2, 2, 3, 3))
				x = tape.Conv2d(x, w[i], nil, ag.Conv2dParams{Padding: 1})
			}
			for _, i := range c.wanted {
				wanted = append(wanted, w[i])
			}
			tape.Backward(tape.Sum(x), wanted...)
			assert.Equal(t, c.data, b.data, "gradients of images")
			assert.Equal(t, c.weights, b.weights, "gradients of weights")
			for i, p := range w {
				if c.wanted == nil || slices.Contains(c.wanted, i) {
					assert.NotNil(t, p.Grad(), "weights %d", i)
				} else {
					assert.Nil(t, p.Grad(), "weights %d", i)
				}
			}
		})
	}
}

// TestFrozenWeights computes no gradient for constants.
func TestFrozenWeights(t *testing.T) {
	b := &countingBackend{Backend: newBackend(t)}
	tape := ag.NewTape(b)
	defer tape.Reset()
	frozen := ag.NewConstant(b, 2, 2, 3, 3)
	x := tape.Variable(ramp(32), 1, 2, 4, 4)
	y := tape.Conv2d(tape.Conv2d(x, frozen, nil, ag.Conv2dParams{Padding: 1}), frozen, nil, ag.Conv2dParams{Padding: 1})
	tape.Backward(tape.Sum(y))
	assert.Equal(t, 2, b.data)
	assert.Zero(t, b.weights)
	assert.NotNil(t, x.Grad())
}

// TestGrad differentiates by a leaf, a latent and an image at once.
func TestGrad(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	w := gradcheck.Leaf(b, 1, 1, 2, 3)
	image := tape.Variable([]float32{1, 2, 3}, 3)
	latent := tape.Mul(image, w) // [3]
	out := tape.Sum(tape.Square(latent))

	grads, err := tape.Grad(out, tensors{latent, image, w, latent}, ag.GradOptions{})
	require.NoError(t, err)
	for i, v := range w.Data() {
		x := float32(i + 1)
		assert.InDelta(t, 2*x*v, grads[0].Data()[i], 1e-5, "latent")
		assert.InDelta(t, 2*x*v*v, grads[1].Data()[i], 1e-4, "image")
		assert.InDelta(t, 2*x*x*v, grads[2].Data()[i], 1e-4, "weights")
	}
	assert.Equal(t, grads[0].Data(), grads[3].Data(), "the same input twice")
	assert.Nil(t, w.Grad(), "Grad accumulates nothing")
	assert.False(t, grads[0].RequiresGrad())

	none, err := tape.Grad(out, nil, ag.GradOptions{})
	assert.NoError(t, err)
	assert.Empty(t, none)
}

// TestGradOfLatents asks for every gradient along a chain whose rules write over
// what they are given.
func TestGradOfLatents(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	x := tape.Variable([]float32{0.5, -1}, 2)
	chain := tensors{x}
	for range 3 {
		chain = append(chain, tape.Tanh(chain[len(chain)-1]))
	}
	grads, err := tape.Grad(tape.Sum(tape.LeakyReLU(chain[3], 0.1)), chain, ag.GradOptions{})
	require.NoError(t, err)
	want := []float64{1, 0.1}
	for i := 3; i >= 0; i-- {
		for j, g := range grads[i].Data() {
			assert.InDelta(t, want[j], g, 1e-6, "tanh %d", i)
			if i > 0 {
				want[j] *= 1 - math.Pow(float64(chain[i].Data()[j]), 2)
			}
		}
	}
}

// TestGradOfConcat asks for the gradient of a tensor whose parts get slices of
// it, which must not be written over.
func TestGradOfConcat(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	x := tape.Variable([]float32{1, 2}, 1, 2)
	joined := tape.Concat(0, tape.MulScalar(x, 3), tape.MulScalar(x, 5))
	grads, err := tape.Grad(tape.Sum(tape.Square(joined)), tensors{joined, x}, ag.GradOptions{})
	require.NoError(t, err)
	assert.Equal(t, []float32{6, 12, 10, 20}, grads[0].Data())
	assert.Equal(t, []float32{18 + 50, 36 + 100}, grads[1].Data())
}

// TestGradOfItself is the corner where nothing lies between output and input.
func TestGradOfItself(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	x := tape.Variable([]float32{3}, 1)
	grads, err := tape.Grad(x, tensors{x}, ag.GradOptions{})
	require.NoError(t, err)
	assert.Equal(t, []float32{1}, grads[0].Data())
	y := tape.Square(x)
	grads, err = tape.Grad(y, tensors{y}, ag.GradOptions{})
	require.NoError(t, err)
	assert.Equal(t, []float32{1}, grads[0].Data())
	tape.Backward(x)
	assert.Equal(t, []float32{1}, x.Grad().Data())
}

func TestGradWithoutPath(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	x, y := tape.Variable([]float32{1}, 1), tape.Variable([]float32{1}, 1)
	constant := tape.Input([]float32{1}, 1)
	for name, input := range map[string]*ag.Tensor{"other leaf": y, "constant": constant, "detached": tape.Detach(x)} {
		_, err := tape.Grad(tape.Square(x), tensors{x, input}, ag.GradOptions{})
		require.Error(t, err, name)
		assert.True(t, errors.Is(err, ag.ErrNoGradient), name)
		assert.EqualError(t, err, "autograd: gradient with respect to input 1 (shape [1]): no gradient reaches the tensor", name)
	}
}

// TestAccumulation adds gradients that arrive by several ways and steps.
func TestAccumulation(t *testing.T) {
	b := newBackend(t)
	x := gradcheck.Leaf(b, 1, 1, 2, 4)
	values := x.Data()
	tape := ag.NewTape(b)
	check := func(name string, want func(v float64) float64) {
		t.Helper()
		for i, v := range values {
			assert.InDelta(t, want(float64(v)), x.Grad().Data()[i], 1e-4, name)
		}
		x.ZeroGrad()
		assert.Nil(t, x.Grad(), name)
		tape.Reset()
	}

	tape.Backward(tape.Sum(tape.Add(x, x)))
	check("x+x", func(float64) float64 { return 2 })

	// The gradient of the sum goes on unchanged to two branches that both
	// write over theirs.
	h := tape.MulScalar(x, 1)
	tape.Backward(tape.Sum(tape.Add(tape.MulScalar(h, 3), tape.MulScalar(h, 5))))
	check("diamond", func(float64) float64 { return 8 })

	// The sum gives the same gradient to both operands; the first gets another
	// one on top while the second still waits.
	other := tape.MulScalar(x, 1)
	h = tape.MulScalar(x, 1)
	more := tape.MulScalar(h, 3)
	tape.Backward(tape.Sum(tape.Add(tape.Add(h, other), more)))
	check("shared and added to", func(float64) float64 { return 5 })

	h = tape.Tanh(x)
	y := tape.Add(tape.Add(h, h), tape.Mul(h, h))
	tape.Backward(tape.Sum(tape.Sub(y, tape.Tanh(h))))
	check("nested diamond", func(v float64) float64 {
		u := math.Tanh(v)
		return (1 - u*u) * (2 + 2*u - (1 - math.Pow(math.Tanh(u), 2)))
	})

	tape.Backward(tape.Sum(x))
	tape.Backward(tape.Sum(tape.Square(x)))
	check("two losses", func(v float64) float64 { return 1 + 2*v })

	v := tape.Reshape(x, 2, 2)
	tape.Backward(tape.Sum(tape.Mul(tape.Narrow(v, 0, 0, 1), tape.Narrow(v, 0, 1, 1))))
	check("halves multiplied", func() func(v float64) float64 {
		i := -1
		return func(float64) float64 { i++; return float64(values[(i+2)%4]) }
	}())
}

// TestRetainGraph differentiates the same operations again.
func TestRetainGraph(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	x := tape.Variable([]float32{3}, 1)
	y := tape.Square(x)
	for range 2 {
		grads, err := tape.Grad(y, tensors{x}, ag.GradOptions{RetainGraph: true})
		require.NoError(t, err)
		assert.Equal(t, float32(6), grads[0].Item())
	}
	tape.Backward(y)
	assert.PanicsWithValue(t, "autograd: Square was differentiated before and given back; use GradOptions.RetainGraph", func() { tape.Backward(y) })
}

func TestNoGrad(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	x := tape.Variable([]float32{3}, 1)
	tape.NoGrad(func() {
		assert.False(t, tape.GradEnabled())
		assert.False(t, tape.Square(x).RequiresGrad())
		tape.NoGrad(func() {})
		assert.False(t, tape.GradEnabled(), "nested")
	})
	assert.True(t, tape.GradEnabled())
	assert.Panics(t, func() { tape.NoGrad(func() { panic("inside") }) })
	assert.True(t, tape.GradEnabled(), "after a panic")
	assert.True(t, tape.Square(x).RequiresGrad())
	assert.False(t, tape.Square(tape.Detach(x)).RequiresGrad())
	assert.False(t, tape.LessEqual(x, x).RequiresGrad())

	// A graph recorded before can be differentiated under NoGrad, also again.
	y := tape.Mul(tape.Square(x), x)
	tape.NoGrad(func() {
		first, err := tape.Grad(y, tensors{x}, ag.GradOptions{CreateGraph: true})
		require.NoError(t, err)
		second, err := tape.Grad(first[0], tensors{x}, ag.GradOptions{})
		require.NoError(t, err)
		assert.Equal(t, float32(27), first[0].Item())
		assert.Equal(t, float32(18), second[0].Item())
	})
}
