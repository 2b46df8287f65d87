package memae

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae/dataset"
)

func TestResumeGivesTheSameBits(t *testing.T) {
	for name, b := range map[string]kernels.Backend{"at once": backend(t), "queued": queued{backend(t), new(int)}} {
		t.Run(name, func(t *testing.T) { interruptAndResume(t, b) })
	}
}

func interruptAndResume(t *testing.T, b kernels.Backend) {
	c := tinyConfig()
	c.Epochs, c.Optimizer.EMA = 3, 0.9
	c.Generator.SpectralNorm, c.Discriminator.SpectralNorm = true, true
	data := shapes{14, -1}
	want := weights(fit(t, c, Options{Backend: b}, data))

	path := filepath.Join(t.TempDir(), "run.checkpoint")
	for stop := 3; ; stop += 4 { // interrupted in the middle of every epoch
		ctx, cancel := context.WithCancel(context.Background())
		steps := 0
		d, err := New(c, Options{Backend: b, Checkpoint: path, Resume: true, Hooks: Hooks{Step: func(StepStats) {
			if steps++; steps == 3 {
				cancel()
			}
		}}})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Fit(ctx, data)
		cancel()
		if err == nil {
			if stop == 3 {
				t.Fatal("the run was never interrupted")
			}
			if !slices.Equal(weights(d), want) {
				t.Error("weights after resuming differ from those of a run in one go")
			}
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

// failing is training data of which a photo is unreadable for a while.
type failing struct {
	shapes
	bad *atomic.Bool
}

func (f failing) Image(i int) (dataset.Image, error) {
	if i == 3 && f.bad.Load() {
		return dataset.Image{}, errors.New("disk on fire")
	}
	return f.shapes.Image(i)
}

func TestUnreadablePhotoKeepsTheCheckpoint(t *testing.T) {
	c := tinyConfig()
	c.Epochs = 4
	want := weights(fit(t, c, Options{Backend: backend(t)}, shapes{8, -1}))

	o := Options{Backend: backend(t), Checkpoint: filepath.Join(t.TempDir(), "run.checkpoint"), Resume: true}
	data := failing{shapes{8, -1}, new(atomic.Bool)}
	o.Hooks.Epoch = func(e EpochStats) { data.bad.Store(e.Epoch == 2) }
	d, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Fit(context.Background(), data)
	var unread *PhotoError
	if !errors.As(err, &unread) || unread.Index != 3 {
		t.Fatalf("error %v, want a PhotoError of photo 3", err)
	}
	if _, err := os.Stat(o.Checkpoint); err != nil {
		t.Fatal(err)
	}
	data.bad.Store(false)
	o.Hooks.Epoch = nil
	if got := weights(fit(t, c, o, data)); !slices.Equal(got, want) {
		t.Error("weights after a photo came back differ from those of a run in one go")
	}
}

func TestCheckpointRefusesOtherRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.checkpoint")
	fit(t, tinyConfig(), Options{Backend: backend(t), Checkpoint: path, DataHash: "a"}, shapes{8, -1})
	try := func(change func(*Config), hash string) error {
		c := tinyConfig()
		change(&c)
		d, err := New(c, Options{Backend: backend(t), Checkpoint: path, Resume: true, DataHash: hash})
		if err != nil {
			t.Fatal(err)
		}
		return d.Fit(context.Background(), shapes{8, -1})
	}
	if err := try(func(c *Config) { c.Seed = 2 }, "a"); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "seed") {
		t.Errorf("another seed: %v", err)
	}
	if err := try(func(*Config) {}, "b"); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "photos") {
		t.Errorf("other photos: %v", err)
	}
	if err := try(func(c *Config) { c.Epochs = 3 }, "a"); err != nil {
		t.Errorf("more epochs: %v", err)
	}
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	if err := try(func(*Config) {}, "a"); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("cut file: %v", err)
	}
}
