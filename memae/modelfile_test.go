package memae

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/org/trustmae/memae/dataset"
)

func TestModelWithoutPerceptualDistance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := fit(t, tinyConfig(), Options{Backend: backend(t)}, shapes{8, -1}).Save(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 1<<20 {
		t.Errorf("%v bytes (error %v), want no network of 10 MB in the file", info.Size(), err)
	}
	d, err := Open(path, backend(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetMap("ssim"); err != nil {
		t.Error(err)
	}
	if err := d.SetMap("pd"); err == nil || !strings.Contains(err.Error(), "msepd") {
		t.Errorf("map pd: error %v, want one that names msepd", err)
	}
}

func TestModelFile(t *testing.T) {
	c := tinyConfig()
	c.Memory.Prune, c.Score.Map = true, "msepd"
	d := fit(t, c, Options{Backend: backend(t), Version: "v0", DataHash: "abc"}, shapes{8, -1})
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := d.Save(path); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(path, backend(t))
	if err != nil {
		t.Fatal(err)
	}
	if opened.Config() != d.Config() || opened.Calibration() != d.Calibration() || opened.Provenance().DataHash != "abc" {
		t.Error("configuration, calibration or provenance is lost")
	}
	img, _ := shapes{}.Image(2)
	want, err := d.Score(context.Background(), []dataset.Image{img})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 { // a fitted detector may be used from many goroutines
		wg.Go(func() {
			got, err := opened.Score(context.Background(), []dataset.Image{img})
			if err != nil || !slices.Equal(got[0].Map, want[0].Map) || got[0].Normalised != want[0].Normalised {
				t.Errorf("the opened model scores otherwise (error %v)", err)
			}
		})
	}
	wg.Wait()

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":            func(b []byte) []byte { return b[:len(b)-10] },
		"empty":          func(b []byte) []byte { return nil },
		"flipped weight": func(b []byte) []byte { b[len(b)-7] ^= 4; return b },
		"flipped header": func(b []byte) []byte { b[200] ^= 1; return b },
		"text":           func([]byte) []byte { return []byte("hello, I am no model at all") },
	} {
		if err := os.WriteFile(path, spoil(slices.Clone(data)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, backend(t)); !errors.Is(err, ErrModel) {
			t.Errorf("%s: error %v, want one wrapping ErrModel", name, err)
		}
	}
}
