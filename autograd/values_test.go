package autograd_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	ag "github.com/org/trustmae/autograd"
)

// TestValues pins small results by hand.
func TestValues(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	row := tape.Input([]float32{1, 2, 3}, 3)
	column := tape.Input([]float32{10, 20}, 2, 1)
	square := tape.Input([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	for _, c := range []struct {
		name  string
		y     *ag.Tensor
		shape []int
		want  []float32
	}{
		{"Add broadcasts", tape.Add(column, row), []int{2, 3}, []float32{11, 12, 13, 21, 22, 23}},
		{"Sub", tape.Sub(row, tape.Full(1, 1)), []int{3}, []float32{0, 1, 2}},
		{"Div", tape.Div(column, tape.Input([]float32{5}, 1)), []int{2, 1}, []float32{2, 4}},
		{"Maximum", tape.Maximum(row, tape.Full(2, 1)), []int{3}, []float32{2, 2, 3}},
		{"Minimum", tape.Minimum(row, tape.Full(2, 1)), []int{3}, []float32{1, 2, 2}},
		{"LessEqual", tape.LessEqual(row, tape.Full(2, 1)), []int{3}, []float32{1, 1, 0}},
		{"AddScalar", tape.AddScalar(row, 0.5), []int{3}, []float32{1.5, 2.5, 3.5}},
		{"MulScalar", tape.MulScalar(row, -2), []int{3}, []float32{-2, -4, -6}},
		{"Neg", tape.Neg(row), []int{3}, []float32{-1, -2, -3}},
		{"Abs", tape.Abs(tape.Neg(row)), []int{3}, []float32{1, 2, 3}},
		{"Square", tape.Square(row), []int{3}, []float32{1, 4, 9}},
		{"Sqrt", tape.Sqrt(tape.Square(row)), []int{3}, []float32{1, 2, 3}},
		{"Reciprocal", tape.Reciprocal(column), []int{2, 1}, []float32{0.1, 0.05}},
		{"Exp and Log", tape.Log(tape.Exp(row)), []int{3}, []float32{1, 2, 3}},
		{"Tanh", tape.Tanh(row), []int{3}, []float32{0.7615942, 0.9640276, 0.9950548}},
		{"Sigmoid", tape.Sigmoid(row), []int{3}, []float32{0.7310586, 0.8807971, 0.9525741}},
		{"ReLU", tape.ReLU(tape.AddScalar(row, -2)), []int{3}, []float32{0, 0, 1}},
		{"Clamp", tape.Clamp(row, 1.5, 2.5), []int{3}, []float32{1.5, 2, 2.5}},
		{"Sum", tape.Sum(square), []int{1}, []float32{21}},
		{"Sum over rows", tape.Sum(square, 0), []int{1, 3}, []float32{5, 7, 9}},
		{"Mean over columns", tape.Mean(square, -1), []int{2, 1}, []float32{2, 5}},
		{"Mean over both", tape.Mean(square, 0, 1), []int{1, 1}, []float32{3.5}},
		{"Reshape", tape.Reshape(square, -1, 2), []int{3, 2}, []float32{1, 2, 3, 4, 5, 6}},
		{"Permute", tape.Permute(square, 1, 0), []int{3, 2}, []float32{1, 4, 2, 5, 3, 6}},
		{"Expand", tape.Expand(column, 2, 2, 2), []int{2, 2, 2}, []float32{10, 10, 20, 20, 10, 10, 20, 20}},
		{"Concat", tape.Concat(-1, square, column), []int{2, 4}, []float32{1, 2, 3, 10, 4, 5, 6, 20}},
		{"Narrow", tape.Narrow(square, 1, 1, 2), []int{2, 2}, []float32{2, 3, 5, 6}},
		{"Narrow a row", tape.Narrow(square, 0, 1, 1), []int{1, 3}, []float32{4, 5, 6}},
		{"MatMul", tape.MatMul(square, square, ag.MatMulParams{TransB: true}), []int{2, 2}, []float32{14, 32, 32, 77}},
		{"SmallestK", tape.SmallestK(tape.Input([]float32{3, 1, 1, 5, 2, 0}, 2, 3), 2), []int{2, 3}, []float32{0, 1, 1, 0, 1, 1}},
		{"Softmax of a mask", tape.Softmax(square, tape.Input([]float32{1, 0, 0, 0, 1, 0}, 2, 3)), []int{2, 3}, []float32{1, 0, 0, 0, 1, 0}},
	} {
		assert.Equal(t, c.shape, c.y.Shape(), c.name)
		assert.InDeltaSlice(t, c.want, c.y.Data(), 1e-6, c.name)
	}
	assert.Equal(t, 3, square.Dim(-1))
	assert.Equal(t, "Tensor[2 3]", square.String())
}

// TestNormStatistics returns the batch's mean and biased variance.
func TestNormStatistics(t *testing.T) {
	b := newBackend(t)
	tape := ag.NewTape(b)
	defer tape.Reset()
	x := tape.Variable([]float32{1, 10, 3, 30}, 2, 2)
	y, mean, variance := tape.BatchNorm(x, nil, nil, 0, 1)
	assert.InDeltaSlice(t, []float32{2, 20}, mean.Data(), 1e-6)
	assert.InDeltaSlice(t, []float32{1, 100}, variance.Data(), 1e-4)
	assert.InDeltaSlice(t, []float32{-1, -1, 1, 1}, y.Data(), 1e-6)
	assert.False(t, mean.RequiresGrad() || variance.RequiresGrad())
	same := tape.BatchNormInference(x, mean, variance, nil, nil, 0, 1)
	assert.InDeltaSlice(t, y.Data(), same.Data(), 1e-6)
}

// TestNaNSurvives: no operation or rule hides a NaN.
func TestNaNSurvives(t *testing.T) {
	b := newBackend(t)
	nan := float32(math.NaN())
	for name, f := range map[string]func(t *ag.Tape, x *ag.Tensor) *ag.Tensor{
		"Add":     func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Add(x, x) },
		"Maximum": func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Maximum(x, t.Full(5, 1)) },
		"ReLU":    (*ag.Tape).ReLU,
		"Clamp":   func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Clamp(x, 0, 1) },
		"Expand":  func(t *ag.Tape, x *ag.Tensor) *ag.Tensor { return t.Expand(x, 2, 2) },
		"MaxPool2d": func(t *ag.Tape, x *ag.Tensor) *ag.Tensor {
			return t.MaxPool2d(t.Reshape(x, 1, 1, 2, 1), ag.MaxPool2dParams{Kernel: 1})
		},
	} {
		tape := ag.NewTape(b)
		x := tape.Variable([]float32{nan, 1}, 2)
		loss := tape.Sum(f(tape, x))
		assert.True(t, math.IsNaN(float64(loss.Item())), name)
		tape.Backward(tape.Square(loss))
		assert.True(t, math.IsNaN(float64(x.Grad().Data()[1])), "%s: gradient", name)
		tape.Reset()
	}
}
