package main

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/perceptual"
)

func backend(t testing.TB) kernels.Backend {
	t.Helper()
	b, err := cpu.Default()
	require.NoError(t, err)
	return b
}

// small is a run of seconds without teachers.
func small(t *testing.T) run {
	t.Helper()
	return run{
		settings: settings{Seed: 1, Size: 64, Batch: 2, Pool: 5, Steps: 4, Fit: 2, Rate: 1e-3, FitRate: 1e-2, Contrast: 1, Rank: 1},
		out:      filepath.Join(t.TempDir(), perceptual.EmbeddedFile),
	}
}

func TestResumedRunMakesTheSameNetwork(t *testing.T) {
	whole := newTrainer(backend(t), small(t).settings, nil, nil)
	require.NoError(t, whole.run(t.Context(), func(int, losses) error { return nil }))

	path := filepath.Join(t.TempDir(), "checkpoint")
	stops := []int{3, 5} // among the free steps, among the fitted ones
	if testing.Short() {
		stops = stops[:1]
	}
	for _, stop := range stops {
		first := newTrainer(backend(t), small(t).settings, nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		err := first.run(ctx, func(step int, _ losses) error {
			if step == stop {
				cancel()
			}
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, first.save(path))
		second := newTrainer(backend(t), small(t).settings, nil, nil)
		require.NoError(t, second.load(path))
		require.Equal(t, stop, second.done)
		require.NoError(t, second.run(t.Context(), func(int, losses) error { return nil }))
		for i, e := range second.pupil.State() {
			require.Equal(t, whole.pupil.State()[i].Tensor.Data(), e.Tensor.Data(), e.Name)
		}
	}
}

func TestFitChangesChannelWeightsOnly(t *testing.T) {
	s := small(t).settings
	s.Steps = 0
	tr := newTrainer(backend(t), s, nil, nil)
	trunk, channels := tr.pupil.Trunk()[0].Tensor.Data(), tr.pupil.Channels()[0].Tensor.Data()
	require.NoError(t, tr.run(t.Context(), func(int, losses) error { return nil }))
	require.Equal(t, trunk, tr.pupil.Trunk()[0].Tensor.Data())
	require.NotEqual(t, channels, tr.pupil.Channels()[0].Tensor.Data())
}

func TestTapsContributeAlikeAtFirst(t *testing.T) {
	s := small(t).settings
	tr := newTrainer(backend(t), s, nil, nil)
	b := newBatch(s.Size, standardPictures, s.Seed, heldOut)
	tape := tr.tape
	tape.NoGrad(func() {
		taps := tr.pupil.Taps(tape, b.input(tape))
		for i := range taps {
			mean := tape.Mean(tr.distance(b, taps[:i+1])).Item()
			require.InDelta(t, tapShare*float64(i+1), mean, 1e-3, "of the first %d", i+1)
		}
	})
}

func TestRunWritesNetworkAndLog(t *testing.T) {
	r := small(t)
	r.Steps, r.Fit = logEvery, 0
	require.NoError(t, r.do(t.Context(), backend(t)))
	require.NoFileExists(t, r.checkpoint())
	log, err := os.ReadFile(r.log())
	require.NoError(t, err)
	require.Regexp(t, `^step,seconds_a_step,contrast,ranking,judge\n50,[^,]+,0\.\d+,\d\.\d+,\n$`, string(log))
	_, metadata, err := safetensors.ReadFile(r.out)
	require.NoError(t, err)
	require.JSONEq(t, r.settings.String(), metadata[settingsKey])
	weights, err := perceptual.OpenWeights(filepath.Dir(r.out))
	require.NoError(t, err)
	_, err = perceptual.NewLPIPS(backend(t), weights, perceptual.LPIPSOptions{Net: string(perceptual.Embedded)})
	require.NoError(t, err)
}

func TestInterruptedRunAsksForResume(t *testing.T) {
	if testing.Short() {
		t.Skip("repeats the steps of TestResumedRunMakesTheSameNetwork")
	}
	r := small(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := r.do(ctx, backend(t))
	require.ErrorContains(t, err, "go on with --resume")
	require.ErrorContains(t, r.do(t.Context(), backend(t)), "go on with --resume, or delete it")
	r.resume, r.Seed = true, 2
	require.ErrorContains(t, r.do(t.Context(), backend(t)), "give the same ones")
	r.Seed = 1
	require.NoError(t, r.do(t.Context(), backend(t)))
}

func TestStandardiseKeepsDistances(t *testing.T) {
	s := small(t).settings
	tr := newTrainer(backend(t), s, nil, nil)
	// Biases, which are small at first, must be scaled too.
	for _, e := range tr.pupil.Trunk() {
		if len(e.Tensor.Shape()) == 1 {
			values := e.Tensor.Data()
			for i := range values {
				values[i] = 0.3 * float32(i%3)
			}
			e.Tensor.Set(values)
		}
	}
	b := newBatch(s.Size, s.Batch, 3, 0)
	distances := func() []float32 {
		defer tr.tape.Reset()
		return tr.distance(b, tr.pupil.Taps(tr.tape, b.input(tr.tape))).Data()
	}
	before := distances()
	standardise(tr.tape, tr.pupil, s)
	for i, v := range distances() {
		require.InDelta(t, before[i], v, 1e-4, "pixel %d", i)
	}
	standardise(tr.tape, tr.pupil, s) // changes nothing the second time
	first := tr.pupil.Trunk()[4].Tensor.Data()
	standardise(tr.tape, tr.pupil, s)
	for i, v := range tr.pupil.Trunk()[4].Tensor.Data() {
		require.InDelta(t, first[i], v, 1e-4)
	}
}

// The contrast is smallest where the distance is high on defects alone.
func TestContrastPrefersDistanceOnDefects(t *testing.T) {
	b := newBatch(64, 4, 1, 0)
	c := newContrast(backend(t))
	tape := autograd.NewTape(backend(t))
	loss := func(distance []float32) float32 {
		return c.loss(tape, tape.Input(distance, 4, 1, 64, 64), b).Item()
	}
	wrong := make([]float32, len(b.defect))
	flat := make([]float32, len(b.defect))
	for i, v := range b.defect {
		wrong[i], flat[i] = 1-v, 0.5
	}
	require.Less(t, loss(b.defect), loss(flat))
	require.Less(t, loss(flat), loss(wrong))
}

// The ranking is best where the largest values lie on defects, whatever the rest
// of them; a coin gives 1.
func TestRankingPrefersLargestValuesOnDefects(t *testing.T) {
	b := newBatch(64, 4, 1, 0)
	tape := autograd.NewTape(backend(t))
	loss := func(distance []float32) float32 {
		return ranking(tape, tape.Input(distance, 4, 1, 64, 64), b).Item()
	}
	// Squared errors differ from pixel to pixel; distances of this size outweigh
	// them.
	const huge = 1e6
	once, wrong := make([]float32, len(b.defect)), make([]float32, len(b.defect))
	n := b.size * b.size
	for k := range b.count {
		for i := k * n; i < (k+1)*n; i++ {
			if b.defect[i] != 0 {
				once[i] = huge
				break
			}
		}
	}
	for i, v := range b.far {
		wrong[i] = huge * v
	}
	require.Less(t, loss(once), float32(0.1))
	require.Greater(t, loss(wrong), float32(3))
}

func TestRankingWithoutDefectsIsZero(t *testing.T) {
	b := newBatch(64, 2, 1, 0)
	clear(b.defect)
	tape := autograd.NewTape(backend(t))
	distance := autograd.NewParameter(backend(t), 2, 1, 64, 64)
	loss := ranking(tape, distance, b)
	require.Zero(t, loss.Item())
	tape.Backward(loss)
	for _, v := range distance.Grad().Data() {
		require.Zero(t, v)
	}
}

func TestWeightsOfPixels(t *testing.T) {
	b := newBatch(64, 6, 1, 0)
	positive, negative := b.weights()
	for _, w := range [][]float32{positive, negative} {
		sum := 0.
		for _, v := range w {
			require.GreaterOrEqual(t, v, float32(0))
			sum += float64(v)
		}
		require.InDelta(t, 0.5, sum, 1e-4)
	}
	none := spread(make([]float32, 8), 2, 1)
	require.Equal(t, make([]float32, 8), none, "no marks, no weights")
}

// A pupil that sees what the teacher sees explains it; the loss of one that
// knows nothing is about 1.
func TestDistillationTeaches(t *testing.T) {
	folder := teachersFolder(t)
	s := small(t).settings
	s.Steps, s.Distil, s.Contrast, s.Rank, s.Judge, s.VGG = 12, 1, 0, 0, 1, 1
	teachers, err := newTeachers(backend(t), folder, s)
	require.NoError(t, err)
	j, err := newJudge(backend(t), folder)
	require.NoError(t, err)
	tr := newTrainer(backend(t), s, teachers, j)
	var history []losses
	require.NoError(t, tr.run(t.Context(), func(_ int, l losses) error { history = append(history, l); return nil }))
	for i := range teachers {
		require.Less(t, history[s.Steps-1].distil[i], history[0].distil[i])
	}
}

// A distance that is the judge's explains all of it, whatever its scale.
func TestJudgeAgreesWithItself(t *testing.T) {
	j, err := newJudge(backend(t), teachersFolder(t))
	require.NoError(t, err)
	b := newBatch(64, 2, 1, 0)
	tape := autograd.NewTape(backend(t))
	x := b.input(tape)
	own := j.distance.Spatial(tape, tape.Narrow(x, 0, 0, 2), tape.Narrow(x, 0, 2, 2))
	require.InDelta(t, 0, j.loss(tape, own, b).Item(), 1e-6)
	require.Greater(t, j.loss(tape, tape.Full(1, 2, 1, 64, 64), b).Item(), float32(1))
	j.offset.Set([]float32{-3})
	twenty := tape.MulScalar(tape.AddScalar(own, floor), float32(math.Exp(3)))
	require.InDelta(t, 0, j.loss(tape, tape.AddScalar(twenty, -floor), b).Item(), 1e-4)
}

// teachersFolder skips the test where there are no pre-trained networks.
func teachersFolder(t *testing.T) string {
	t.Helper()
	root := os.Getenv("TRUSTMAE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	folder := filepath.Join(root, "weights")
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		t.Skipf("no pre-trained weights: %v", err)
	}
	return folder
}

func TestWrongSettings(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--size", "80"}, "want a multiple of 32"},
		{[]string{"--batch", "0"}, "want at least 1, 0, 0"},
		{[]string{"--pool", "7"}, "want 0 or at least --batch (16)"},
		{[]string{"--vgg", "17"}, "want 0 to --batch (16)"},
		{[]string{"--rate", "0"}, "must be positive"},
		{[]string{"--distil", "0", "--contrast", "0", "--rank", "0", "--judge", "0"}, "nothing to learn"},
		{[]string{"--contrast", "0", "--rank", "0", "--judge", "0"}, "nothing to fit"},
		{[]string{"--distil", "0"}, "--teachers names no folder"}, // the judge's
		{nil, "--teachers names no folder"},
	} {
		require.ErrorContains(t, command(t.Context(), tt.args), tt.want, "%v", tt.args)
	}
}

func TestRate(t *testing.T) {
	require.InDelta(t, 1.0/warmup, rate(1, 0, 1000), 1e-6)
	require.InDelta(t, 1, rate(1, warmup, 1000), 0.01)
	require.InDelta(t, 0.5, rate(1, 500, 1000), 1e-6)
	require.InDelta(t, 0, rate(1, 999, 1000), 1e-4)
}
