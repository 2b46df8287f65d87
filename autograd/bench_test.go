package autograd_test

import (
	"testing"

	ag "github.com/org/trustmae/autograd"
)

// BenchmarkTrainingStep shows allocations of the tape; its images are small.
func BenchmarkTrainingStep(b *testing.B) {
	backend := newBackend(b)
	p := trainingParameters(backend)
	tape := ag.NewTape(backend)
	input := ramp(4 * 3 * 16 * 16)
	b.ReportAllocs()
	for b.Loop() {
		trainingStep(tape, p, input)
	}
}

// BenchmarkOperation is the time of recording and differentiating one operation
// on a single value.
func BenchmarkOperation(b *testing.B) {
	backend := newBackend(b)
	tape := ag.NewTape(backend)
	x := ag.NewParameter(backend, 1)
	b.ReportAllocs()
	for b.Loop() {
		y := x
		for range 100 {
			y = tape.Tanh(y)
		}
		tape.Backward(y)
		tape.Reset()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/operation")
}
