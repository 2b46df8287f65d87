// Package gradcheck compares gradients with numeric differences, for tests.
package gradcheck

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
)

// Func computes the output to differentiate, of any shape, from the inputs or
// from whatever holds them, such as a layer.
type Func func(t *autograd.Tape, inputs []*autograd.Tensor) *autograd.Tensor

// Options tune a check. The zero value suits smooth functions of values and
// slopes around 1.
type Options struct {
	Step        float64 // of the differences; 0 means 0.01
	Tolerance   float64 // relative to the size of the gradient; 0 means 0.002
	MaxElements int     // checked in every input, chosen at random; 0 means 24
	// Kinks is the share of elements that may be skipped because the function
	// has a kink nearby: there, differences with the step and with half of it
	// disagree. 0 means that the function is smooth.
	Kinks float64
}

func (o Options) withDefaults() Options {
	if o.Step == 0 {
		o.Step = 0.01
	}
	if o.Tolerance == 0 {
		o.Tolerance = 0.002
	}
	if o.MaxElements == 0 {
		o.MaxElements = 24
	}
	return o
}

// Check fails the test where the gradient of Σ r·f(inputs) with respect to any
// of the inputs, which must be leaves, differs from central differences; r are
// fixed random weights. The sum of the differences is taken in float64 on the
// host. Everything that f made is released before the backward pass, so that a
// rule which forgot to save a value fails too.
func Check(t testing.TB, f Func, inputs []*autograd.Tensor, o Options) {
	t.Helper()
	o = o.withDefaults()
	tape := autograd.NewTape(inputs[0].Backend())
	defer tape.Reset()
	loss := tape.Scope(func() []*autograd.Tensor {
		y := f(tape, inputs)
		return []*autograd.Tensor{tape.Sum(tape.Mul(y, tape.Input(weights(y.Len()), y.Shape()...)))}
	})[0]
	if !loss.RequiresGrad() {
		t.Errorf("the output depends on no input")
		return
	}
	grads, err := tape.Grad(loss, inputs, autograd.GradOptions{})
	if err != nil {
		t.Error(err)
		return
	}
	for i, x := range inputs {
		checkInput(t, i, x, grads[i].Data(), &differences{f: f, inputs: inputs, x: x, values: x.Data(), step: o.Step}, o)
	}
}

// checkInput compares the gradient of one input.
func checkInput(t testing.TB, index int, x *autograd.Tensor, analytic []float32, d *differences, o Options) {
	t.Helper()
	places := spread(x.Len(), o.MaxElements)
	numeric := make([]estimate, len(places))
	var squares float64
	for i, place := range places {
		numeric[i] = d.at(place)
		squares += numeric[i].slope * numeric[i].slope
	}
	rms := math.Sqrt(squares / float64(len(places)))
	skipped := 0
	for i, place := range places {
		want, got := numeric[i].slope, float64(analytic[place])
		tolerance := o.Tolerance*(math.Abs(want)+rms) + numeric[i].rounding
		if o.Kinks > 0 && !(numeric[i].disagreement <= tolerance) {
			skipped++
			continue
		}
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("input %d %v, element %d: gradient %g, differences give %g (±%.2g)", index, x.Shape(), place, got, want, tolerance)
		}
	}
	if !(float64(skipped) <= o.Kinks*float64(len(places))) {
		t.Errorf("input %d %v: %d of %d elements next to a kink, want at most %g of them", index, x.Shape(), skipped, len(places), o.Kinks)
	}
}

// CheckSecond checks the gradient of the gradient: that of Σ u·∇(Σ r·f), with
// fixed random u and r, which must depend on every input.
func CheckSecond(t testing.TB, f Func, inputs []*autograd.Tensor, o Options) {
	t.Helper()
	Check(t, func(tape *autograd.Tape, inputs []*autograd.Tensor) *autograd.Tensor {
		y := f(tape, inputs)
		loss := tape.Sum(tape.Mul(y, tape.Input(weights(y.Len()), y.Shape()...)))
		grads, err := tape.Grad(loss, inputs, autograd.GradOptions{CreateGraph: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range grads {
			grads[i] = tape.Reshape(g, -1)
		}
		return tape.Concat(0, grads...)
	}, inputs, o)
}

// differences estimates slopes of Σ r·f(inputs).
type differences struct {
	f      Func
	inputs []*autograd.Tensor
	x      *autograd.Tensor // the input that varies
	values []float32        // of x
	step   float64
}

// estimate is a numeric slope.
type estimate struct {
	slope        float64 // extrapolated from the step and its half
	disagreement float64 // between the two
	rounding     float64 // error to expect of float32 outputs
}

func (d *differences) at(place int) estimate {
	whole, rounding := d.central(place, d.step)
	half, _ := d.central(place, d.step/2)
	return estimate{(4*half - whole) / 3, math.Abs(whole - half), rounding}
}

// central returns the central difference at one element and the error that
// rounding may bring into it.
func (d *differences) central(place int, step float64) (slope, rounding float64) {
	original := d.values[place]
	lo, hi := original-float32(step), original+float32(step)
	d.values[place] = hi
	above := d.outputs()
	d.values[place] = lo
	below := d.outputs()
	d.values[place] = original
	d.x.Set(d.values)
	width := float64(hi) - float64(lo)
	var sum, squares float64
	for i, r := range weights(len(above)) {
		sum += float64(r) * (float64(above[i]) - float64(below[i]))
		squares += math.Pow(float64(r)*float64(above[i]), 2)
	}
	const epsilon = 1.0 / (1 << 24)
	return sum / width, 4 * epsilon * math.Sqrt(squares) / width
}

func (d *differences) outputs() []float32 {
	d.x.Set(d.values)
	tape := autograd.NewTape(d.x.Backend())
	defer tape.Reset()
	return d.f(tape, d.inputs).Data()
}

// weights returns n fixed random numbers of size 0.5 to 1.5 and either sign.
func weights(n int) []float32 {
	rng := rand.New(rand.NewPCG(uint64(n), 7))
	w := make([]float32, n)
	for i := range w {
		w[i] = 0.5 + rng.Float32()
		if rng.IntN(2) == 0 {
			w[i] = -w[i]
		}
	}
	return w
}

// spread returns at most limit random places among n.
func spread(n, limit int) []int {
	return rand.New(rand.NewPCG(uint64(n), 8)).Perm(n)[:min(n, limit)]
}

// Leaf returns a parameter of random values in [lo, hi); the same seed and shape
// give the same values.
func Leaf(b kernels.Backend, seed uint64, lo, hi float32, shape ...int) *autograd.Tensor {
	x := autograd.NewParameter(b, shape...)
	rng := rand.New(rand.NewPCG(seed, 9))
	values := make([]float32, x.Len())
	for i := range values {
		values[i] = lo + (hi-lo)*rng.Float32()
	}
	x.Set(values)
	return x
}
