package memae

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
)

// queued is the processor as a device that has figures ready only when they are
// waited for.
type queued struct {
	*cpu.Backend
	underway *int // copies
}

func (q queued) DownloadLater(dst []float32, src kernels.Buffer) (wait func()) {
	values := make([]float32, len(dst))
	q.Download(values, src)
	for i := range dst {
		dst[i] = float32(math.NaN())
	}
	*q.underway++
	return func() {
		copy(dst, values)
		*q.underway--
	}
}

// Figures that are read one step late are those of steps read at once, and so are
// the weights; none is outstanding at the end of an epoch.
func TestFiguresComeLate(t *testing.T) {
	underway := 0
	q := queued{backend(t), &underway}
	run := func(b kernels.Backend, wait int) (steps []StepStats, epochs []EpochStats, w []float32) {
		hooks := Hooks{
			Step: func(s StepStats) {
				if want := min(wait, s.Steps-s.Step); underway != want {
					t.Errorf("step %d: %d reports underway, want %d", s.Step, underway, want)
				}
				s.Seconds = 0
				steps = append(steps, s)
			},
			Epoch: func(e EpochStats) {
				e.Seconds = 0
				epochs = append(epochs, e)
			},
		}
		w = weights(fit(t, tinyConfig(), Options{Backend: b, Hooks: hooks}, shapes{14, -1}))
		return steps, epochs, w
	}
	wantSteps, wantEpochs, wantWeights := run(q.Backend, 0)
	steps, epochs, w := run(q, 1)
	if !reflect.DeepEqual(steps, wantSteps) || !reflect.DeepEqual(epochs, wantEpochs) || len(steps) != 8 {
		t.Errorf("steps %v\nepochs %v\nwant %v\n%v", steps, epochs, wantSteps, wantEpochs)
	}
	if !slices.Equal(w, wantWeights) {
		t.Error("other weights than with figures read at once")
	}
}

// A divergence that shows late has its own place and leaves no checkpoint.
func TestLateDivergence(t *testing.T) {
	run := func(b kernels.Backend) (diverged *DivergedError, steps int) {
		path := filepath.Join(t.TempDir(), "run.checkpoint")
		d, err := New(tinyConfig(), Options{Backend: b, Checkpoint: path, Hooks: Hooks{Step: func(StepStats) { steps++ }}})
		if err != nil {
			t.Fatal(err)
		}
		d.trainer.pos.Ready = true // the memory must not see the NaN first
		if err := d.Fit(context.Background(), shapes{16, tinyConfig().order(16, 1)[2][1]}); !errors.As(err, &diverged) {
			t.Fatalf("error %v, want a DivergedError", err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("checkpoint of a diverged run: %v, want none", err)
		}
		return diverged, steps
	}
	for name, b := range map[string]kernels.Backend{"at once": backend(t), "late": queued{backend(t), new(int)}} {
		diverged, steps := run(b)
		if diverged.Epoch != 1 || diverged.Step != 3 || diverged.Term == "loss" || steps != 2 {
			t.Errorf("%s: %v after %d steps, want a term in epoch 1, step 3, after 2", name, diverged, steps)
		}
	}
}
