package memae

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae/dataset"
)

// tinyConfig trains in a second: 64×64 photos, few channels, no VGG-19.
func tinyConfig() Config {
	c := DefaultConfig()
	c.Size, c.Epochs, c.Batch, c.Weights = 64, 2, 4, "random"
	c.Generator.Width, c.Discriminator.Width = 4, 4
	c.Memory.Slots, c.Memory.Dim = 8, 16
	c.Loss.VGG = 0
	c.Optimizer.LR, c.Optimizer.DiscriminatorLR = 1e-3, 1e-3
	c.Score.Map = "mse"
	return c
}

// shapes is training data made in memory: a bright square on a gradient, with
// small random shifts.
type shapes struct {
	count int
	spoil int // photo with a NaN, or -1
}

func (s shapes) Len() int        { return s.count }
func (s shapes) Class(i int) int { return 0 }
func (s shapes) Image(i int) (dataset.Image, error) {
	rng := rand.New(rand.NewPCG(11, uint64(i)))
	img := dataset.NewImage(64, 64)
	dx, dy := rng.IntN(3), rng.IntN(3)
	for y := range 64 {
		for x := range 64 {
			v := float32(x+y) / 256
			if x > 20+dx && x < 42+dx && y > 20+dy && y < 42+dy {
				v = 0.9
			}
			for c := range 3 {
				img.Pix[c*64*64+y*64+x] = v
			}
		}
	}
	if i == s.spoil {
		img.Pix[5] = float32(math.NaN())
	}
	return img, nil
}

func fit(t testing.TB, c Config, o Options, data Data) *TrustMAE {
	t.Helper()
	d, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Fit(context.Background(), data); err != nil {
		t.Fatal(err)
	}
	return d
}

func weights(d *TrustMAE) []float32 {
	var all []float32
	for _, e := range d.gen.State() {
		all = append(all, e.Tensor.Data()...)
	}
	return all
}

func TestTrainingLearns(t *testing.T) {
	c := tinyConfig()
	c.Epochs = 12
	var first, last float64
	o := Options{Backend: backend(t), Hooks: Hooks{Epoch: func(e EpochStats) {
		for _, f := range e.Figures {
			if f.Name == "rec" {
				if e.Epoch == 1 {
					first = f.Value
				}
				last = f.Value
			}
		}
	}}}
	d := fit(t, c, o, shapes{16, -1})
	if !(last < 0.5*first) {
		t.Errorf("reconstruction loss goes from %v to %v, want it halved", first, last)
	}
	if len(d.Suspects()) != 16 || d.Calibration().Threshold <= 0 || d.Provenance().SlotsRead < 1 {
		t.Errorf("suspects %d, calibration %+v, provenance %+v", len(d.Suspects()), d.Calibration(), d.Provenance())
	}
}

func TestRandomFeaturesAreNamedWhereTheyAreUsed(t *testing.T) {
	for name, tt := range map[string]struct {
		vgg      float64
		amap     string
		warnings int
	}{"none": {0, "mse", 0}, "loss": {10, "ssim", 1}, "map": {0, "pd", 1}, "both": {10, "msepd", 2}} {
		c := tinyConfig()
		c.Loss.VGG, c.Score.Map = tt.vgg, tt.amap
		d, err := New(c, Options{Backend: backend(t)})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Warnings(); len(got) != tt.warnings {
			t.Errorf("%s: warnings %q, want %d", name, got, tt.warnings)
		}
	}
}

// trained are the bytes of a run's last checkpoint: every weight and moment. Any
// goroutine may call it, so that it ends no test.
func trained(t *testing.T, c Config, b *cpu.Backend) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.checkpoint")
	d, err := New(c, Options{Backend: b, Checkpoint: path})
	if err != nil {
		t.Error(err)
		return nil
	}
	if err := d.Fit(context.Background(), shapes{10, -1}); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return data
}

func TestThreadsDoNotChangeBits(t *testing.T) {
	c := tinyConfig()
	if !testing.Short() {
		c.Loss.VGG, c.Loss.VGGParts = 10, 3
	}
	var want []byte
	for _, threads := range []int{1, 2, 3} {
		b, err := cpu.New(cpu.Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		got := trained(t, c, b)
		if threads == 1 {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d threads give another checkpoint than one", threads)
		}
	}
}

// TestTwoModelsAtOnce trains two models from two goroutines, on one backend and on
// two, and wants of each what it gives alone.
func TestTwoModelsAtOnce(t *testing.T) {
	configs := [2]Config{tinyConfig(), tinyConfig()}
	configs[1].Seed, configs[1].Batch, configs[1].Generator.Block = 5, 3, "double"
	var alone [2][]byte
	for i, c := range configs {
		alone[i] = trained(t, c, backend(t))
	}
	other, err := cpu.New(cpu.Options{Threads: 3})
	if err != nil {
		t.Fatal(err)
	}
	for name, second := range map[string]*cpu.Backend{"one backend": backend(t), "two backends": other} {
		var together [2][]byte
		var group sync.WaitGroup
		for i, b := range []*cpu.Backend{backend(t), second} {
			group.Go(func() { together[i] = trained(t, configs[i], b) })
		}
		group.Wait()
		for i := range alone {
			if !bytes.Equal(together[i], alone[i]) {
				t.Errorf("%s: model %d is another than alone", name, i)
			}
		}
	}
}

func TestDivergenceNamesTheTermAndKeepsTheCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.checkpoint")
	d, err := New(tinyConfig(), Options{Backend: backend(t), Checkpoint: path})
	if err != nil {
		t.Fatal(err)
	}
	d.trainer.pos.Ready = true // the memory must not see the NaN first
	err = d.Fit(context.Background(), shapes{8, 3})
	var diverged *DivergedError
	if !errors.As(err, &diverged) || diverged.Epoch != 1 || diverged.Term == "" {
		t.Fatalf("error %v, want a DivergedError in epoch 1", err)
	}
	if !strings.Contains(err.Error(), diverged.Term) {
		t.Errorf("%q does not name the term", err)
	}
}

func TestEveryOptionTrains(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"three stages":      func(c *Config) { c.Generator.Stages, c.Generator.Z3 = 3, 16 },
		"double block":      func(c *Config) { c.Generator.Block = "double" },
		"post block":        func(c *Config) { c.Generator.Block = "post" },
		"reflect":           func(c *Config) { c.Generator.Pad = "reflect" },
		"xavier, spectral":  func(c *Config) { c.Generator.Init, c.Generator.SpectralNorm = "xavier", true },
		"refresh":           func(c *Config) { c.Discriminator.Refresh = true },
		"uniform memory":    func(c *Config) { c.Memory.Init = "uniform" },
		"dense, ste, prune": func(c *Config) { c.Memory.TopK, c.Memory.STE, c.Memory.Prune = 8, true, true },
		"constant memory":   func(c *Config) { c.Margin.Grad, c.Trust.Grad, c.Trust.Reduce = "enc", "enc", "active" },
		"no trust":          func(c *Config) { c.Loss.Trust = 0 },
		"no adversary":      func(c *Config) { c.Loss.GAN, c.Loss.Feature = 0, 0 },
		"signed box ssim":   func(c *Config) { c.Loss.SSIMRange, c.Loss.SSIMWindow, c.Loss.L1Reduce = "signed", "box", "sum" },
		"decay, drop last":  func(c *Config) { c.Optimizer.DecayEpochs, c.DropLast, c.MinUpdates = 1, true, 4 },
		"vgg features": func(c *Config) {
			c.Loss.VGG, c.Loss.VGGTap, c.Loss.VGGNorm, c.Loss.VGGParts = 10, "relu", "imagenet", 3
		},
		"alex map": func(c *Config) { c.Score.Map, c.Score.Pool, c.Score.Blur = "msepd", "top:2", 1.5 },
		"squeeze eq8": func(c *Config) {
			c.Score.Map, c.Score.Net, c.Score.Order, c.Score.Pool = "pd", "squeeze", "eq8", "mean"
		},
		"ssim map": func(c *Config) { c.Score.Map, c.Augment.Rot = "ssim", "deg:10" },
	} {
		t.Run(name, func(t *testing.T) {
			c := tinyConfig()
			c.Epochs = 1
			change(&c)
			d := fit(t, c, Options{Backend: backend(t)}, shapes{7, -1})
			img, _ := shapes{7, -1}.Image(0)
			r, err := d.Score(context.Background(), []dataset.Image{img})
			if err != nil {
				t.Fatal(err)
			}
			if !(r[0].Raw >= 0) || math.IsInf(r[0].Raw, 0) {
				t.Errorf("score %v", r[0].Raw)
			}
		})
	}
}

func TestUnfittedDetector(t *testing.T) {
	d, err := New(tinyConfig(), Options{Backend: backend(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Score(context.Background(), nil); !errors.Is(err, ErrNotFitted) {
		t.Errorf("Score: %v", err)
	}
	if err := d.Save(filepath.Join(t.TempDir(), "m")); !errors.Is(err, ErrNotFitted) {
		t.Errorf("Save: %v", err)
	}
	if err := d.Fit(context.Background(), shapes{1, -1}); err == nil {
		t.Error("one photo is enough to fit")
	}
}

func TestOrderCoversEveryPhotoOnce(t *testing.T) {
	c := tinyConfig()
	c.Batch = 4
	for photos, want := range map[int]int{8: 2, 9: 2, 10: 3, 3: 1} { // a last batch of one photo is left out
		lists := c.order(photos, 1)
		if len(lists) != want {
			t.Errorf("%d photos: %d steps, want %d", photos, len(lists), want)
		}
	}
	c.MinUpdates = 7
	if got := len(c.order(8, 1)); got != 8 {
		t.Errorf("%d steps with min_updates 7, want 8 (whole passes)", got)
	}
	if slices.Equal(c.order(100, 1)[0], c.order(100, 2)[0]) {
		t.Error("epochs have the same order")
	}
}

// TestStepsTakeNoNewMemory: from the second step on, nothing with one thread; with
// several the scratch of those that first meet in a later step may come.
func TestStepsTakeNoNewMemory(t *testing.T) {
	for threads, growth := range map[int]float64{1: 0, 3: 0.02} {
		b, err := cpu.New(cpu.Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		c := tinyConfig()
		c.Epochs, c.DropLast, c.Loss.VGG, c.Loss.VGGParts = 4, true, 10, 2
		var reserved []int64
		fit(t, c, Options{Backend: b, Hooks: Hooks{Step: func(StepStats) { reserved = append(reserved, b.Stats().Reserved) }}}, shapes{4, -1})
		if last := reserved[len(reserved)-1]; float64(last) > float64(reserved[1])*(1+growth) {
			t.Errorf("%d threads: memory reserved after each step: %v, want no growth from the second on", threads, reserved)
		}
	}
}
