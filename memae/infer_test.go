package memae

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cpu"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/memae/heatmap"
)

// reconstruct returns the reconstruction of one random photo.
func reconstruct(b *cpu.Backend, g *Generator, size int) []float32 {
	tape := autograd.NewTape(b)
	defer tape.Reset()
	var y []float32
	tape.NoGrad(func() {
		pixels := make([]float32, 3*size*size)
		for i := range pixels {
			pixels[i] = float32(math.Sin(float64(i)))
		}
		out, _ := g.Forward(tape, tape.Input(pixels, 1, 3, size, size))
		y = out.Data()
	})
	return y
}

// TestFoldedGenerator compares the generator that scores with the one that was
// trained.
func TestFoldedGenerator(t *testing.T) {
	b, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range []string{"single", "double", "post"} {
		c := tinyConfig()
		c.Epochs, c.Generator.Block = 1, block
		d := fit(t, c, Options{Backend: b}, shapes{count: 8, spoil: -1})
		want, got := reconstruct(b, d.gen, c.Size), reconstruct(b, d.scorer, c.Size)
		for i := range want {
			if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 1e-5) {
				t.Fatalf("block %s: value %d is %g folded, %g as trained", block, i, got[i], want[i])
			}
		}
	}
}

// TestScoringTakesNoNewMemory: after the first photo the backend takes nothing,
// and of Go's memory a few hundred bytes more than the results are made of.
func TestScoringTakesNoNewMemory(t *testing.T) {
	c := tinyConfig()
	c.Size, c.Score.Map = 128, "msepd"
	b, err := cpu.New(cpu.Options{Threads: 1}) // more take scratch memory as chance wants it
	if err != nil {
		t.Fatal(err)
	}
	d := fit(t, c, Options{Backend: b}, resized{shapes{count: 8, spoil: -1}, c.Size})
	img, _ := resized{shapes{}, c.Size}.Image(0)
	score := func() []Result {
		results, err := d.Score(context.Background(), []dataset.Image{img})
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	score()
	reserved := b.Stats().Reserved
	var before, after runtime.MemStats
	const photos = 20
	results := 0 // bytes
	runtime.ReadMemStats(&before)
	for range photos {
		r := score()[0]
		results += 4*len(r.Map) + 4*len(r.Reconstruction.Pix) + len(r.Mask) + int(unsafe.Sizeof(r)) + len(r.Regions)*int(unsafe.Sizeof(heatmap.Region{}))
	}
	runtime.ReadMemStats(&after)
	if got := b.Stats(); got.Reserved > reserved { // less where garbage was collected meanwhile
		t.Errorf("the backend reserves %d bytes after %d photos, %d after the first", got.Reserved, photos, reserved)
	}
	extra := (int(after.TotalAlloc-before.TotalAlloc) - results) / photos
	t.Logf("%d bytes per photo, and results of %d", extra, results/photos)
	if limit := 1 << 10; extra > limit {
		t.Errorf("%d bytes per photo besides the results, want at most %d", extra, limit)
	}
}

// TestRecordedScoring wants of recorded work the bits of single operations, whatever
// the number of photos, and that it follows the map and the weights.
func TestRecordedScoring(t *testing.T) {
	d := detectorToRecord(t, backend(t))
	s := newStream(d.options.Backend)
	check := func(why string) {
		t.Helper()
		checkRecorded(t, why, d, s, 1, 3, 2, 1, 3) // more than are kept
	}
	check("as trained")
	if err := d.SetMap("ssim"); err != nil {
		t.Fatal(err)
	}
	check("another map")
	for _, p := range d.scorer.State() {
		values := p.Tensor.Data()
		for i := range values {
			values[i] *= 1.1
		}
		p.Tensor.Set(values)
	}
	check("other weights")
	used := make([]bool, d.gen.Memory.Len())
	used[0], used[1] = true, true
	d.gen.Memory.keep(used)
	check("fewer slots")
	if len(s.recordings) != mostRecordings {
		t.Errorf("%d recordings, want %d", len(s.recordings), mostRecordings)
	}
}

// TestRecordedScoringOnCUDA records graphs of CUDA.
func TestRecordedScoringOnCUDA(t *testing.T) {
	d := detectorToRecord(t, openCUDA(t))
	checkRecorded(t, "as trained", d, newStream(d.options.Backend), 2, 1)
}

// unwilling is a device that cannot record, for one reason or another.
type unwilling struct{ fail func() error }

func (u unwilling) Capture(func()) (kernels.Graph, error) { return nil, u.fail() }

// TestScoringWithoutRecording goes on by operations, without trying again.
func TestScoringWithoutRecording(t *testing.T) {
	d := detectorToRecord(t, backend(t))
	img, _ := shapes{spoil: -1}.Image(0)
	for name, fail := range map[string]func() error{
		"error":             func() error { return errors.New("not here") },
		"too little memory": func() error { panic(&kernels.Failure{Err: kernels.ErrOutOfMemory}) },
	} {
		s, tries := newStream(d.options.Backend), 0
		s.capturer = unwilling{func() error { tries++; return fail() }}
		b := d.prepare(s, []dataset.Image{img}, 0)
		want := d.reconstruct(s, b, make([]bool, d.gen.Memory.Len()))
		for range 2 {
			got, err := d.forward(s, b, nil)
			if err != nil || !slices.Equal(got[0].Map, want[0].Map) {
				t.Errorf("%s: error %v, or another map than by operations", name, err)
			}
		}
		if r := s.recordings[0]; tries != 1 || r.pixels != nil || r.photos != nil || s.most != 0 {
			t.Errorf("%s: tried %d times, want once; buffers kept: %v", name, tries, r.pixels != nil)
		}
	}
}

func detectorToRecord(t *testing.T, b kernels.Backend) *TrustMAE {
	c := tinyConfig()
	c.Epochs, c.Score.Map, c.Score.Blur = 1, "msepd", 1
	return fit(t, c, Options{Backend: b}, shapes{count: 8, spoil: -1})
}

// checkRecorded scores batches of so many photos by operations and as a whole.
func checkRecorded(t *testing.T, why string, d *TrustMAE, s *stream, counts ...int) {
	t.Helper()
	for _, count := range counts {
		var photos []dataset.Image
		for i := range count {
			img, _ := shapes{spoil: -1}.Image(i)
			photos = append(photos, img)
		}
		b := d.prepare(s, photos, 0)
		want := d.reconstruct(s, b, make([]bool, d.gen.Memory.Len())) // by operations
		for range s.warmup + 2 {
			got := d.reconstruct(s, b, nil)
			for i, r := range got {
				if !slices.Equal(r.Map, want[i].Map) || !slices.Equal(r.Reconstruction.Pix, want[i].Reconstruction.Pix) {
					t.Errorf("%s: photo %d of %d differs from what single operations make of it", why, i, count)
				}
			}
		}
		if r := s.recordings[0]; r.count != count || r.graph == nil {
			t.Errorf("%s: %d photos were not recorded", why, count)
		}
	}
}

// resized is data at another size.
type resized struct {
	shapes
	size int
}

func (r resized) Image(i int) (dataset.Image, error) {
	img, err := r.shapes.Image(i)
	return dataset.Resize(img, r.size, r.size), err
}

// TestScoreFromManyGoroutines wants the same results as from one, for batches of
// different sizes at once.
func TestScoreFromManyGoroutines(t *testing.T) {
	c := tinyConfig()
	c.Score.Map = "msepd"
	d := fit(t, c, Options{Backend: backend(t)}, shapes{count: 8, spoil: -1})
	var photos []dataset.Image
	for i := range 10 {
		img, _ := shapes{spoil: -1}.Image(i)
		photos = append(photos, img)
	}
	score := func(count int) []Result {
		results, err := d.Score(context.Background(), photos[:count])
		if err != nil {
			t.Error(err)
		}
		return results
	}
	want := map[int][]Result{}
	for count := 1; count <= len(photos); count++ {
		want[count] = score(count)
	}
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for round := range 5 {
				count := 1 + (3*worker+round)%len(photos)
				for i, r := range score(count) {
					w := want[count][i]
					if r.Raw != w.Raw || !slices.Equal(r.Map, w.Map) || !slices.Equal(r.Reconstruction.Pix, w.Reconstruction.Pix) {
						t.Errorf("photo %d of %d scores %g, want %g as from one goroutine", i, count, r.Raw, w.Raw)
					}
				}
			}
		})
	}
	group.Wait()
}
