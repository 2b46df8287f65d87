package memae

import (
	"math"
	"testing"

	"github.com/org/trustmae/kernels/cuda"
	"github.com/org/trustmae/kernels/cuda/standin"
)

// Training on a GPU, or on the stand-in for its driver, takes the processor's
// course: three steps' figures agree, and no step after the second takes memory.
func TestTrainingOnCUDA(t *testing.T) {
	if err := standin.Use(); err != nil {
		standin.Skip(t, err)
	}
	gpu, err := cuda.Open(cuda.Options{})
	if err != nil {
		standin.Skip(t, err)
	}
	c := tinyConfig()
	c.Memory.Init = "normal"
	onProcessor, err := NewStepper(c, Options{Backend: backend(t)})
	if err != nil {
		t.Fatal(err)
	}
	onGPU, err := NewStepper(c, Options{Backend: gpu})
	if err != nil {
		t.Fatal(err)
	}
	var reserved int64
	for step := range 4 {
		want, err := onProcessor.Step(shapes{4, -1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := onGPU.Step(shapes{4, -1})
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if diff := math.Abs(got[i].Value - w.Value); !(diff <= 2e-3*(math.Abs(w.Value)+1e-3)) {
				t.Errorf("step %d: %s is %g, want the processor's %g", step+1, w.Name, got[i].Value, w.Value)
			}
		}
		now := gpu.Stats().Reserved
		if step >= 2 && now != reserved {
			t.Errorf("step %d: memory grew from %d to %d bytes", step+1, reserved, now)
		}
		reserved = now
	}
}
