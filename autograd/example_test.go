package autograd_test

import (
	"fmt"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels/cpu"
)

// A parameter is fitted to y = 3x by gradient descent. Every step ends with
// Reset, which gives all memory of the step back.
func Example() {
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := autograd.NewParameter(backend, 1)
	tape := autograd.NewTape(backend)
	for range 50 {
		x := tape.Input([]float32{1, 2, 3}, 3)
		y := tape.Input([]float32{3, 6, 9}, 3)
		loss := tape.Mean(tape.Square(tape.Sub(tape.Mul(w, x), y)))
		tape.Backward(loss)
		w.Set([]float32{w.Item() - 0.1*w.Grad().Item()})
		w.ZeroGrad()
		tape.Reset()
	}
	fmt.Printf("%.3f\n", w.Item())
	// Output: 3.000
}

// The gradient of x³ is differentiated again, as a gradient penalty does.
func ExampleTape_Grad() {
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	tape := autograd.NewTape(backend)
	defer tape.Reset()
	x := tape.Variable([]float32{2}, 1)
	y := tape.Mul(tape.Square(x), x)
	first, err := tape.Grad(y, []*autograd.Tensor{x}, autograd.GradOptions{CreateGraph: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := tape.Grad(first[0], []*autograd.Tensor{x}, autograd.GradOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(y.Item(), first[0].Item(), second[0].Item())
	// Output: 8 12 12
}

// Scope bounds the memory of an evaluation: only what it returns stays.
func ExampleTape_Scope() {
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	tape := autograd.NewTape(backend)
	defer tape.Reset()
	tape.NoGrad(func() {
		x := tape.Full(2, 1, 3, 64, 64)
		y := tape.Scope(func() []*autograd.Tensor {
			wide := tape.ResizeBilinear(x, 512, 512)
			return []*autograd.Tensor{tape.Mean(tape.Square(wide))}
		})
		fmt.Println(y[0].Item())
	})
	// Output: 4
}
