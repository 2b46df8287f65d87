package memae

import (
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda"
	"github.com/org/trustmae/kernels/cuda/standin"
	"github.com/org/trustmae/memae/dataset"
)

// openCUDA returns a GPU, or the stand-in for its driver, or skips.
func openCUDA(t *testing.T) *cuda.Backend {
	t.Helper()
	if err := standin.Use(); err != nil {
		standin.Skip(t, err)
	}
	gpu, err := cuda.Open(cuda.Options{Precision: cuda.F32})
	if err != nil {
		standin.Skip(t, err)
	}
	return gpu
}

// batchesOf copies the photos of all batches to the host.
func batchesOf(t *testing.T, b kernels.Backend, data Data, lists [][]int, augment augmenter) (all [][]float32) {
	t.Helper()
	l := newLoader(b, 64)
	defer l.close()
	tape := autograd.NewTape(b)
	defer tape.Reset()
	for x, err := range l.batches(t.Context(), data, lists, augment) {
		require.NoError(t, err)
		all = append(all, x.input(tape, 64).Data())
		all = append(all, x.part(1, 1).input(tape, 64).Data())
	}
	return all
}

// The device prepares photos as the host does: mirrored and turned ones to the
// bit, in batches of any size, whatever was read ahead and left.
func TestPhotosOnCUDA(t *testing.T) {
	gpu, processor := openCUDA(t), backend(t)
	lists := [][]int{{5, 1, 2}, {0, 3}, {4, 6, 7, 8, 9}, {2, 2}}
	for rot, tolerance := range map[string]float64{"k90": 0, "deg:20": 1e-5} {
		augment := func(i int) dataset.Turn {
			return dataset.Augment{FlipH: true, FlipV: true, Rotate: rot}.Draw(dataset.Rand(1, 1, i), true)
		}
		want, got := batchesOf(t, processor, shapes{10, -1}, lists, augment), batchesOf(t, gpu, shapes{10, -1}, lists, augment)
		require.Len(t, got, len(want))
		for i := range want {
			require.InDeltaSlice(t, want[i], got[i], tolerance, "%s, batch %d", rot, i)
		}
	}
	l := newLoader(gpu, 64)
	for range l.batches(t.Context(), shapes{10, -1}, lists, nil) {
		break
	}
	l.close()
	before := gpu.Stats().InUse
	data := failing{shapes{10, -1}, new(atomic.Bool)}
	data.bad.Store(true)
	for b, err := range l.batches(t.Context(), data, [][]int{{0}, {3}}, nil) {
		require.Equal(t, b.count == 0, err != nil)
	}
	l.close()
	require.Equal(t, before, gpu.Stats().InUse)
}

// Photos of other sizes are resized on the device as on the host.
func TestScoringOtherSizesOnCUDA(t *testing.T) {
	gpu, processor := openCUDA(t), backend(t)
	path := filepath.Join(t.TempDir(), "m")
	require.NoError(t, fit(t, tinyConfig(), Options{Backend: processor}, shapes{8, -1}).Save(path))
	var photos []dataset.Image
	for _, size := range [][2]int{{64, 64}, {200, 150}, {64, 90}, {30, 64}} {
		img := dataset.NewImage(size[0], size[1])
		for i := range img.Pix {
			img.Pix[i] = float32(i*7919%1000) / 1000
		}
		photos = append(photos, img)
	}
	score := func(b kernels.Backend) []Result {
		d, err := Open(path, b)
		require.NoError(t, err)
		results, err := d.Score(t.Context(), photos)
		require.NoError(t, err)
		return results
	}
	want, got := score(processor), score(gpu)
	for i := range want {
		require.InDelta(t, want[i].Raw, got[i].Raw, 1e-3*want[i].Raw, "photo %d", i)
	}
}

// Training on a GPU, or on the stand-in for its driver, takes the processor's
// course: steps' figures agree, no step after the second takes memory, and the
// last, which is replayed, takes as many launches as it is known to need.
func TestTrainingOnCUDA(t *testing.T) {
	gpu := openCUDA(t)
	c := tinyConfig()
	c.Memory.Init, c.Optimizer.EMA = "normal", 0.9
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
		log := filepath.Join(t.TempDir(), "launches")
		t.Setenv(standin.LaunchesVariable, log)
		want, err := onProcessor.Step(shapes{4, -1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := onGPU.Step(shapes{4, -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("step %d: loss %.6g on the processor, %.6g on %s", step+1, want[0].Value, got[0].Value, gpu.Name())
		rounding := 2e-6 * math.Pow(4, float64(step)) // a step magnifies the one before's
		for i, w := range want {
			if diff := math.Abs(got[i].Value - w.Value); !(diff <= 2e-3*math.Abs(w.Value)+rounding) {
				t.Errorf("step %d: %s is %g, want the processor's %g", step+1, w.Name, got[i].Value, w.Value)
			}
		}
		now := gpu.Stats().Reserved
		if step >= 2 && now != reserved {
			t.Errorf("step %d: memory grew from %d to %d bytes", step+1, reserved, now)
		}
		reserved = now
		if step == 3 && !standin.Real() {
			checkLaunches(t, log)
		}
	}
}

// Steps that are replayed give the bits of steps that are queued operation by
// operation, with everything that changes from step to step: photos, products,
// learning rate, bias correction, running and moving averages, spectral norms; and
// beside batches of other sizes, other users of the memory, and changed weights.
func TestReplayedStepsAreTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("ten steps on the stand-in; TestTrainingOnCUDA takes four")
	}
	c := tinyConfig()
	c.Scope, c.Generator.Classes = "joint", 2
	c.Memory.Init, c.Optimizer.EMA, c.Discriminator.Refresh = "normal", 0.9, true
	c.Generator.SpectralNorm, c.Discriminator.SpectralNorm = true, true
	run := func(graphs string) (log [][]Figure, state map[string][]float32, replayed int) {
		t.Setenv(cuda.GraphsVariable, graphs)
		gpu := openCUDA(t)
		s, err := NewStepper(c, Options{Backend: gpu})
		if err != nil {
			t.Fatal(err)
		}
		for i, photos := range []Data{
			shapes{2, -1}, Join(shapes{1, -1}, shapes{1, -1}), // by operations
			Join(shapes{1, -1}, shapes{1, -1}), shapes{3, -1}, // recorded; by operations
			shapes{2, -1}, // replayed
		} {
			tr := s.trainer
			tr.weightsAdam.SetLR(1e-3 / float64(i+1))
			if i == 4 { // a checkpoint is read
				tr.gen.Memory.Slots.Set(make([]float32, tr.gen.Memory.Slots.Len()))
			}
			figures, err := s.Step(photos)
			if err != nil {
				t.Fatal(err)
			}
			log = append(log, figures)
			if tr.workplaces[photos.Len()].replay.graph != nil {
				replayed++
			}
		}
		state = make(map[string][]float32)
		for _, e := range s.trainer.state() {
			state[e.Name] = e.Tensor.Data()
		}
		s.trainer.releaseGraphs()
		return log, state, replayed
	}
	wantLog, wantState, none := run("off")
	log, state, replayed := run("")
	if none != 0 || replayed != 2 {
		t.Fatalf("%d and %d steps replayed, want 0 and 2", none, replayed)
	}
	if !reflect.DeepEqual(log, wantLog) {
		t.Errorf("figures %v\nwant %v", log, wantLog)
	}
	for name, want := range wantState {
		if !slices.Equal(state[name], want) {
			t.Errorf("%s differs", name)
		}
	}
}

// A device that cannot record trains all the same, and says why it takes longer.
func TestTrainingWithoutGraphs(t *testing.T) {
	t.Setenv(cuda.GraphsVariable, "off")
	c := tinyConfig()
	c.Epochs, c.MinUpdates, c.Memory.Init = 1, 3, "normal"
	var messages []string
	o := Options{Backend: openCUDA(t), Hooks: Hooks{Message: func(text string) { messages = append(messages, text) }}}
	fit(t, c, o, shapes{2, -1})
	if len(messages) != 1 || !strings.Contains(messages[0], "switched off by TRUSTMAE_CUDA_GRAPHS") {
		t.Errorf("messages %q, want one that says why", messages)
	}
}
